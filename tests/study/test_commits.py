"""The commit that has a code is found by the hashes of its modules."""

import subprocess

import pytest

from study import commits
from study.commits import commit_of, commits_of
from study.errors import StudyError
from study.provenance import hash_of_tree, tree_of

MODULE = "grokking_phases.models.mlp"


@pytest.fixture
def repository(tmp_path, monkeypatch):
    """Return an empty folder in place of the repository."""
    monkeypatch.setattr(commits, "REPOSITORY", tmp_path)
    monkeypatch.setattr(commits, "SCRIPTS", tmp_path / "scripts")
    for function in (commits.commits, commits.blobs_of, commits.hash_of_blob):
        function.cache_clear()
    (tmp_path / "scripts/grokking_phases/models").mkdir(parents=True)
    yield tmp_path
    commits.commits.cache_clear()


def commit(repository, text):
    """Commit a module with this text; return the commit."""
    (repository / "scripts/grokking_phases/models/mlp.py").write_text(text)
    git = ["git", "-C", repository, "-c", "user.name=a", "-c", "user.email=a@b"]
    for command in (["init", "-q"], ["add", "-A"], ["commit", "-qm", "x"]):
        subprocess.run([*git, *command], check=True)
    done = subprocess.run([*git, "rev-parse", "HEAD"], check=True, capture_output=True, text=True)
    return done.stdout.strip()


def code_of(text):
    """Return {module: hash} of a module with this text."""
    return {MODULE: hash_of_tree(tree_of(text))}


def test_the_newest_commit_that_has_a_code_is_found(repository):
    commit(repository, "WIDTH = 1\n")
    formatted = commit(repository, '"""Sized."""\n\nWIDTH = 1  # units\n')
    commit(repository, "WIDTH = =\n")  # Python cannot read it
    last = commit(repository, "WIDTH = 2\n")
    assert (commit_of(code_of("WIDTH = 1\n")), commit_of(code_of("WIDTH = 2\n"))) == (formatted, last)
    assert commit_of(code_of("WIDTH = 3\n")) is None
    assert commit_of(code_of("WIDTH = 1\n") | {"grokking_phases.models.gone": "0" * 16}) is None


def test_one_commit_serves_for_all_codes_that_it_has(repository):
    other = "grokking_phases.models.other"
    (repository / "scripts/grokking_phases/models").mkdir(parents=True, exist_ok=True)
    (repository / "scripts/grokking_phases/models/other.py").write_text("DEPTH = 1\n")
    first = commit(repository, "WIDTH = 1\n")
    (repository / "scripts/grokking_phases/models/other.py").write_text("DEPTH = 2\n")
    last = commit(repository, "WIDTH = 1\n")
    depth = {other: hash_of_tree(tree_of("DEPTH = 1\n"))}
    width, gone = code_of("WIDTH = 1\n"), code_of("WIDTH = 3\n")
    assert commit_of(width) == last
    assert commits_of([width, depth, gone]) == [first, first, None]


def test_a_folder_without_a_repository_raises_an_error(repository):
    with pytest.raises(StudyError, match="git says: not a git repository"):
        commit_of({MODULE: "0" * 16})
