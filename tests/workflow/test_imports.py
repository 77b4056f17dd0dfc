"""Scripts import no more than they need, because each job waits for its imports.

torch takes two seconds, scikit-learn as long, and pandas half a second.
"""

import ast
import subprocess
import sys

import pytest

from study.provenance import PACKAGE, SCRIPTS
from study.signatures import constant, module_name, names_of

TRAIN = {"train", "retrain"}  # the scripts that compute with torch whatever the config says
FORBID = """
import sys
class Forbidden:
    def find_spec(name, *_):
        if name in {absent}:
            raise SystemError("forbidden: " + name)
sys.meta_path.insert(0, Forbidden)
"""
# The kinds of modules that a config names for a script.
KINDS = {"dataset": "datasets", "metric": "metrics", "figure": "figures"}


def imported_first(script):
    """Return the import statements with which a script begins."""
    body = ast.parse((SCRIPTS / f"{script}.py").read_text()).body
    return [ast.unparse(node) for node in body if isinstance(node, ast.Import | ast.ImportFrom)]


def of_config(script):
    """Return the modules that a config may name for a script, except metrics that call the network."""
    kind = KINDS.get(script)
    names = names_of(kind) if kind else []
    return [module_name(kind, name) for name in names if not constant(kind, name, "NEEDS_NETWORK")]


def run(statements, *absent):
    """Run statements in a new Python in which importing `absent` fails with a traceback."""
    program = "\n".join([FORBID.format(absent=absent), *statements])
    return subprocess.run([sys.executable, "-c", program], cwd=SCRIPTS, capture_output=True, text=True)


@pytest.mark.parametrize("script", sorted({path.stem for path in SCRIPTS.glob("*.py")} - TRAIN))
def test_a_script_that_does_not_train_imports_no_torch(script):
    done = run(
        [*imported_first(script), *(f"import {name}" for name in of_config(script))], "torch", "sklearn"
    )
    assert done.returncode == 0, done.stderr


def test_a_script_that_trains_imports_torch():
    """Check that the test above would see the import."""
    assert "forbidden: torch" in run(imported_first("train"), "torch").stderr


@pytest.mark.parametrize(
    "module",
    [
        "synergy.multiplet_search",
        "synergy.o_information",
        "metrics.mutual_information",
        *(f"estimators.{name}" for name in names_of("estimators")),
    ],
)
def test_modules_that_measure_arrays_need_neither_torch_nor_pandas(module):
    done = run([f"import {PACKAGE}.{module}"], "torch", "sklearn", "pandas", "pyarrow", "matplotlib")
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("module", ["plugins", "recipe", "steps", "jobs.logs", "storage.atomic_write"])
def test_modules_that_snakemake_imports_need_python_alone(module):
    """Import the modules that Snakemake needs at every start, and in every job."""
    done = run([f"import {PACKAGE}.{module}"], "numpy", "pandas", "pyarrow")
    assert done.returncode == 0, done.stderr
