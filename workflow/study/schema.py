"""The shape of the config, from schemas/config.schema.yaml: a key's `description` says what it should have been."""

import sys
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import yaml
from jsonschema import Draft202012Validator, ValidationError
from jsonschema.validators import extend

from study.errors import StudyError, meant, of_string, shown

SCHEMA = yaml.safe_load(
    (Path(__file__).parents[1] / "schemas" / "config.schema.yaml").read_text(encoding="utf-8")
)


def is_integer(_checker: Any, value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def is_number(_checker: Any, value: Any) -> bool:
    return not isinstance(value, bool) and isinstance(value, int | float) and abs(value) <= sys.float_info.max


# JSON knows no NaN and has one kind of number: 100.0 would be an integer.
STRICT = Draft202012Validator.TYPE_CHECKER.redefine_many({"integer": is_integer, "number": is_number})
VALIDATOR = extend(Draft202012Validator, type_checker=STRICT)(SCHEMA)


def check_shape(config: dict) -> None:
    """Raises StudyError for the first misfit, in the order of the schema and of the config."""
    for error in VALIDATOR.iter_errors(config):
        where = [part for part in error.absolute_path if isinstance(part, str)]  # not: which item of a list
        keys, what = sentence(error)
        raise StudyError(".".join([*where, *keys]), what)


def sentence(error: ValidationError) -> tuple[list[str], str]:
    """The key below the place of the error, if it is one, and what is wrong."""
    if error.validator == "additionalProperties":
        known = list(error.schema["properties"])
        unknown = next(key for key in error.instance if key not in known)
        return [str(unknown)], f"there is no key {shown(unknown)}{meant(unknown, known)}"
    if error.validator == "required":
        missing = next(key for key in error.validator_value if key not in error.instance)
        wanted = described(error.schema["properties"][missing])
        return [], f"the key {missing!r} is missing{instead(missing, error.instance)}: {wanted}"
    return [], f"{shown(error.instance)} is not {error.schema['description']}{of_string(error.instance)}"


def described(schema: dict) -> str:
    return (
        schema.get("description") or SCHEMA["$defs"][schema["$ref"].removeprefix("#/$defs/")]["description"]
    )


def instead(missing: str, entry: dict) -> str:
    """What may have been meant as the missing key, where an entry is open to any."""
    close = get_close_matches(missing, map(str, entry), n=1)
    return f" (not {close[0]!r})" if close else ""
