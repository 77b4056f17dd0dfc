"""The code of a user's own network: the file that builds it, and the files beside it that this imports."""

import ast
import sys
from collections.abc import Iterator
from importlib.machinery import PathFinder
from pathlib import Path

from grokking_phases.storage.digests import digest
from study.errors import StudyError
from study.provenance import PACKAGE, absolute, hash_of_tree, tree_of


def network_code(name: str) -> str:
    """Return the hash of the files that build a network, `my_package.my_module:build`; "" if it is not found.

    The module is found in the working folder, or among the installed packages. The modules that it imports
    count, and theirs, if they lie in the working folder or in its own package. No file is run.
    """
    first = name.partition(":")[0]
    hashes: dict[Path, str] = {}
    waiting = [first]
    while waiting:
        module = waiting.pop()
        file = file_of(module)
        if file is None or file in hashes or not is_own(file, module, first):
            continue
        tree = tree_of(file.read_text(encoding="utf-8"))
        hashes[file] = hash_of_tree(tree)
        waiting += imported(tree, module if file.name == "__init__.py" else module.rpartition(".")[0])
    found = list(hashes.values())
    return digest(sorted(found)) if len(found) > 1 else "".join(found)


def defined_in(module: str, where: str) -> set[str]:
    """Return the names that the file of a module defines or imports; raise StudyError if there is no file."""
    file = file_of(module)
    if file is None:
        what = f"there is no module {module!r} in the working folder or among the installed packages"
        raise StudyError(where, f"{what}; correct the name, or put its file here")
    return set(names_in(ast.parse(file.read_text(encoding="utf-8"))))


def names_in(tree: ast.Module) -> Iterator[str]:
    """Yield the names that a file binds, wherever in it; `*` stands for all names of another module."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            yield node.name
        if isinstance(node, ast.Import | ast.ImportFrom):
            yield from (alias.asname or alias.name for alias in node.names)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id


def is_own(file: Path, module: str, first: str) -> bool:
    """Return whether a file is the user's: the first module, or one in its package or the working folder."""
    package, beside = module.partition(".")[0], "." in first
    if module == first or (beside and package == first.partition(".")[0]):
        return True
    return package != PACKAGE and "site-packages" not in file.parts and file.is_relative_to(Path.cwd())


def file_of(module: str) -> Path | None:
    """Return the file of a module, found without running it or its packages; None if there is none."""
    *packages, last = module.split(".")
    places = [str(Path.cwd()), *sys.path]
    for package in packages:
        found = PathFinder.find_spec(package, places)
        places = list(found.submodule_search_locations or []) if found else []
    found = PathFinder.find_spec(last, places)
    return Path(found.origin) if found and found.origin and found.origin.endswith(".py") else None


def imported(tree: ast.Module, package: str) -> Iterator[str]:
    """Yield the modules that a file of a package imports; a name that is imported may be one."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        if isinstance(node, ast.ImportFrom):
            module = absolute(node, package)
            yield from ([module] if module else [])
            yield from (f"{module}.{alias.name}".lstrip(".") for alias in node.names)
