"""A tiny study, made once, and copies of it to change."""

import shutil

import pytest
from trees import EMERGENCE, TARGET, TWO_PHASE, Tree, copy_of_repository


@pytest.fixture(scope="session")
def built(tmp_path_factory):
    folder = tmp_path_factory.mktemp("built") / "tree"
    folder.mkdir()
    tree = copy_of_repository(folder, "tests/workflow/tiny.yaml")
    tree.run(TARGET, EMERGENCE, TWO_PHASE, "results/tiny/tables/time_scales.csv")
    return tree


@pytest.fixture
def tree(built, tmp_path):
    shutil.copytree(built.folder, tmp_path / "tree")
    return Tree(tmp_path / "tree", built.overlays)
