"""`adopt` keeps results of other code only where the present code repeats the first steps of their runs."""

import shutil
import subprocess

import pytest
from trees import REPOSITORY, Tree, copy_of_repository

from grokking_phases.storage.headers import header_of

STUDY = "tests/workflow/small.yaml"
LIBRARY = "workflow/scripts/grokking_phases"
CURVES, METRIC = (
    "results/small/little/0/" + name for name in ("curves.parquet", "metrics/o_information.parquet")
)


@pytest.fixture(scope="module")
def tree(tmp_path_factory):
    """Return a finished study in a git repository of one commit."""
    folder = tmp_path_factory.mktemp("adopted")
    copy_of_repository(folder, STUDY)
    (folder / ".gitignore").write_bytes((REPOSITORY / ".gitignore").read_bytes())
    subprocess.run(["git", "init", "-q"], cwd=folder, check=True)
    commit(folder)
    tree = Tree(folder, [STUDY], base=())
    tree.run(METRIC)
    return tree


def commit(folder):
    for command in (["add", "-A"], ["commit", "-qm", "x"]):
        subprocess.run(["git", "-c", "user.name=a", "-c", "user.email=a@b", *command], cwd=folder, check=True)


def test_results_that_come_out_the_same_are_kept(tree):
    original = header_of(tree.folder / CURVES)
    tree.edit(
        f"{LIBRARY}/optimizers/adamw.py",
        "return torch.optim.AdamW(",
        "kind = torch.optim.AdamW\n    return kind(",
    )
    tree.edit(f"{LIBRARY}/metrics/o_information.py", '"value": ', '"value": (1 + 1e-12) * ')
    tree.overlay(lambda config: config.update(adopt_tolerance=1e-9))
    assert "made by the code of commit" in tree.run("adopt", "-n")
    assert ("train", "little", "0") in tree.planned(METRIC)

    tree.run("adopt")
    assert tree.planned(METRIC) == set()
    trained, measured = (header_of(tree.folder / path) for path in (CURVES, METRIC))
    assert trained["content"] == original["content"]
    assert (
        trained["made_by"]["adopted"][0]["code"] == original["made_by"]["code"] != trained["made_by"]["code"]
    )
    adopted = measured["made_by"]["adopted"][0]
    assert 0 < adopted["difference"] < 1e-9 == adopted["tolerance"]


def test_a_kept_result_keeps_those_made_from_it_after_a_prune(tree):
    """The metric's code is the same; its inputs are deleted, before the change or after it."""
    commit(tree.folder)
    tree.edit(f"{LIBRARY}/optimizers/adamw.py", "return kind(", "made = kind\n    return made(")
    tree.run("adopt")
    for path in (tree.folder / "results/small/little/0").glob("s*"):
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    assert tree.planned(METRIC) == set()

    commit(tree.folder)
    tree.edit(f"{LIBRARY}/optimizers/adamw.py", "return made(", "again = made\n    return again(")
    assert ("train", "little", "0") in tree.planned(METRIC)
    tree.run("adopt")
    assert tree.planned(METRIC) == set()


def test_results_that_come_out_differently_are_made_again(tree):
    commit(tree.folder)
    tree.edit(f"{LIBRARY}/optimizers/adamw.py", "tuple(recipe.betas)", "(0.5, 0.98)")
    earlier = header_of(tree.folder / METRIC)["made_by"]
    assert f"{CURVES} is not kept" in tree.run("adopt")
    assert header_of(tree.folder / METRIC)["made_by"] == earlier
    assert ("train", "little", "0") in tree.planned(METRIC)
