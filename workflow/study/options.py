"""Checks of an entry against the signature of its module's function: names, types, choices and limits."""

import ast
import sys
from typing import Any

from grokking_phases.arguments import beyond
from grokking_phases.nearest_name import nearest
from grokking_phases.plugins import STAGE_KEYS, options_in
from study.errors import StudyError, meant, of_string, shown
from study.module_files import FROM_DATASET, check_file
from study.signatures import Option, constant, file_of, names_of, options_of_entry, plugins_of

NOUNS = {"losses": "loss"}  # the singular of a kind, unless it only lacks the last letter
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


def check_module(kind: str, name: str, where: str) -> None:
    """Raise StudyError if no file defines a module, or if its file lacks what its kind must define."""
    known = names_of(kind)
    if name not in known:
        what = f"there is no {NOUNS.get(kind, kind[:-1])} {name!r}{meant(name, known)}"
        or_named = ", give its module as `module:`," if kind == "metrics" else ""
        raise StudyError(where, f"{what}; correct the name{or_named} or add {file_of(kind, name)}")
    check_file(kind, name, where)


def check_options(kind: str, name: str, entry: dict[str, Any], where: str) -> None:
    """Check an entry against the signatures of its module and of the modules that its options name.

    An entry may leave out options with a default. It must leave out what the dataset gives (`FROM_DATASET`).
    """
    check_plugins(kind, name, entry, where)
    file = " with ".join(file_of(*module) for module in [(kind, name), *plugins_of(kind, name, entry)])
    given, taken = options_in(kind, entry), options_of_entry(kind, name, entry)
    options = {key: option for key, option in taken.items() if key not in FROM_DATASET}
    for key, value in given.items():
        if key not in options:
            known = [*options, *STAGE_KEYS.get(kind, ())]
            raise StudyError(f"{where}.{key}", f"{file} takes no option {shown(key)}{meant(key, known)}")
        check_value(value, options[key], f"{where}.{key}")
    for key, option in options.items():
        if option.required and key not in given:
            raise StudyError(where, f"the option {key!r} is missing; {file} needs {words(option)}")


def check_plugins(kind: str, name: str, entry: dict[str, Any], where: str) -> None:
    """Raise StudyError if an option that names a module of another kind names one that does not exist."""
    for option, other in constant(kind, name, "PLUGINS").items():
        if option in entry and entry[option] not in names_of(other):
            what = f"there is no {NOUNS.get(other, other[:-1])} {shown(entry[option])}"
            raise StudyError(f"{where}.{option}", f"{what}{meant(entry[option], names_of(other))}")
        if option in entry:
            check_file(other, entry[option], f"{where}.{option}")


def check_value(value: Any, option: Option, where: str) -> None:
    """Raise StudyError unless a value is of the type that its option takes."""
    if option.annotations and not any(fits(value, annotation) for annotation, _ in option.annotations):
        files = " and ".join(dict.fromkeys(file for _, file in option.annotations))
        close = meant_choice(value, option)
        what = f"{shown(value)} is not {words(option)}{close}"
        raise StudyError(where, f"{what}, as required by {files}{of_string(value)}")


def words(option: Option) -> str:
    """Return what an option takes, in words: `a whole number or null`."""
    return " or ".join(worded(annotation) for annotation, _ in option.annotations) or "anything"


def meant_choice(value: Any, option: Option) -> str:
    """Return in brackets the choice of an option that a value resembles, or ""."""
    known = [choice for annotation, _ in option.annotations for choice in choices(annotation)]
    close = nearest(value, known)
    return f" (did you mean {close!r}?)" if close else ""


def worded(annotation: ast.expr) -> str:
    """Return an annotation in words: `a list` for `list[int]`."""
    if choices(annotation):
        return f"one of {', '.join(choices(annotation))}"
    name = ast.unparse(annotation.value if isinstance(annotation, ast.Subscript) else annotation)
    return WORDS.get(name, name)


def fits(value: Any, annotation: ast.expr) -> bool:
    """Return whether a value from YAML is of the annotated type; a type not listed here takes any value."""
    match annotation:
        case ast.Constant(value=None):
            return value is None
        case ast.Name(id="float") if isinstance(value, int | float) and not abs(value) <= sys.float_info.max:
            return False
        case ast.Name(id=name) if name in TYPES:
            return isinstance(value, TYPES[name]) and (name == "bool" or not isinstance(value, bool))
        case ast.Subscript(value=ast.Name(id="Literal")):
            return isinstance(value, str) and value in choices(annotation)
        case ast.Subscript(value=ast.Name(id="list"), slice=item):
            return isinstance(value, list) and all(fits(each, item) for each in value)
        case ast.Subscript(value=ast.Name(id="dict"), slice=ast.Tuple(elts=[_, item])):
            return isinstance(value, dict) and all(fits(each, item) for each in value.values())
    return True


def choices(annotation: ast.expr) -> list[str]:
    """Return the choices of a `Literal[…]`; [] for any other annotation."""
    match annotation:
        case ast.Subscript(value=ast.Name(id="Literal"), slice=ast.Tuple(elts=listed)):
            return [ast.literal_eval(each) for each in listed]
        case ast.Subscript(value=ast.Name(id="Literal"), slice=single):
            return [ast.literal_eval(single)]
    return []


def check_limits(kind: str, entry: dict[str, Any], where: str, width: tuple[int, str] = (0, "")) -> None:
    """Check an entry's options, and the defaults of those it leaves out, against the `LIMITS` of its modules.

    `width` is the width of a layer and a text that names the layer.
    """
    name = entry.get("module", "")
    options = options_of_entry(kind, name, entry)
    limits = [
        (file_of(*module), limit)
        for module in [(kind, name), *plugins_of(kind, name, entry)]
        for limit in constant(*module, "LIMITS").items()
    ]
    for file, (key, (low, high)) in limits:
        if key not in options:
            what = f"{file} has LIMITS for {key!r}, which is not an option{meant(key, list(options))}"
            raise StudyError(where, f"{what}; correct them")
        value = entry.get(key, options[key].default)
        most, remark = width if high == "width" else (high, "")
        too_little, too_much = beyond(value, low, None), beyond(value, None, most)
        if too_little or too_much:
            what = too_little or f"{too_much}{remark}"
            raise StudyError(f"{where}.{key}", f"{what}; {file} takes {numbers(low, most)}")


def numbers(low: Any, high: Any) -> str:
    """Return limits in words, as in `numbers from 2 to 9`; a limit that is not a number is left out."""
    least = f" from {low}" if isinstance(low, int | float) else ""
    most = f" to {high}" if isinstance(high, int | float) else ""
    return f"numbers{least}{most}"
