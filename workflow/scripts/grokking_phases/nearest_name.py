"""Hints for a name that is not known: the nearest known one."""

from difflib import get_close_matches
from typing import Any


def nearest(name: Any, known: list[str]) -> str | None:
    """Return the known name that a name resembles, or None."""
    return next(iter(get_close_matches(str(name), known, n=1)), None)


def check_known(name: Any, known: list[str], option: str, what: str) -> None:
    """Raise ValueError, with the nearest known name or all of them, unless a name is known."""
    if name not in known:
        close = nearest(name, known)
        hint = f"did you mean {close!r}?" if close else f"there are: {', '.join(known) or 'none'}"
        raise ValueError(f"{option}: {what} {name!r}; {hint}")
