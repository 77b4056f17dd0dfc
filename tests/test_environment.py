"""Versions are pinned once: the lock file satisfies pyproject.toml, and conda environments agree with it."""

import re
import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
ENVIRONMENTS = sorted((ROOT / "workflow/envs").glob("*.yaml"))
OPTIONAL = {"lightning", "transformers", "zarr"}  # extras that tests alone need
CONDA_NAMES = {"pytorch": "torch", "matplotlib-base": "matplotlib"}


def locked(file="requirements.lock"):
    pins = re.findall(r"^([\w.-]+)==(\S+)$", (ROOT / file).read_text(), re.MULTILINE)
    return {canonicalize_name(name): version for name, version in pins}


def test_the_lock_satisfies_every_dependency():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"]
    assert extras.keys() > OPTIONAL
    pinned = {name: locked("tests/optional.txt") if name in OPTIONAL else locked() for name in extras}
    for name, wanted in [("", project["dependencies"]), *extras.items()]:
        for requirement in map(Requirement, wanted):
            if requirement.name != project["name"]:
                version = pinned.get(name, locked())[canonicalize_name(requirement.name)]
                assert requirement.specifier.contains(version), f"{requirement} against {version}"


def test_the_lock_holds_packages_of_the_index_alone():
    """pip-compile writes the project itself too, by its folder, if extras name each other."""
    for file in ("requirements.lock", "tests/optional.txt", "benchmarks/peers.txt", "docs/site/packages.txt"):
        lines = (ROOT / file).read_text().splitlines()
        assert len(locked(file)) == len([line for line in lines if line and not line.startswith("#")]), file


def test_no_build_of_torch_is_pinned():
    """A pin such as 2.13.0+cpu would be found on one public index only, and would forbid a CUDA build."""
    assert "+" not in locked()["torch"]


@pytest.mark.parametrize("path", ENVIRONMENTS, ids=lambda path: path.stem)
def test_a_conda_environment_pins_the_locked_versions(path):
    packages = [package.split("=") for package in yaml.safe_load(path.read_text())["dependencies"]]
    pins = {CONDA_NAMES.get(name, name): version for name, version in packages if name != "python"}
    assert pins
    assert pins == {name: locked()[name] for name in pins}


def test_every_rule_has_an_environment_that_exists():
    rules = "".join(path.read_text() for path in (ROOT / "workflow/rules").glob("*.smk"))
    used = set(re.findall(r'"\.\./envs/(\w+\.yaml)"', rules))
    assert used == {path.name for path in ENVIRONMENTS}


def test_the_peers_of_benchmarks_are_pinned_and_replace_no_locked_package():
    pinned, wanted = locked("benchmarks/peers.txt"), (ROOT / "benchmarks/peers.in").read_text()
    assert len(pinned) == len((ROOT / "benchmarks/peers.txt").read_text().splitlines())
    assert set(re.findall(r"^\w\S*$", wanted, re.MULTILINE)) <= set(pinned)
    assert not set(pinned) & set(locked())


def test_the_packages_of_the_site_are_pinned_and_replace_no_locked_package():
    wanted = (ROOT / "docs/site/packages.in").read_text()
    assert set(re.findall(r"^[\w-]+", wanted, re.MULTILINE)) <= set(locked("docs/site/packages.txt"))
    assert not set(locked("docs/site/packages.txt")) & set(locked())


def test_the_optional_packages_replace_no_locked_package():
    assert not set(locked("tests/optional.txt")) & set(locked())
