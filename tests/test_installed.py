"""The wheel and the sdist: what they hold and require, and that they work where nothing else is installed."""

import re
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import zipfile
from email.parser import Parser
from importlib.metadata import distribution
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).parents[1]
PLAIN = {"click", "numpy", "pandas", "pyarrow", "scikit-learn", "scipy", "threadpoolctl"}
BARE = {"PATH": "/usr/bin:/bin"}  # environment variables, without PYTHONPATH
FROM_EXTRAS = {"torch", "safetensors", "matplotlib", "seaborn", "snakemake", "yaml"}
MEASURE = """
import numpy as np
import grokking_phases
from grokking_phases import find_phases, information_plane, mutual_information, normal_scores, o_information
from grokking_phases import find_time_scales, search_multiplets, Snapshots
X = np.random.default_rng(0).normal(size=(200, 4))
labels = np.arange(200) % 2
assert abs(o_information(X)) < 0.1 and normal_scores(X).shape == X.shape
assert len(search_multiplets(X, [0, 0, 1, 1]).bins) == 1
for estimator in ("ksg", "kernel_density", "binning", "gaussian_copula", "renyi"):
    assert mutual_information(X + 9 * labels[:, None], labels, estimator) > 0.3
assert len(information_plane({0: X, 5: X}, labels)) == 2
curves = {"step": [1, 2, 3], "train_accuracy": [0, 1, 1], "test_accuracy": [0, 0, 1], "test_loss": [3, 2, 1]}
assert len(find_time_scales(curves))
assert len(find_phases(curves, {"step": [1, 2, 3], "synergy": [0, -1, 0], "redundancy": [1, 1, 1]}))
"""


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """Build the sdist from a copy of the tree, and the wheel from the sdist; return their paths."""
    copy, out = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("built")
    for name in ("pyproject.toml", "README.md", "LICENSE", "MANIFEST.in"):
        shutil.copy(ROOT / name, copy)
    unwanted = shutil.ignore_patterns("__pycache__", "*.egg-info")
    for folder in ("workflow/scripts", "tests/synergy"):
        shutil.copytree(ROOT / folder, copy / folder, ignore=unwanted)
    shutil.copy(ROOT / "tests/test_steps.py", copy / "tests")
    build("sdist", copy, out)
    sdist = next(out.glob("*.tar.gz"))
    with tarfile.open(sdist) as packed:
        packed.extractall(out, filter="data")
    build("wheel", out / sdist.name.removesuffix(".tar.gz"), out)
    return next(out.glob("*.whl")), sdist


def build(kind, tree, out):
    code = f"from setuptools import build_meta as b; b.build_{kind}({str(out)!r})"
    subprocess.run([sys.executable, "-c", code], cwd=tree, check=True, capture_output=True)


@pytest.fixture(scope="module")
def unpacked(built, tmp_path_factory):
    folder = tmp_path_factory.mktemp("unpacked")
    zipfile.ZipFile(built[0]).extractall(folder)
    return folder


def test_the_plain_install_needs_only_what_measures_arrays(unpacked):
    metadata = Parser().parsestr(next(unpacked.glob("*.dist-info/METADATA")).read_text())
    wanted = [Requirement(text) for text in metadata.get_all("Requires-Dist")]
    assert {each.name for each in wanted if each.marker is None} == PLAIN
    extras = {"torch", "figures", "workflow", "lightning", "transformers", "zarr"}
    assert extras <= set(metadata.get_all("Provides-Extra"))
    for extra in extras:
        assert any(each.marker and each.marker.evaluate({"extra": extra}) for each in wanted), extra


def test_the_wheel_holds_the_whole_package_and_the_sdist_no_tests(built, unpacked):
    source = ROOT / "workflow/scripts/grokking_phases"
    wanted = {path.relative_to(source) for path in source.rglob("*.py")}
    package = unpacked / "grokking_phases"
    assert wanted <= {path.relative_to(package) for path in package.rglob("*.py")}
    for name in (
        "py.typed",
        "threads.pyi",
        "analysis/published_points.csv",
        "commands/new_study/study.py.txt",
        "commands/new_study/study.yaml.txt",
    ):
        assert (package / name).exists()
    with tarfile.open(built[1]) as sdist:
        names = sdist.getnames()
    assert any(name.endswith("grokking_phases/cli.py") for name in names)
    assert [name for name in names if "/tests" in name] == []


