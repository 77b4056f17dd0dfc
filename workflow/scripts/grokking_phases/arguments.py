"""Checks of a function's arguments: choices from its annotations, bounds from its file's `LIMITS`.

    Ties = Literal["average", "random"]       the choices of an option
    LIMITS = {"n_bins": (2, None)}            an option's least and greatest value; None: unlimited

Each stands once. The library checks a call by them, and the workflow reads them from the file's syntax tree.
"""

from typing import Any, get_args


def check_choice(option: str, value: Any, choices: Any) -> None:
    """Raise ValueError, in one sentence, unless `value` is one of a Literal type's."""
    if value not in get_args(choices):
        raise ValueError(f"{option} must be one of {', '.join(get_args(choices))}, not {value!r}.")


def check_limits(limits: dict[str, tuple], **options: Any) -> None:
    """Raise ValueError, in one sentence, for the first option that is beyond its limits; None has none."""
    for option, value in options.items():
        found = beyond(value, *limits[option])
        if found:
            raise ValueError(f"{option}: {found}.")


def beyond(value: Any, low: Any, high: Any) -> str | None:
    """`1 is less than 2`, or None where the value is within the limits; a limit that is no number is not checked."""
    if value is None:
        return None
    if isinstance(low, int | float) and not value >= low:  # a NaN is beyond any limit
        return f"{value!r} is less than {low}" if value < low else f"{value!r} is no number"
    if isinstance(high, int | float) and not value <= high:
        return f"{value!r} is more than {high}" if value > high else f"{value!r} is no number"
    return None
