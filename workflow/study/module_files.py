"""Checks of the file of a dataset, model, metric, …: it defines what its kind must define. No file is run."""

import ast

from study.errors import StudyError
from study.provenance import tree
from study.signatures import FUNCTIONS, constant, file_of, module_name

# The positional arguments of each kind's function; its keyword-only arguments are the options.
TAKES = {
    "datasets": [],
    "models": [],
    "metrics": ["snapshots"],
    "estimators": ["snapshots"],
    "figures": ["numbers", "study"],
    "optimizers": ["parameters", "recipe"],
    "losses": ["logits", "targets"],
}
WITHOUT_OPTIONS = ("optimizers", "losses")
FROM_DATASET = ("n_tokens", "n_classes")


def check_file(kind: str, name: str, where: str) -> None:
    """Raise StudyError unless a module's file defines the function of its kind, with the right arguments."""
    file, function = file_of(kind, name), FUNCTIONS[kind]
    body = readable(kind, name, where)
    found = next((node for node in body if isinstance(node, ast.FunctionDef) and node.name == function), None)
    if found is None:
        raise StudyError(where, f"{file} defines no function `{function}`; define {declaration(kind)}")
    if kind == "figures" and "select" not in bound(body):
        raise StudyError(where, f"{file} defines no function `select`; define select(tables, panels)")
    if what := wrong_arguments(kind, name, found.args):
        raise StudyError(where, f"{file}: {what}; define {declaration(kind)}")


def readable(kind: str, name: str, where: str) -> list[ast.stmt]:
    """Return the statements of a module's file; raise StudyError if Python cannot read it."""
    try:
        return tree(module_name(kind, name)).body
    except (SyntaxError, ValueError) as error:  # ValueError: bytes that are not text
        line = getattr(error, "lineno", None)
        at = f", line {line}" if line else ""
        raise StudyError(
            where, f"{file_of(kind, name)}{at} cannot be read as Python: {error.args[0]}"
        ) from error


def bound(body: list[ast.stmt]) -> set[str]:
    """Return the names that a module's functions and imports define."""
    aliases = [alias for node in body if isinstance(node, ast.ImportFrom) for alias in node.names]
    imported = {alias.asname or alias.name for alias in aliases}
    return imported | {node.name for node in body if isinstance(node, ast.FunctionDef)}


def declaration(kind: str) -> str:
    """Return how the function of a kind must be declared: `compute(snapshots, *, option=default, …)`."""
    sizes = FROM_DATASET if kind == "models" else ()
    options = () if kind in WITHOUT_OPTIONS else ("*", *sizes, "option=default", "…")
    return f"{FUNCTIONS[kind]}({', '.join([*TAKES[kind], *options])})"


def wrong_arguments(kind: str, name: str, arguments: ast.arguments) -> str | None:
    """Return why the function cannot be called with the arguments that it is given; None if it can be."""
    function, given = FUNCTIONS[kind], [arg.arg for arg in (*arguments.posonlyargs, *arguments.args)]
    if kind == "models":
        given = [arg for arg in given if arg not in FROM_DATASET]
        taken = {arg.arg for arg in (*arguments.args, *arguments.kwonlyargs)}
        for needed in FROM_DATASET:
            if needed not in taken:
                return f"{function} takes no {needed}, which it is given from the dataset"
    if len(given) < len(TAKES[kind]) and not arguments.vararg:
        return f"{function} takes {len(given)} positional arguments, and is given {', '.join(TAKES[kind])}"
    for option in given[len(TAKES[kind]) :]:
        return f"{function} takes {option!r} by position, and an option must come after the `*`"
    if arguments.kwarg and kind not in WITHOUT_OPTIONS and not constant(kind, name, "PLUGINS"):
        what = f"{function} takes **{arguments.kwarg.arg}, and PLUGINS does not say which module takes these"
        return f"{what}; name each option"
    return None
