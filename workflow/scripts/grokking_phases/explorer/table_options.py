"""Options in which tables of one measure differ, in words.

A study measures mutual information by several estimators, and O-information under several treatments of ties.
The names of the tables are the user's own, so the page says beside each name what differs.
"""

from collections.abc import Iterable
from typing import Any

from grokking_phases.explorer.finished_seeds import Seed


def told_apart(seeds: Iterable[Seed]) -> dict[str, str]:
    """Return {table: the options in which tables of its module differ, such as "ties paper"}.

    A table that is the only one of its module is left out.
    """
    headers = {name: header for seed in seeds for name, header in seed.headers.items()}
    measured = {name: header for name, header in headers.items() if {"module", "options"} <= header.keys()}
    words = {
        name: in_words(differing(header, measured.values())) for name, header in sorted(measured.items())
    }
    return {name: said for name, said in words.items() if said}


def differing(header: dict[str, Any], others: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """Return the options of a table that another table of its module has too, with another value."""
    alike = [other["options"] for other in others if other["module"] == header["module"]]
    return {
        key: value
        for key, value in header["options"].items()
        if any(options.get(key, value) != value for options in alike)
    }


def in_words(options: dict[str, Any]) -> str:
    """Return options as "estimator kernel_density, noise 0.35"; a switch is named if it is on."""
    shown = {key: value for key, value in options.items() if value is not False}
    return ", ".join(key if value is True else f"{key} {value}" for key, value in shown.items())
