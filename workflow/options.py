"""What a module's function takes, read from its source: no module is imported, so nothing is slow and nothing runs.

The signature is the schema: keyword-only names, defaults, and annotations (`int`, `float`, `str`, `bool`, `list[…]`,
`dict[…]`, `Literal[…]` or a name for one, `… | None`). A module may bound an
option by another value: `LIMITS = {"n_bins": (2, "width")}`.
"""

import ast
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from typing import Any

from provenance import SCRIPTS, imports, path_of, tree

NUMBERS = {
    "int": (int,),
    "float": (int, float),
    "str": (str,),
    "bool": (bool,),
    "list": (list,),
    "dict": (dict,),
    "None": (type(None),),
}


class StudyError(Exception):
    """One clear sentence about config.yaml: the key, what is wrong with it, the remedy."""


@dataclass(frozen=True)
class Option:
    """One keyword of a function."""

    name: str
    annotation: ast.expr | None
    required: bool
    default: Any


def module_name(kind: str, name: str) -> str:
    """`metrics`, `o_information` -> the module; a figure is named with its paper."""
    return ".".join(filter(None, ["grokking_phases", kind, name.replace("/", ".")]))


def file_of(kind: str, name: str) -> str:
    return str(path_of(module_name(kind, name)).relative_to(SCRIPTS.parent.parent))


def check_module(kind: str, name: str, where: str) -> None:
    """An unknown module is an error that names the file which would define it."""
    if not path_of(module_name(kind, name)).is_file():
        folder = path_of(module_name(kind, name)).parent
        known = sorted(path.stem for path in folder.glob("*.py") if path.stem != "__init__")
        singular = kind.removesuffix("s")
        raise StudyError(
            f"{where}: there is no {singular} {name!r}{meant(name, known)}; it would be {file_of(kind, name)}"
        )


def meant(word: str, known: list[str]) -> str:
    close = get_close_matches(word, known, n=1, cutoff=0.6)
    return f" (did you mean {close[0]!r}?)" if close else f" (there are: {', '.join(known)})" if known else ""


@cache
def options_of(kind: str, name: str, function: str) -> dict[str, Option]:
    """The keyword-only options of a function, or the fields of a dataclass, by name."""
    module = module_name(kind, name)
    for node in tree(module).body:
        if isinstance(node, ast.FunctionDef) and node.name == function:
            pairs = zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True)
            return {arg.arg: option(module, arg.arg, arg.annotation, value) for arg, value in pairs}
        if isinstance(node, ast.ClassDef) and node.name == function:
            fields = [field for field in node.body if isinstance(field, ast.AnnAssign)]
            return {field.target.id: option(module, field.target.id, field.annotation, field.value) for field in fields}
    raise StudyError(f"{file_of(kind, name)} defines no function `{function}`")


def option(module: str, name: str, annotation: ast.expr | None, default: ast.expr | None) -> Option:
    return Option(name, resolved(annotation, module), default is None, literal(default))


def resolved(annotation: ast.expr | None, module: str) -> ast.expr | None:
    """What a named type (`Ties`) stands for, in this module or in the one of ours that it is imported from."""
    if isinstance(annotation, ast.Name):
        for node in tree(module).body:
            if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == annotation.id:
                return node.value
            named = [alias.name for alias in node.names] if isinstance(node, ast.ImportFrom) else []
            if annotation.id in named and node.module in imports(module):
                return resolved(annotation, node.module)
    return annotation


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
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and node.targets[0].id == variable:
            return ast.literal_eval(node.value)
    return {}


def check_options(given: dict[str, Any], options: dict[str, Option], where: str, file: str) -> None:
    """Names, required ones, types and choices; `given` may leave out what has a default."""
    for name, value in given.items():
        if name not in options:
            raise StudyError(f"{where}.{name}: {file} takes no option {name!r}{meant(name, list(options))}")
        check_type(value, options[name].annotation, f"{where}.{name}", file)
    missing = [name for name, option in options.items() if option.required and name not in given]
    if missing:
        raise StudyError(f"{where}: {missing[0]!r} is missing; {file} needs it")


def check_type(value: Any, annotation: ast.expr | None, where: str, file: str) -> None:
    kinds, choices = accepted(annotation)
    if choices and isinstance(value, str) and value not in choices:
        raise StudyError(
            f"{where}: {value!r} is none of {', '.join(map(str, choices))}{suggested(value, choices)}; "
            f"{file} defines them"
        )
    fits = not kinds or isinstance(value, kinds) and (not isinstance(value, bool) or bool in kinds)
    if not fits:
        hint = "; in YAML write 0.1 or 1.0e-1, not 1e-1" if isinstance(value, str) and float in kinds else ""
        raise StudyError(f"{where}: {value!r} is not of type {ast.unparse(annotation)}, which {file} asks for{hint}")


def suggested(value: str, choices: list) -> str:
    close = get_close_matches(value, [str(choice) for choice in choices], n=1)
    return f" (did you mean {close[0]!r}?)" if close else ""


def accepted(annotation: ast.expr | None) -> tuple[tuple[type, ...], list]:
    """The Python types and the literal choices that an annotation allows; both empty: anything."""
    if isinstance(annotation, ast.BinOp):
        left, right = accepted(annotation.left), accepted(annotation.right)
        return left[0] + right[0], left[1] + right[1]
    if isinstance(annotation, ast.Subscript) and ast.unparse(annotation.value) == "Literal":
        choices = ast.literal_eval(annotation.slice)
        choices = list(choices) if isinstance(choices, tuple) else [choices]
        return tuple({type(choice) for choice in choices}), choices
    name = ast.unparse(annotation.value if isinstance(annotation, ast.Subscript) else annotation) if annotation else ""
    return NUMBERS.get(name, ()), []
