"""The wheel and the sdist: what they hold and require, and that they work where nothing else is installed."""

import os
import re
import shutil
import subprocess
import sys
import tarfile
import zipfile
from email.parser import Parser
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).parents[1]
PLAIN = {"click", "numpy", "pandas", "pyarrow", "scikit-learn", "scipy", "threadpoolctl"}
# Packages that a plain install lacks; any import of them fails, as it does there.
WITHOUT = """
import sys
class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in {"torch", "safetensors", "matplotlib", "seaborn", "yaml", "zarr"}:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
sys.meta_path.insert(0, Absent())
"""
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
    """Build wheel and sdist from a copy of the tree; return their paths."""
    copy, out = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("built")
    for name in ("pyproject.toml", "README.md", "LICENSE", "MANIFEST.in"):
        shutil.copy(ROOT / name, copy)
    unwanted = shutil.ignore_patterns("__pycache__", "*.egg-info")
    for folder in ("workflow/scripts", "tests/synergy"):
        shutil.copytree(ROOT / folder, copy / folder, ignore=unwanted)
    shutil.copy(ROOT / "tests/test_steps.py", copy / "tests")
    build = "from setuptools import build_meta as b; b.build_wheel({0!r}); b.build_sdist({0!r})"
    subprocess.run([sys.executable, "-c", build.format(str(out))], cwd=copy, check=True, capture_output=True)
    return next(out.glob("*.whl")), next(out.glob("*.tar.gz"))


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
    for name in ("py.typed", "figures/two_phase/published.csv", "commands/new_study/study.py.txt"):
        assert (package / name).exists()
    with tarfile.open(built[1]) as sdist:
        names = sdist.getnames()
    assert any(name.endswith("grokking_phases/cli.py") for name in names)
    assert [name for name in names if "/tests" in name] == []


def used(python, code, path=None):
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    environment |= {"PYTHONPATH": str(path)} if path else {}
    return subprocess.run([python, "-c", code], capture_output=True, text=True, env=environment)


def test_arrays_are_measured_without_torch_and_without_figures(unpacked):
    done = used(sys.executable, WITHOUT + MEASURE + "print(grokking_phases.__file__)", unpacked)
    assert done.returncode == 0, done.stderr
    assert str(unpacked) in done.stdout


@pytest.mark.parametrize("name", ["Recorder", "local_complexity"])
def test_a_name_that_needs_an_extra_says_which(unpacked, name):
    done = used(sys.executable, f"{WITHOUT}from grokking_phases import {name}", unpacked)
    assert done.returncode == 1
    last = done.stderr.strip().splitlines()[-1]
    assert re.search(rf"{name} needs the package \w+, .*pip install 'grokking-phases\[torch\]'", last)


@pytest.mark.slow
def test_the_wheel_works_in_an_empty_environment(built, tmp_path):
    """Install the wheel and what it requires; measure arrays, and run the command."""
    subprocess.run([sys.executable, "-m", "venv", tmp_path / "empty"], check=True)
    python = tmp_path / "empty/bin/python"
    subprocess.run([python, "-m", "pip", "install", "--quiet", built[0]], check=True)
    listed = subprocess.run([python, "-m", "pip", "list"], capture_output=True, text=True, check=True).stdout
    assert not re.search(r"^(torch|nvidia|matplotlib|snakemake|seaborn)", listed, re.MULTILINE)
    done = used(python, MEASURE)
    assert done.returncode == 0, done.stderr
    command = subprocess.run(
        [tmp_path / "empty/bin/grokking-phases", "list", "metrics"], capture_output=True, text=True
    )
    assert command.returncode == 0 and "o_information" in command.stdout
