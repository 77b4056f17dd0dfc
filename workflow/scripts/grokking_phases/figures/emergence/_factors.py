"""Estimates that each differ in one option from a reference, found by comparing their options."""

from grokking_phases.plugins import STAGE_KEYS

FACTORS = {"n_bins": "number of bins", "variables": "variables of a multiplet", "linkage": "clustering"}
STAGE = STAGE_KEYS["metrics"]  # keys of an entry that say where and when it is measured, not how


def factors(metrics: dict[str, dict]) -> dict[str, dict[str, str]]:
    """Return {option: {estimate: its choice}}, with the reference first in each option.

    The other estimates of an option differ from the reference in this option alone.
    """
    compared = metrics[reference(metrics)]
    found: dict[str, dict[str, str]] = {}
    for name, options in metrics.items():
        match differing(compared, options):
            case [option]:
                choices = found.setdefault(option, {reference(metrics): str(compared.get(option))})
                choices[name] = str(options.get(option))
    return found


def reference(metrics: dict[str, dict]) -> str:
    """Return the estimate that differs least from all others; the first if several do."""
    return min(
        metrics, key=lambda name: sum(len(differing(metrics[name], other)) for other in metrics.values())
    )


def differing(one: dict, other: dict) -> list[str]:
    """Return the options in which two estimates differ."""
    return [key for key in {**one, **other} if key not in STAGE and one.get(key) != other.get(key)]


def left_out(metrics: dict[str, dict]) -> list[str]:
    """Return the estimates that differ from the reference in more than one option."""
    return [name for name in metrics if len(differing(metrics[reference(metrics)], metrics[name])) > 1]
