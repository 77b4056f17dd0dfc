"""The options of a module's function, read from its source without importing or running the module.

The signature is the schema: keyword-only names, defaults, and annotations (`int`, `float`, `str`, `bool`,
`list[…]`, `dict[…]`, `Literal[…]`, a name for one, `… | None`). A module may define more in literals:

    LIMITS = {"n_bins": (2, "width")}      least and greatest value of an option; None: no limit; "width": the
                                           width of the narrowest layer that a metric reads
    PLUGINS = {"estimator": "estimators"}  an option that names a module of another kind; the entry takes the
                                           options of that module too
    LAYERS = {"hidden": "width"}           model: its layers, each with the option that is its width
    PIECEWISE_LINEAR = True                model: it is linear apart from its ReLUs
    NEEDS_NETWORK = True                   metric: it reads the network, not only recorded activations
    TAKES_SCORES = True                    metric: it can begin with stored scores (`stored_scores`)
    FROM_SCORES = {"n_orders": [0]}        metric: options with which it then needs no activations
    NEEDS_PIECEWISE_LINEAR = True          metric: this network must be linear apart from its ReLUs
    NEEDS_RECIPE = True                    figure: it compares recipes, so no run may be recorded elsewhere
    DRAWS = ["o_information"]              figure: the kinds of tables that it draws, as a metric's module
    NEEDS = ["o_information"]              figure: those of them without which it draws nothing
"""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from study.errors import StudyError
from study.provenance import PACKAGE, SCRIPTS, imports, path_of, tree

FUNCTIONS = {
    "datasets": "make",
    "models": "build",
    "metrics": "compute",
    "estimators": "prepare",
    "optimizers": "build",
    "losses": "loss",
    "figures": "draw",
    "training": "Recipe",
    "subnetworks": "choose",
    "snapshots": "Recording",
    "levels": "Levels",
}
# The module of each kind whose entries name no module.
ONE_MODULE = {
    "training": "recipe",
    "subnetworks": "analysis.subnetworks",
    "snapshots": "data.recording",
    "levels": "analysis.events",
}


@dataclass(frozen=True)
class Option:
    """A keyword-only argument of a function; `annotations` are alternatives, each with its file."""

    annotations: list[tuple[ast.expr, str]]
    required: bool
    default: Any
    has_literal_default: bool = False


def module_name(kind: str, name: str = "") -> str:
    """Return a module's full name, `grokking_phases.<kind>.<name>`; a figure's name is `<paper>/<name>`."""
    return f"{PACKAGE}.{ONE_MODULE.get(kind) or f'{kind}.{name}'.replace('/', '.')}"


def file_of(kind: str, name: str = "") -> str:
    """Return the path of a module's file in the repository."""
    return shown_path(module_name(kind, name))


@cache
def shown_path(module: str) -> str:
    return path_of(module).relative_to(SCRIPTS.parent.parent).as_posix()


@cache
def names_of(kind: str) -> list[str]:
    """Return the names of all modules of a kind, as a config names them."""
    folder = SCRIPTS / PACKAGE / kind
    files = folder.glob("*/[!_]*.py" if kind == "figures" else "[!_]*.py")
    return sorted(file.relative_to(folder).with_suffix("").as_posix() for file in files)


@cache
def options_of(kind: str, name: str = "") -> dict[str, Option]:
    """Return the keyword-only options of the module's function, or the fields of its dataclass, by name."""
    module, function = module_name(kind, name), FUNCTIONS[kind]
    for node in tree(module).body:
        if getattr(node, "name", None) != function:
            continue
        if isinstance(node, ast.FunctionDef):
            pairs = zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True)
            return {arg.arg: option(arg.annotation, default, module) for arg, default in pairs}
        fields = [field for field in node.body if isinstance(field, ast.AnnAssign)]
        return {field.target.id: option(field.annotation, field.value, module) for field in fields}
    raise StudyError("", f"{shown_path(module)} defines no function `{function}`")


def plugins_of(kind: str, name: str, entry: dict[str, Any]) -> list[tuple[str, str]]:
    """Return (kind, name) of each module that an entry names in the options that `PLUGINS` lists."""
    own, named = options_of(kind, name), constant(kind, name, "PLUGINS")
    return [(other, entry.get(option, own[option].default)) for option, other in named.items()]


def options_of_entry(kind: str, name: str, entry: dict[str, Any]) -> dict[str, Option]:
    """Return the options of an entry's module and of the modules that it names; its own win over theirs."""
    named = [options_of(*plugin) for plugin in plugins_of(kind, name, entry)]
    return {key: option for options in [*named, options_of(kind, name)] for key, option in options.items()}


def defines(kind: str, name: str, function: str) -> bool:
    """Return whether a module defines a function."""
    return any(getattr(node, "name", None) == function for node in tree(module_name(kind, name)).body)


def option(annotation: ast.expr | None, default: ast.expr | None, module: str) -> Option:
    """Return the option of an argument with this annotation and this default; None: it has none."""
    value = literal(default)
    is_literal = value is not None or (isinstance(default, ast.Constant) and default.value is None)
    return Option(list(alternatives(annotation, module)), default is None, value, is_literal)


def alternatives(annotation: ast.expr | None, module: str) -> Iterator[tuple[ast.expr, str]]:
    """Yield the parts of a union, each with its file; a name such as `Ties` is replaced by its definition."""
    named = definition(annotation.id, module) if isinstance(annotation, ast.Name) else None
    if named:
        yield from alternatives(*named)
    elif isinstance(annotation, ast.BinOp):
        yield from alternatives(annotation.left, module)
        yield from alternatives(annotation.right, module)
    elif annotation is not None:
        yield annotation, shown_path(module)


def definition(name: str, module: str) -> tuple[ast.expr, str] | None:
    """Return the value of a top-level name, as a node, and our module that assigns it; None if none does."""
    for node in tree(module).body:
        if (
            isinstance(node, ast.Assign | ast.AnnAssign)
            and ast.unparse(target_of(node)) == name
            and node.value
        ):
            return node.value, module
        if isinstance(node, ast.ImportFrom) and node.module in imports(module):
            for alias in node.names:
                if name == (alias.asname or alias.name):
                    return definition(alias.name, node.module)
    return None


def literal_of(node: ast.expr, module: str) -> Any:
    """Return the value of a literal, in which `**NAME` is a literal that the module names or imports."""
    if not isinstance(node, ast.Dict) or None not in node.keys:
        return ast.literal_eval(node)
    value = {}
    for key, each in zip(node.keys, node.values, strict=True):
        shared = definition(ast.unparse(each), module) if key is None else None
        value |= literal_of(*shared) if shared else {ast.literal_eval(key): ast.literal_eval(each)}
    return value


def target_of(node: ast.Assign | ast.AnnAssign) -> ast.expr:
    return node.targets[0] if isinstance(node, ast.Assign) else node.target


def literal(node: ast.expr | None) -> Any:
    """Return the value of a literal, or None if the node is not a literal."""
    try:
        return ast.literal_eval(node)
    except (ValueError, TypeError):
        return None


@cache
def constant(kind: str, name: str, variable: str) -> Any:
    """Return the value of a module's top-level literal (`LAYERS`, `LIMITS`); {} if the module has none.

    It may begin with another, `{**SHARED, …}`. StudyError: the value is computed, not a literal.
    """
    named = definition(variable, module_name(kind, name))
    try:
        return literal_of(*named) if named else {}
    except (ValueError, TypeError):
        what = f"{file_of(kind, name)} computes {variable}, which is read without running the file"
        raise StudyError("", f"{what}; write its value as a literal") from None
