"""The commit that has the code by which, according to its header, a result was made."""

import subprocess
from functools import cache

from study.errors import StudyError
from study.provenance import SCRIPTS, hash_of_tree, tree_of

REPOSITORY = SCRIPTS.parents[1]


def commit_of(code: dict[str, str]) -> str | None:
    """Return the newest commit whose modules have the hashes of `code`, {module: hash}; None if none has."""
    return next((commit for commit in commits() if has(commit, code)), None)


def commits_of(codes: list[dict[str, str]]) -> list[str | None]:
    """Return for each code a commit that has it (`commit_of`), or None; the same one for as many as possible.

    The newest commits of the codes are tried. Each commit is one comparison, which trains all runs again.
    """
    newest = [commit_of(code) for code in codes]
    having = {
        commit: {i for i, code in enumerate(codes) if has(commit, code)}
        for commit in dict.fromkeys(newest)
        if commit
    }
    chosen: list[str | None] = [None] * len(codes)
    left = {i for i, commit in enumerate(newest) if commit}
    while left:
        commit = max(having, key=lambda each: len(having[each] & left))
        for i in having[commit] & left:
            chosen[i] = commit
        left -= having[commit]
    return chosen


def has(commit: str, code: dict[str, str]) -> bool:
    """Return whether the modules of a commit have the hashes of `code`."""
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
    """Return {path: blob} for all files of a commit."""
    lines = git("ls-tree", "-r", "--full-tree", commit).decode().splitlines()
    return {path: entry.split()[2] for entry, _, path in (line.partition("\t") for line in lines)}


@cache
def hash_of_blob(blob: str) -> str:
    """Return the hash of the module that a blob holds; "unreadable" if this Python cannot parse it."""
    try:
        return hash_of_tree(tree_of(git("cat-file", "blob", blob).decode()))
    except SyntaxError:
        return "unreadable"


def git(*arguments: str) -> bytes:
    """Return what a git command prints about this repository; raise StudyError if it fails."""
    try:
        return subprocess.run(["git", "-C", REPOSITORY, *arguments], capture_output=True, check=True).stdout
    except FileNotFoundError:
        what = "git, which finds the earlier code, is not installed; install it"
        raise StudyError("adopt", what) from None
    except subprocess.CalledProcessError as error:
        said = error.stderr.decode(errors="replace").strip().removeprefix("fatal: ")
        what = "git cannot find the earlier code; run this in a clone of the repository"
        raise StudyError("adopt", f"{what} (git says: {said})") from None
