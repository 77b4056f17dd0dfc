"""What is wrong with a study, in one sentence: the file, the key, what is wrong with it, the remedy."""

import json
from collections.abc import Iterator
from difflib import get_close_matches
from itertools import islice
from typing import Any

# A date is a key in YAML alone: left out.
AS_YAML = json.JSONEncoder(default=str, ensure_ascii=False, check_circular=False, skipkeys=True)


class StudyError(Exception):
    """`runs.s5.training.steps: 0 is not …`; `where` is the key, empty for the config as a whole."""

    def __init__(self, where: str, what: str) -> None:
        super().__init__(one_line(f"{where}: {what}" if where else what))
        self.where = where


def one_line(text: str) -> str:
    """Keys may hold line breaks, or what a terminal obeys: escaped, as in a Python string."""
    return "".join(char if char.isprintable() else repr(char)[1:-1] for char in text)


def shown(value: Any) -> str:
    """A value as YAML writes it, cut to 60 characters; aliases can make it endless, so no more is written."""
    text = repr(value) if isinstance(value, str) else "".join(islice(AS_YAML.iterencode(value), 61))
    return text if len(text) <= 60 else f"{text[:59]}…"


def meant(word: Any, known: list[str]) -> str:
    """What may have been meant instead, or else all that there is."""
    close = get_close_matches(str(word), known, n=1, cutoff=0.6)
    return f" (did you mean {close[0]!r}?)" if close else f" (there are: {', '.join(known)})" if known else ""


def of_string(value: Any) -> str:
    """A hint, where a number was given and YAML reads a string."""
    try:
        float(value if isinstance(value, str) else "")
    except ValueError:
        return ""
    return "; it is a string to YAML, as is all that is quoted, and 1e-1 (write 1.0e-1)"


def origin(where: str, sources: dict[str, dict]) -> str:
    """The last of the sources (config files, --config) that says this key, or the nearest above it; else the first."""
    while where:
        saying = [name for name, config in sources.items() if where in keys(config)]
        if saying:
            return saying[-1]
        where = where.rpartition(".")[0]
    return next(iter(sources))


def keys(config: dict) -> Iterator[str]:
    """Every key with the keys above it: `runs`, `runs.s5`, `runs.s5.seeds`, …"""
    for key, value in config.items():
        yield str(key)
        yield from (f"{key}.{below}" for below in (keys(value) if isinstance(value, dict) else ()))
