"""Whether an entry gives a module's function what its signature takes: names, types, choices, limits."""

import ast
import sys
from difflib import get_close_matches
from typing import Any

from grokking_phases.arguments import beyond
from grokking_phases.plugins import STAGE_KEYS, options_in
from study.errors import StudyError, meant, of_string, shown
from study.module_files import FROM_DATASET, check_file
from study.signatures import Option, constant, file_of, names_of, options_of_entry, plugins_of

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
    """Raise StudyError for an unknown module, with the file that would define it, and for a file that is none."""
    known = names_of(kind)
    if name not in known:
        or_named = ", or `module:` names another" if kind == "metrics" else ""
        noun = "loss" if kind == "losses" else kind[:-1]
        what = f"there is no {noun} {name!r}{meant(name, known)}; {file_of(kind, name)} would define it{or_named}"
        raise StudyError(where, what)
    check_file(kind, name, where)


def check_options(kind: str, name: str, entry: dict[str, Any], where: str) -> None:
    """Check an entry against the signatures of its module and of those that it names.

    An entry may leave out what has a default, and must leave out what comes from the dataset.
    """
    check_plugins(kind, name, entry, where)
    file = " with ".join(file_of(*module) for module in [(kind, name), *plugins_of(kind, name, entry)])
    given, taken = options_in(kind, entry), options_of_entry(kind, name, entry)
    options = {key: option for key, option in taken.items() if key not in FROM_DATASET}
    for key, value in given.items():
        if key not in options:
            known = [*options, *STAGE_KEYS.get(kind, ())]
            raise StudyError(f"{where}.{key}", f"{file} takes no option {key!r}{meant(key, known)}")
        check_value(value, options[key], f"{where}.{key}")
    for key, option in options.items():
        if option.required and key not in given:
            raise StudyError(where, f"the option {key!r} is missing; {file} needs it: {words(option)}")


def check_plugins(kind: str, name: str, entry: dict[str, Any], where: str) -> None:
    """Raise StudyError where an option that names a module of another kind names none that there is."""
    for option, other in constant(kind, name, "PLUGINS").items():
        if option in entry and entry[option] not in names_of(other):
            what = f"{shown(entry[option])} is none of the {other}{meant(entry[option], names_of(other))}"
            raise StudyError(f"{where}.{option}", what)
        if option in entry:
            check_file(other, entry[option], f"{where}.{option}")


def check_value(value: Any, option: Option, where: str) -> None:
    if option.annotations and not any(fits(value, annotation) for annotation, _ in option.annotations):
        files = " and ".join(dict.fromkeys(file for _, file in option.annotations))
        close = meant_choice(value, option)
        raise StudyError(
            where, f"{shown(value)} is not {words(option)}{close}, says {files}{of_string(value)}"
        )


def words(option: Option) -> str:
    return " or ".join(worded(annotation) for annotation, _ in option.annotations) or "anything"


def meant_choice(value: Any, option: Option) -> str:
    """A suggestion for a misspelt choice."""
    known = [choice for annotation, _ in option.annotations for choice in choices(annotation)]
    close = get_close_matches(str(value), known, n=1)
    return f" (did you mean {close[0]!r}?)" if close else ""


def worded(annotation: ast.expr) -> str:
    """`list[int]` -> a list."""
    if choices(annotation):
        return f"one of {', '.join(choices(annotation))}"
    name = ast.unparse(annotation.value if isinstance(annotation, ast.Subscript) else annotation)
    return WORDS.get(name, name)


def fits(value: Any, annotation: ast.expr) -> bool:
    """Whether a value from YAML is of the annotated type; one that is not known here takes anything."""
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
    """Return the choices of a `Literal[…]`; none of anything else."""
    match annotation:
        case ast.Subscript(value=ast.Name(id="Literal"), slice=ast.Tuple(elts=listed)):
            return [ast.literal_eval(each) for each in listed]
        case ast.Subscript(value=ast.Name(id="Literal"), slice=single):
            return [ast.literal_eval(single)]
    return []


def check_limits(kind: str, entry: dict[str, Any], where: str, width: tuple[int, str] = (0, "")) -> None:
    """Check what an entry gives, and the defaults of the rest, by the `LIMITS` of its module and of those it names.

    `width` is that of a layer, and a text that says which.
    """
    name = entry.get("module", "")
    options = options_of_entry(kind, name, entry)
    limits = [
        limit
        for module in [(kind, name), *plugins_of(kind, name, entry)]
        for limit in constant(*module, "LIMITS").items()
    ]
    for key, (low, high) in limits:
        if key not in options:
            what = f"{file_of(kind, name)} limits {key!r}, which is no option{meant(key, list(options))}"
            raise StudyError(where, f"{what}; correct its LIMITS")
        value = entry.get(key, options[key].default)
        most, remark = width if high == "width" else (high, "")
        too_little, too_much = beyond(value, low, None), beyond(value, None, most)
        if too_little or too_much:
            raise StudyError(f"{where}.{key}", too_little or f"{too_much}{remark}")
