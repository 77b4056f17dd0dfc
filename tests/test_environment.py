"""Versions are pinned once: the lock file satisfies pyproject.toml, and conda environments agree with it."""

import ast
import re
import sys
import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
ENVIRONMENTS = sorted((ROOT / "workflow/envs").glob("*.yaml"))
OPTIONAL = {"lightning", "transformers", "zarr"}  # extras that tests alone need
CONDA_NAMES = {"pytorch": "torch", "matplotlib-base": "matplotlib", "snakemake-minimal": "snakemake"}
MODULES = CONDA_NAMES | {"scikit-learn": "sklearn", "pyyaml": "yaml"}
# The packages whose modules the rules of an environment find by their names.
PLUGINS = {
    "figures": ["figures"],
    "metrics": ["metrics", "estimators", "models"],
    "training": ["datasets", "models", "optimizers", "losses"],
}
PLUGINS["adopt"] = PLUGINS["training"] + PLUGINS["metrics"]


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


def imports_on_top(path):
    """Return the names of modules that a file imports when it is imported itself."""
    nodes = ast.parse(path.read_text()).body
    names = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    return names | {
        f"{node.module}.{alias.name}"
        for node in nodes
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }


def packages_behind(paths):
    """Return the packages of others that files need, with all the files of ours that they import."""
    scripts, needed, todo, seen = ROOT / "workflow/scripts", set(), [*paths], set()
    while todo:
        path = todo.pop()
        if path in seen:
            continue
        seen.add(path)
        for name in imports_on_top(path):
            first, *rest = name.split(".")
            if first != "grokking_phases":
                needed.add(first)
            for end in range(len(rest) + 1):
                file = scripts.joinpath(first, *rest[:end])
                todo += [own for own in (file / "__init__.py", file.with_suffix(".py")) if own.exists()]
    return needed - {*sys.stdlib_module_names}


@pytest.mark.parametrize("path", ENVIRONMENTS, ids=lambda path: path.stem)
def test_an_environment_has_what_its_scripts_import(path):
    rules = "".join(each.read_text() for each in (ROOT / "workflow/rules").glob("*.smk"))
    scripts = [
        re.search(r"\.\./scripts/(\w+\.py)", rule)[1]
        for rule in rules.split("\nrule ")
        if f"envs/{path.name}" in rule
    ]
    files = [ROOT / "workflow/scripts" / script for script in scripts]
    for package in PLUGINS[path.stem]:
        files += (ROOT / "workflow/scripts/grokking_phases" / package).rglob("*.py")
    packages = [package.split("=")[0] for package in yaml.safe_load(path.read_text())["dependencies"]]
    assert packages_behind(files) <= {MODULES.get(name, name) for name in packages}


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
