"""The errors of a config, each in one sentence: the file, the key, what is wrong, and the remedy."""

import json
import math
from collections.abc import Iterator
from itertools import islice
from typing import Any

import yaml

from grokking_phases.nearest_name import nearest

# Keys that JSON cannot hold, such as the dates of YAML, are left out.
AS_YAML = json.JSONEncoder(default=str, ensure_ascii=False, check_circular=False, skipkeys=True)


class StudyError(Exception):
    """An error of a config, as in `runs.s5.training.steps: 0 is not …`.

    `where` is the key; it is empty for the config as a whole.
    """

    def __init__(self, where: str, what: str) -> None:
        super().__init__(one_line(f"{where}: {what}" if where else what))
        self.where = where


def one_line(text: str) -> str:
    """Return a text with its line breaks and control characters escaped, as in a Python string."""
    return "".join(char if char.isprintable() else repr(char)[1:-1] for char in text)


def shown(value: Any) -> str:
    """Return a value as YAML writes it, cut to 60 characters.

    The text is written only so far, since aliases can make a value endless.
    """
    text = repr(value) if isinstance(value, str) else "".join(islice(AS_YAML.iterencode(value), 61))
    return text if len(text) <= 60 else f"{text[:59]}…"


def meant(word: Any, known: list[str]) -> str:
    """Return in brackets which known word was probably meant or, if none is similar, all known words."""
    close = nearest(word, known)
    return f" (did you mean {close!r}?)" if close else f" (there are: {', '.join(known)})" if known else ""


def of_string(value: Any) -> str:
    """Return a hint if the value is a number that YAML reads as a string, else ""."""
    try:
        number = float(value if isinstance(value, str) else "")
    except ValueError:
        return ""
    if not math.isfinite(number):
        return ""
    plain = yaml.safe_dump(int(number) if number.is_integer() else number).split()[0]
    return f"; YAML reads it as a string: write {plain}, without quotes"


def origin(where: str, sources: dict[str, dict]) -> str:
    """Return the name of the config file, or `--config`, that has a key; `sources` is {name: content}.

    It is the last source that has the key or, if none has it, the nearest key above; else the first source.
    """
    while where:
        saying = [name for name, config in sources.items() if where in keys(config)]
        if saying:
            return saying[-1]
        where = where.rpartition(".")[0]
    return next(iter(sources))


def keys(config: dict) -> Iterator[str]:
    """Yield the path of every key: `runs`, `runs.s5`, `runs.s5.seeds`, …"""
    for key, value in config.items():
        yield str(key)
        yield from (f"{key}.{below}" for below in (keys(value) if isinstance(value, dict) else ()))


def check_names(names: list[str], known: dict, what: str, where: str) -> None:
    """Check that all names are known; `what` is what they name, such as a run."""
    for name in names:
        if name not in known:
            remedy = f"; define it under {what}s" if what != "table" else ""
            raise StudyError(where, f"there is no {what} {name!r}{meant(name, list(known))}{remedy}")
