"""Check of what a function of the user's own returns, so that the error names the function."""

from typing import Any

from grokking_phases.arguments import type_of


def check_returned(value: Any, kind: type, function: str) -> None:
    """Raise ValueError, naming the function, unless it returned a value of this kind, a class of torch."""
    if not isinstance(value, kind):
        what = f"{function} returns {type_of(value)}, and must return a {kind.__name__} of torch"
        raise ValueError(f"{what}; correct it.")
