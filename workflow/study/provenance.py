"""A rule's code as a parameter: a hash of the modules of ours that its script imports, directly or not.

Snakemake does not see what a script imports. As a parameter this hash reruns exactly what depends on an edit: of the
syntax trees without docstrings, so that comments, documentation, formatting and dates change nothing.
"""

import ast
import hashlib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

SCRIPTS = Path(__file__).parents[1] / "scripts"
PACKAGE = "grokking_phases"
REPORTING = {f"{PACKAGE}.jobs.progress", f"{PACKAGE}.jobs.logs"}  # say what is done, and decide no result


@cache
def code(*modules: str) -> str:
    """16 hexadecimal digits for `modules` (`train`, `grokking_phases.models.mlp`) and all that they import of ours."""
    reached: set[str] = set()
    waiting = set(modules)
    while waiting:
        name = waiting.pop()
        reached.add(name)
        waiting |= imports(name) - reached
    return hashlib.sha256("".join(name + source(name) for name in sorted(reached)).encode()).hexdigest()[:16]


def path_of(name: str) -> Path:
    path = SCRIPTS / name.replace(".", "/")
    return path / "__init__.py" if path.is_dir() else path.with_suffix(".py")


@cache
def tree(name: str) -> ast.Module:
    """The module's syntax tree without docstrings."""
    parsed = ast.parse(path_of(name).read_text(encoding="utf-8"), filename=str(path_of(name)))
    for node in statements(parsed):
        documented = isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        if documented and ast.get_docstring(node) is not None:
            node.body = node.body[1:] or [ast.Pass()]
    return parsed


def statements(node: ast.AST) -> Iterator[ast.AST]:
    """A node and every statement in it, however deep; there are ten times as many expressions, and none holds one."""
    yield node
    for block in ("body", "orelse", "finalbody", "handlers", "cases"):
        for below in getattr(node, block, ()):
            yield from statements(below)


@cache
def source(name: str) -> str:
    return ast.unparse(tree(name))


@cache
def imports(name: str) -> frozenset[str]:
    """The modules of ours that a module imports; `from package import name` may mean a module or a name in one."""
    named = set()
    for node in statements(tree(name)):
        if isinstance(node, ast.Import):
            named |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            named |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    ours = {name for name in named if name.split(".")[0] == PACKAGE and path_of(name).exists()}
    return frozenset(ours - REPORTING)
