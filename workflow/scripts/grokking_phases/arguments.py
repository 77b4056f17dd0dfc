"""Checks of a function's arguments: choices against its annotations, bounds against its file's `LIMITS`.

    Ties = Literal["average", "random"]       the choices of an option
    LIMITS = {"n_bins": (2, None)}            the least and the greatest value of an option; None: unlimited

Each is stated in one place. The library checks calls against it, and the workflow reads it from the syntax
tree.
"""

from numbers import Integral, Real
from typing import Any, get_args


def check_choice(option: str, value: Any, choices: Any) -> None:
    """Raise ValueError unless `value` is one of the choices, which are a Literal type."""
    if value not in get_args(choices):
        raise ValueError(f"{option} must be one of {', '.join(get_args(choices))}, not {value!r}.")


def check_limits(limits: dict[str, tuple], **options: Any) -> None:
    """Raise ValueError for the first option that is outside its limits; an option that is None passes."""
    for option, value in options.items():
        found = beyond(value, *limits[option])
        if found:
            raise ValueError(f"{option}: {found}.")


def check_counts(limits: dict[str, tuple], **options: Any) -> None:
    """Raise ValueError for the first option that is not a whole number within its limits."""
    for option, value in options.items():
        if not isinstance(value, Integral):
            raise ValueError(f"{option}: {value!r} is not a whole number.")
    check_limits(limits, **options)


def beyond(value: Any, low: Any, high: Any) -> str | None:
    """Return how a value breaks its limits, such as `1 is less than 2`, or None where it does not.

    A limit that is not a number is not checked.
    """
    if value is None:
        return None
    if not isinstance(value, Real) or not abs(value) < float("inf"):  # every comparison with NaN is False
        return f"{value!r} is no finite number"
    if isinstance(low, int | float) and value < low:
        return f"{value!r} is less than {low}"
    if isinstance(high, int | float) and value > high:
        return f"{value!r} is more than {high}"
    return None


def type_of(value: Any) -> str:
    """Return a value's type in words: `None`, `an int64 array (7,)`, `a torch.int64 tensor (7,)`."""
    if value is None:
        return "None"
    name, dtype = type(value).__name__, str(getattr(value, "dtype", ""))
    if dtype and hasattr(value, "shape"):
        name = f"{dtype} {'tensor' if dtype.startswith('torch.') else 'array'} {tuple(value.shape)}"
    return f"{'an' if name[0].lower() in 'aeiou' else 'a'} {name}"
