"""The types of a metric's options, checked against the annotations of its functions before it is computed.

The workflow checks the options of a config in the same way, without running a file (`study.options`).
"""

import inspect
from numbers import Integral, Real
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from grokking_phases import plugins
from grokking_phases.nearest_name import check_known

WORDS = {int: "a whole number", float: "a number", bool: "true or false", str: "a text", NoneType: "null"}


def check_options(metric: str, options: dict[str, Any]) -> None:
    """Raise ValueError for the first option that a metric does not take, or takes as another type."""
    hints, taker = hints_of(plugins.module("metrics", metric).compute), "it"
    if "estimator" in hints:
        estimator = options.get("estimator", hints["estimator"][1])
        check_known(estimator, plugins.names("estimators"), "estimator", "there is no estimator")
        hints = hints_of(plugins.module("estimators", estimator).prepare) | hints
        taker = f"estimator={estimator}"
    for name, value in options.items():
        check_known(name, list(hints), metric, f"{taker} takes no option")
        kind, _ = hints[name]
        if not fits(value, kind):
            raise ValueError(f"{name}: {value!r} is not {words(kind)}, as {metric} takes it; give one.")


def hints_of(function: Any) -> dict[str, tuple[Any, Any]]:
    """Return {option: (type, default)} of a function's keyword-only arguments."""
    types, parameters = get_type_hints(function), inspect.signature(function).parameters
    return {
        name: (types.get(name, Any), each.default)
        for name, each in parameters.items()
        if each.kind is each.KEYWORD_ONLY
    }


def fits(value: Any, hint: Any) -> bool:
    """Return whether a value is of a type; a type that is not in `WORDS` takes any value."""
    if get_origin(hint) in (Union, UnionType):
        return any(fits(value, each) for each in get_args(hint))
    if get_origin(hint) is Literal:
        return value in get_args(hint)
    if get_origin(hint) is list:
        return isinstance(value, list) and all(fits(each, get_args(hint)[0]) for each in value)
    if hint not in WORDS:
        return True
    number = {int: Integral, float: Real}.get(hint, hint)
    return isinstance(value, number) and (hint is bool or not isinstance(value, bool))


def words(hint: Any) -> str:
    """Return a type in words: `a whole number or null`."""
    if get_origin(hint) in (Union, UnionType):
        return " or ".join(map(words, get_args(hint)))
    if get_origin(hint) is Literal:
        return f"one of {', '.join(map(str, get_args(hint)))}"
    if get_origin(hint) is list:
        return f"a list, each {words(get_args(hint)[0])}"
    return WORDS.get(hint, "what it takes")


def check_widths(name: str, options: dict[str, Any], widths: dict[str, int]) -> None:
    """Raise ValueError for an option that must not be more than the width of any layer (`LIMITS`), and is."""
    metric = plugins.module("metrics", name)
    width, layer = min((width, layer) for layer, width in widths.items())
    for option, (_, most) in getattr(metric, "LIMITS", {}).items():
        value = options.get(option, hints_of(metric.compute)[option][1]) if most == "width" else None
        if value is not None and value > width:
            what = f"{name}: {option}: {value} is more than {width}, the width of layer {layer}"
            raise ValueError(f"{what}; choose fewer, or record another layer.")