def required_by(name, seen):
    """Add to `seen` the installed packages that a package requires, and those that these require."""
    for requirement in map(Requirement, distribution(name).requires or []):
        wanted = requirement.marker is None or requirement.marker.evaluate({"extra": ""})
        if wanted and requirement.name not in seen:
            seen.add(requirement.name)
            required_by(requirement.name, seen)
    return seen


@pytest.fixture(scope="module")
def empty(built, tmp_path_factory):
    """Install the wheel by pip where there is only what it requires; return the folder of programs.

    What it requires, by the metadata of the packages, is linked from this environment.
    """
    root = tmp_path_factory.mktemp("empty")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", root], check=True)
    packages = Path(sysconfig.get_path("purelib", "venv", vars={"base": root}))
    for name in PLAIN.union(*(required_by(name, set()) for name in PLAIN)):
        found = distribution(name)
        for top in {file.parts[0] for file in found.files} - {"..", "__pycache__"}:
            (packages / top).symlink_to(found.locate_file(top))
    pip = [sys.executable, "-m", "pip", "--python", root / "bin/python", "--quiet"]
    subprocess.run(
        [*pip, "install", "--no-index", "--no-deps", "--no-compile", built[0]], check=True, env=BARE
    )
    subprocess.run([*pip, "check"], check=True, env=BARE)
    return root / "bin"


def run(*arguments, cwd=None):
    """Run a program of the empty environment, which sees no package of this one."""
    return subprocess.run(arguments, capture_output=True, text=True, env=BARE, cwd=cwd)


def test_the_plain_requirements_bring_neither_torch_nor_figures_nor_the_workflow(empty):
    code = f"from importlib.util import find_spec as f; print([name for name in {FROM_EXTRAS} if f(name)])"
    assert run(empty / "python", "-c", code).stdout == "[]\n"


def test_arrays_are_measured_in_an_environment_of_what_the_wheel_requires(empty):
    done = run(empty / "python", "-c", MEASURE + "print(grokking_phases.__file__)")
    assert done.returncode == 0, done.stderr
    assert str(empty.parent) in done.stdout


def test_a_name_that_needs_an_extra_says_which(empty):
    code = """
import grokking_phases
for name in ("Recorder", "local_complexity"):
    try:
        getattr(grokking_phases, name)
    except ImportError as error:
        print(error)
"""
    lines = run(empty / "python", "-c", code).stdout.splitlines()
    for name, line in zip(("Recorder", "local_complexity"), lines, strict=True):
        assert re.search(rf"{name} needs the package \w+, .*pip install 'grokking-phases\[torch\]'", line)


def test_help_shows_the_names_that_can_be_imported(empty):
    """Help would end in an error at any other name."""
    code = """
import pydoc
import grokking_phases
text = pydoc.plain(pydoc.render_doc(grokking_phases))
for name in grokking_phases.PUBLIC:
    shown = f"\\n    {name}(" in text or f"class {name}(" in text
    try:
        getattr(grokking_phases, name)
        print(name, "can", shown)
    except ImportError:
        print(name, "cannot", shown)
"""
    done = run(empty / "python", "-c", code)
    assert done.returncode == 0, done.stderr
    lines = [line.split() for line in done.stdout.splitlines()]
    assert {usable for _, usable, _ in lines} == {"can", "cannot"}
    assert all(shown == str(usable == "can") for _, usable, shown in lines), done.stdout


def test_the_command_is_installed(empty):
    command = run(empty / "grokking-phases", "list", "metrics")
    assert command.returncode == 0 and "o_information" in command.stdout


@pytest.mark.parametrize(
    ("arguments", "package", "extra"),
    [
        (["figures", "curves.csv", "--figure", "study/progress"], "matplotlib", "figures"),
        (["measure", "step_1.pt", "--metric", "o_information", "--to", "t.csv"], "torch", "torch"),
        (["measure", "step_1.npy", "--metric", "softmax_collapse", "--to", "t.csv"], "torch", "torch"),
    ],
)
def test_a_command_that_needs_an_extra_says_which(empty, tmp_path, arguments, package, extra):
    for name in ("curves.csv", "step_1.pt", "step_1.npy"):
        (tmp_path / name).touch()
    done = run(empty / "grokking-phases", *arguments, cwd=tmp_path)
    wanted = f"needs the package {package}, which is not installed: pip install 'grokking-phases[{extra}]'\n"
    assert done.returncode == 2 and done.stderr.endswith(wanted) and "Traceback" not in done.stderr
