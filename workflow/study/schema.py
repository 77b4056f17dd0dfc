"""Check of a config against schemas/config.schema.yaml, whose descriptions become parts of error messages."""

import sys
from pathlib import Path
from typing import Any

import yaml
from jsonschema import Draft202012Validator, ValidationError
from jsonschema.validators import extend

from grokking_phases.nearest_name import nearest
from study.errors import StudyError, meant, of_string, shown

SCHEMA = yaml.safe_load(
    (Path(__file__).parents[1] / "schemas" / "config.schema.yaml").read_text(encoding="utf-8")
)


def is_integer(_checker: Any, value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def is_number(_checker: Any, value: Any) -> bool:
    return not isinstance(value, bool) and isinstance(value, int | float) and abs(value) <= sys.float_info.max


# In JSON Schema, 100.0 is an integer. Here it is not, and NaN and infinity are not numbers.
STRICT = Draft202012Validator.TYPE_CHECKER.redefine_many({"integer": is_integer, "number": is_number})
VALIDATOR = extend(Draft202012Validator, type_checker=STRICT)(SCHEMA)


def check_shape(config: dict) -> None:
    """Raise StudyError for the first error, in the order of the schema, then of the config."""
    for error in VALIDATOR.iter_errors(config):
        # The indices of lists are left out.
        where = [part for part in error.absolute_path if isinstance(part, str)]
        keys, what = sentence(error)
        if error.validator == "required" and len(where) == 2 and where[0] == "runs":
            close = nearest(where[1], [run for run in config["runs"] if run != where[1]])
            what += f" (or did you mean the run {close!r}?)" if close else ""
        raise StudyError(".".join([*where, *keys]), what)


def sentence(error: ValidationError) -> tuple[list[str], str]:
    """Return what is wrong, after [key] if the error is an unknown key, else after []."""
    if error.validator == "additionalProperties":
        known = list(error.schema["properties"])
        unknown = next(key for key in error.instance if key not in known)
        known += ["like", "source"] if known == list(SCHEMA["$defs"]["run"]["properties"]) else []
        return [str(unknown)], f"there is no key {shown(unknown)}{meant(unknown, known)}"
    if error.validator == "required":
        missing = next(key for key in error.validator_value if key not in error.instance)
        wanted = described(error.schema["properties"][missing])
        return [], f"the key {missing!r} is missing{instead(missing, error.instance)}; it must be {wanted}"
    return [], f"{shown(error.instance)} is not {error.schema['description']}{of_string(error.instance)}"


def described(schema: dict) -> str:
    """Return the description of a node of the schema, or of the definition to which it refers."""
    return (
        schema.get("description") or SCHEMA["$defs"][schema["$ref"].removeprefix("#/$defs/")]["description"]
    )


def instead(missing: str, entry: dict) -> str:
    """Return in brackets the key of an entry that was probably meant as the missing one, or ""."""
    close = nearest(missing, list(map(str, entry)))
    return f" (did you write {close!r} for it?)" if close else ""
