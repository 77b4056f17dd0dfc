"""The commit at which the code was what a result's header says that it was made by."""

import subprocess
from functools import cache

from study.errors import StudyError
from study.provenance import SCRIPTS, hash_of_tree, tree_of

REPOSITORY = SCRIPTS.parents[1]


def commit_of(code: dict[str, str]) -> str | None:
    """Return the newest commit whose modules have the hashes of `code`, {module: hash}; None: no commit has."""
    return next((commit for commit in commits() if has(commit, code)), None)


def has(commit: str, code: dict[str, str]) -> bool:
    blobs = blobs_of(commit)
    for module, expected in code.items():
        place = f"{SCRIPTS.relative_to(REPOSITORY).as_posix()}/{module.replace('.', '/')}"
        blob = blobs.get(f"{place}.py") or blobs.get(f"{place}/__init__.py")
        if blob is None or hash_of_blob(blob) != expected:
            return False
    return True


@cache
def commits() -> list[str]:
    """Return all commits that changed the code, newest first."""
    return git("log", "--format=%H", "--", str(SCRIPTS)).decode().split()


@cache
def blobs_of(commit: str) -> dict[str, str]:
    """Return {path: blob} of the code at a commit."""
    lines = git("ls-tree", "-r", "--full-tree", commit).decode().splitlines()
    return {path: entry.split()[2] for entry, _, path in (line.partition("\t") for line in lines)}


@cache
def hash_of_blob(blob: str) -> str:
    try:
        return hash_of_tree(tree_of(git("cat-file", "blob", blob).decode()))
    except SyntaxError:  # of a later Python
        return "unreadable"


def git(*arguments: str) -> bytes:
    """Return what git says of this repository; raise StudyError where it says nothing."""
    try:
        return subprocess.run(["git", "-C", REPOSITORY, *arguments], capture_output=True, check=True).stdout
    except FileNotFoundError:
        raise StudyError("adopt", "git is not on this machine, and the code of before is needed") from None
    except subprocess.CalledProcessError as error:
        said = error.stderr.decode(errors="replace").strip().removeprefix("fatal: ")
        raise StudyError("adopt", f"the code of before is needed, and git says: {said}") from None
