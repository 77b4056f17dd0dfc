"""What a module's function takes, read from its source: no module is imported, so nothing is slow and nothing runs.

The signature is the schema: keyword-only names, defaults, and annotations (`int`, `float`, `str`, `bool`, `list[…]`,
`dict[…]`, `Literal[…]`, a name for one, `… | None`). Some literals of a module say what a signature cannot:

    LAYERS = {"hidden": "width"}             of a model: its layers, and the option that is their width
    DRAWS = ["o_information"]                of a figure: the metrics' modules that it can draw
    LIMITS = {"n_bins": (2, "width")}        an option's least and greatest value; None: unlimited; "width": of a
                                             metric, that of the narrowest layer it reads
    PLUGINS = {"estimator": "estimators"}    an option that names a module of another kind, whose options are taken too
    NEEDS_NETWORK = True                     of a metric: it reads the network itself, not only recorded activations
    NEEDS_PIECEWISE_LINEAR = True            of a metric: that network must be linear but for ReLUs
    PIECEWISE_LINEAR = True                  of a model: it is so
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
}
ONE_MODULE = {
    "training": "recipe",
    "subnetworks": "analysis.subnetworks",
    "snapshots": "data.recording",
}  # kinds whose entries name no module


@dataclass(frozen=True)
class Option:
    """One keyword of a function. `annotations` are alternatives, each with the file that defines it."""

    annotations: list[tuple[ast.expr, str]]
    required: bool
    default: Any
    has_literal_default: bool = False


def module_name(kind: str, name: str = "") -> str:
    """Return the module of a kind by its name; a figure is named with its paper, and some kinds have one module."""
    return f"{PACKAGE}.{ONE_MODULE.get(kind) or f'{kind}.{name}'.replace('/', '.')}"


def file_of(kind: str, name: str = "") -> str:
    """Return the module's path in the repository."""
    return shown_path(module_name(kind, name))


@cache
def shown_path(module: str) -> str:
    return path_of(module).relative_to(SCRIPTS.parent.parent).as_posix()


@cache
def names_of(kind: str) -> list[str]:
    """The modules of a kind, by the names that a config gives them."""
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
    """Return the kind and the name of each module that an entry's options name, by the module's `PLUGINS`."""
    own, named = options_of(kind, name), constant(kind, name, "PLUGINS")
    return [(other, entry.get(option, own[option].default)) for option, other in named.items()]


def options_of_entry(kind: str, name: str, entry: dict[str, Any]) -> dict[str, Option]:
    """Return the options of the module and of those that the entry names; the module's own stand before theirs."""
    named = [options_of(*plugin) for plugin in plugins_of(kind, name, entry)]
    return {key: option for options in [*named, options_of(kind, name)] for key, option in options.items()}


def defines(kind: str, name: str, function: str) -> bool:
    return any(getattr(node, "name", None) == function for node in tree(module_name(kind, name)).body)


def option(annotation: ast.expr | None, default: ast.expr | None, module: str) -> Option:
    value = literal(default)
    is_literal = value is not None or (isinstance(default, ast.Constant) and default.value is None)
    return Option(list(alternatives(annotation, module)), default is None, value, is_literal)


def alternatives(annotation: ast.expr | None, module: str) -> Iterator[tuple[ast.expr, str]]:
    """The parts of a union, a name (`Ties`) replaced by what it stands for, each with the file that defines it."""
    named = definition(annotation.id, module) if isinstance(annotation, ast.Name) else None
    if named:
        yield from alternatives(*named)
    elif isinstance(annotation, ast.BinOp):
        yield from alternatives(annotation.left, module)
        yield from alternatives(annotation.right, module)
    elif annotation is not None:
        yield annotation, shown_path(module)


def definition(name: str, module: str) -> tuple[ast.expr, str] | None:
    """What a module, or the one of ours that it imports the name from, assigns to it."""
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


def target_of(node: ast.Assign | ast.AnnAssign) -> ast.expr:
    return node.targets[0] if isinstance(node, ast.Assign) else node.target


def literal(node: ast.expr | None) -> Any:
    """A default's value where it is written out, else None."""
    try:
        return ast.literal_eval(node)
    except (ValueError, TypeError):
        return None


@cache
def constant(kind: str, name: str, variable: str) -> Any:
    """The value of a module's top-level literal (`LAYERS`, `LIMITS`), {} without it; StudyError if it is computed."""
    named = definition(variable, module_name(kind, name))
    try:
        return ast.literal_eval(named[0]) if named else {}
    except (ValueError, TypeError):
        what = f"{file_of(kind, name)} computes {variable}, which is read without running the file"
        raise StudyError("", f"{what}; write its value out") from None
