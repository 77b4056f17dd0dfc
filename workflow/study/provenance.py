"""The code on which a rule's result depends: the modules of ours that its script imports, each with a hash.

Only code that computes is hashed: syntax trees without docstrings, annotations and the texts of errors. Edits
of comments or formatting change no hash. Neither do edits in `storage/` or `jobs/`, which store and report.
"""

import ast
import hashlib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

SCRIPTS = Path(__file__).parents[1] / "scripts"
PACKAGE = "grokking_phases"
NOT_HASHED = ("storage", "jobs")  # packages
BLOCKS = ("body", "orelse", "finalbody", "handlers", "cases")
# Fields of a syntax tree that compute nothing, or that not every version of Python has.
SILENT = {"ctx", "kind", "type_comment", "type_params", "annotation", "returns"}


@cache
def code(*modules: str) -> dict[str, str]:
    """Return {module: hash} of `modules` (`train`, `grokking_phases.models.mlp`) and of ours they import."""
    reached: set[str] = set()
    waiting = set(modules)
    while waiting:
        name = waiting.pop()
        reached.add(name)
        waiting |= {each for each in imports(name) | packages(name) if is_hashed(each)} - reached
    return {name: hashed for name in sorted(reached) if (hashed := hash_of(name))}


def is_hashed(name: str) -> bool:
    """Return whether a module is hashed: not the root, a table of names, nor those that store and report."""
    return name != PACKAGE and not any(f"{name}.".startswith(f"{PACKAGE}.{each}.") for each in NOT_HASHED)


def packages(name: str) -> set[str]:
    """Return the packages that contain a module and have an `__init__.py`, which an import runs."""
    parts = name.split(".")
    above = (".".join(parts[:length]) for length in range(1, len(parts)))
    return {package for package in above if path_of(package).exists()}


def path_of(name: str) -> Path:
    """Return the file of a module or, for a package, its `__init__.py`."""
    path = SCRIPTS / name.replace(".", "/")
    return path / "__init__.py" if path.is_dir() else path.with_suffix(".py")


@cache
def tree(name: str) -> ast.Module:
    """Return the syntax tree of a module without docstrings and the texts of errors."""
    return tree_of(path_of(name).read_text(encoding="utf-8"), str(path_of(name)))


def tree_of(text: str, filename: str = "") -> ast.Module:
    """Return the syntax tree of a module's text without docstrings and the texts of errors."""
    parsed = ast.parse(text, filename=filename)
    for node in statements(parsed):
        documented = isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        if documented and ast.get_docstring(node) is not None:
            node.body = node.body[1:] or [ast.Pass()]
        remove_messages(node)
    return parsed


def statements(node: ast.AST) -> Iterator[ast.AST]:
    """Yield a node and every statement inside it; expressions, ten times as many, are skipped."""
    yield node
    for block in BLOCKS:
        for below in getattr(node, block, ()):
            yield from statements(below)


@cache
def hash_of(name: str) -> str:
    """Return the hash of a module and of the CSV of its name beside it, if there is one; "" without code."""
    hashed, data = hash_of_tree(tree(name)), path_of(name).with_suffix(".csv")
    if not data.exists():
        return hashed
    return hashlib.sha256(hashed.encode() + data.read_bytes()).hexdigest()[:16]


def hash_of_tree(parsed: ast.Module) -> str:
    """Return 16 hexadecimal digits, the hash of a module's syntax tree; "" if the module has no code."""
    if all(isinstance(node, ast.Pass) for node in parsed.body):
        return ""
    return hashlib.sha256(dumped(parsed).encode()).hexdigest()[:16]


def remove_messages(node: ast.AST) -> None:
    """Empty the texts of errors: those in a `raise`, and variables of a function that only its errors use."""
    if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call):
        node.exc.args = [ast.Constant("") if is_text(each) else each for each in node.exc.args]
    if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        return
    raises = [each for each in statements(node) if isinstance(each, ast.Raise)]
    if raises:
        named = loads(raises)
        texts = [each for each in statements(node) if isinstance(each, ast.Assign) and is_text(each.value)]
        others = loads(node.body, but=raises)
        for each in texts:
            if isinstance(each.targets[0], ast.Name) and each.targets[0].id in named - others:
                each.value = ast.Constant("")


def is_text(node: ast.AST) -> bool:
    """Return whether a node is a string literal or an f-string."""
    return isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and isinstance(node.value, str))


def loads(nodes: list, but: list = ()) -> set[str]:
    """Return the names that statements read, except those that only the statements in `but` read."""
    found, waiting = set(), list(nodes)
    while waiting:
        node = waiting.pop()
        if node in but:
            continue
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
            found.add(node.id)
        waiting += ast.iter_child_nodes(node)
    return found


def dumped(node: Any) -> str:
    """Return a syntax tree as a text that is the same in every version of Python."""
    if isinstance(node, ast.AST):
        fields = ((name, getattr(node, name, None)) for name in node._fields if name not in SILENT)
        said = [f"{name}={dumped(value)}" for name, value in fields if value is not None and value != []]
        return f"{type(node).__name__}({','.join(said)})"
    if isinstance(node, list):
        return f"[{','.join(map(dumped, node))}]"
    return repr(node)


def absolute(node: ast.ImportFrom, package: str) -> str:
    """Return the module from which a file of a package imports: `a.b` of `from .b import c` in `a`."""
    above = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
    return ".".join([*filter(None, above), *filter(None, [node.module])])


@cache
def imports(name: str) -> frozenset[str]:
    """Return our modules that a module imports; `from a import b` may name a module `a.b`."""
    package = name if path_of(name).name == "__init__.py" else name.rpartition(".")[0]
    named = set()
    for node in statements(tree(name)):
        if isinstance(node, ast.Import):
            named |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            module = absolute(node, package)
            named |= {module} | {f"{module}.{alias.name}" for alias in node.names}
    return frozenset(name for name in named if name.split(".")[0] == PACKAGE and path_of(name).exists())
