"""A job pays for what its script imports: torch takes two seconds, scikit-learn as long, pandas half a second."""

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
KINDS = {
    "dataset": "datasets",
    "metric": "metrics",
    "figure": "figures",
}  # a script's modules that a config names


def imported_first(script):
    """The import statements that a script begins with."""
    body = ast.parse((SCRIPTS / f"{script}.py").read_text()).body
    return [ast.unparse(node) for node in body if isinstance(node, ast.Import | ast.ImportFrom)]


def of_config(script):
    """The modules that a config may name, but for metrics that call the network."""
    kind = KINDS.get(script)
    names = names_of(kind) if kind else []
    return [module_name(kind, name) for name in names if not constant(kind, name, "NEEDS_NETWORK")]


def run(statements, *absent):
    """A new Python in which nothing may import `absent`: the traceback says who tries."""
    program = "\n".join([FORBID.format(absent=absent), *statements])
    return subprocess.run([sys.executable, "-c", program], cwd=SCRIPTS, capture_output=True, text=True)


@pytest.mark.parametrize("script", sorted({path.stem for path in SCRIPTS.glob("*.py")} - TRAIN))
def test_no_script_imports_torch_that_does_not_train(script):
    done = run(
        [*imported_first(script), *(f"import {name}" for name in of_config(script))], "torch", "sklearn"
    )
    assert done.returncode == 0, done.stderr


def test_one_that_trains_does():
    """The test above would see it."""
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
def test_what_measures_arrays_reads_no_tables(module):
    done = run([f"import {PACKAGE}.{module}"], "torch", "sklearn", "pandas", "pyarrow", "matplotlib")
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("module", ["plugins", "recipe", "steps", "jobs.logs", "storage.atomic_write"])
def test_what_snakemake_imports_needs_no_more_than_python(module):
    """At every start, and in every job."""
    done = run([f"import {PACKAGE}.{module}"], "numpy", "pandas", "pyarrow")
    assert done.returncode == 0, done.stderr
