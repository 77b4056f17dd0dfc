"""What a module's function takes, read from its source: no module is imported, so nothing is slow and nothing runs.

The signature is the schema: keyword-only names, defaults, and annotations (`int`, `float`, `str`, `bool`, `list[…]`,
`dict[…]`, `Literal[…]`, a name for one, `… | None`). A module may bound an option, by a number, by `None`, or by the
width of the narrowest layer that it reads: `LIMITS = {"n_bins": (2, "width")}`.
"""

import ast
import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from provenance import PACKAGE, SCRIPTS, imports, path_of, tree
from sentences import StudyError, meant, of_string, shown

FUNCTIONS = {"datasets": "make", "models": "build", "metrics": "compute", "figures": "draw", "": "Recipe"}
TYPES = {"int": int, "float": int | float, "str": str, "bool": bool, "list": list, "dict": dict}
WORDS = {
    "int": "a whole number",
    "float": "a number",
    "str": "a string",
    "bool": "true or false",
    "list": "a list",
    "dict": "a mapping",
    "None": "null",
}


@dataclass(frozen=True)
class Option:
    """One keyword of a function. `annotations` are alternatives, each with the file that defines it."""

    annotations: list[tuple[ast.expr, str]]
    required: bool
    default: Any


def module_name(kind: str, name: str) -> str:
    """`metrics`, `o_information` -> the module; a figure is named with its paper."""
    return ".".join(filter(None, [PACKAGE, kind, name.replace("/", ".")]))


def file_of(module: str) -> str:
    return str(path_of(module).relative_to(SCRIPTS.parent.parent))


def names_of(kind: str) -> list[str]:
    """The modules of a kind, by the names that a config gives them."""
    pattern = "*/[!_]*.py" if kind == "figures" else "[!_]*.py"
    folder = SCRIPTS / PACKAGE / kind
    return sorted(path.relative_to(folder).with_suffix("").as_posix() for path in folder.glob(pattern))


@cache
def options_of(kind: str, name: str) -> dict[str, Option]:
    """The keyword-only options of the module's function, or the fields of its dataclass, by name."""
    module = module_name(kind, name)
    for node in tree(module).body:
        if getattr(node, "name", None) != FUNCTIONS[kind]:
            continue
        if isinstance(node, ast.FunctionDef):
            pairs = zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True)
            return {arg.arg: option(arg.annotation, default, module) for arg, default in pairs}
        fields = [field for field in node.body if isinstance(field, ast.AnnAssign)]
        return {field.target.id: option(field.annotation, field.value, module) for field in fields}
    raise StudyError("", f"{file_of(module)} defines no function `{FUNCTIONS[kind]}`")


def option(annotation: ast.expr | None, default: ast.expr | None, module: str) -> Option:
    return Option(list(alternatives(annotation, module)), default is None, literal(default))


def alternatives(annotation: ast.expr | None, module: str) -> Iterator[tuple[ast.expr, str]]:
    """The parts of a union; a name (`Ties`) stands for what this module, or the one it is imported from, assigns it."""
    if isinstance(annotation, ast.BinOp):
        yield from alternatives(annotation.left, module)
        yield from alternatives(annotation.right, module)
    elif isinstance(annotation, ast.Name) and annotation.id not in TYPES:
        for node in tree(module).body:
            if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == annotation.id:
                yield from alternatives(node.value, module)
            elif isinstance(node, ast.ImportFrom) and annotation.id in [alias.name for alias in node.names]:
                yield from alternatives(annotation, node.module) if node.module in imports(module) else ()
    elif annotation is not None:
        yield annotation, file_of(module)


def literal(node: ast.expr | None) -> Any:
    """A default's value where it is written out, else None."""
    try:
        return ast.literal_eval(node)
    except (ValueError, TypeError):
        return None


@cache
def constant(kind: str, name: str, variable: str) -> Any:
    """The value of a module's top-level literal (`LAYERS`, `LIMITS`), or {} if it has none."""
    for node in tree(module_name(kind, name)).body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == variable:
            return ast.literal_eval(node.value)
    return {}


def check_call(kind: str, name: str, given: dict[str, Any], where: str, others: frozenset = frozenset()) -> None:
    """That the module is there, and that its function takes what is given; `others` are given by someone else."""
    file = file_of(module_name(kind, name))
    if kind and name not in names_of(kind):
        raise StudyError(where, f"there is no {kind[:-1]} {name!r}{meant(name, names_of(kind))}; {file} would define it")
    options = {key: option for key, option in options_of(kind, name).items() if key not in others}
    for key, value in given.items():
        if key not in options:
            raise StudyError(f"{where}.{key}", f"{file} takes no option {key!r}{meant(key, list(options))}")
        check_value(value, options[key], f"{where}.{key}", file)
    for key, option in options.items():
        if option.required and key not in given:
            words = " or ".join(worded(annotation) for annotation, _ in option.annotations)
            raise StudyError(where, f"{key!r} is missing{similar(key, given)}; {file} needs it: {words}")


def check_value(value: Any, option: Option, where: str, file: str) -> None:
    if option.annotations and not any(fits(value, annotation) for annotation, _ in option.annotations):
        words = " or ".join(worded(annotation) for annotation, _ in option.annotations)
        files = " and ".join({file: None for _, file in option.annotations})
        raise StudyError(where, f"{shown(value)} is not {words}, as {files} asks{of_string(value)}")


def fits(value: Any, annotation: ast.expr) -> bool:
    """Whether a value from YAML is of the annotated type; one that is not known here takes anything."""
    match annotation:
        case ast.Constant(value=None):
            return value is None
        case ast.Name(id="float") if isinstance(value, float):
            return math.isfinite(value)
        case ast.Name(id=name) if name in TYPES:
            return isinstance(value, TYPES[name]) and (name == "bool" or not isinstance(value, bool))
        case ast.Subscript(value=ast.Name(id="Literal")):
            return isinstance(value, str) and value in choices(annotation)
        case ast.Subscript(value=ast.Name(id="list"), slice=item):
            return isinstance(value, list) and all(fits(each, item) for each in value)
        case ast.Subscript(value=ast.Name(id="dict"), slice=ast.Tuple(elts=[_, item])):
            return isinstance(value, dict) and all(fits(each, item) for each in value.values())
    return True


def choices(annotation: ast.Subscript) -> list[str]:
    listed = ast.literal_eval(annotation.slice)
    return list(listed) if isinstance(listed, tuple) else [listed]
