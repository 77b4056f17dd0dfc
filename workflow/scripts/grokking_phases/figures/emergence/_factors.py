"""Estimates that differ in one option each from a reference: which options are varied, read from their options."""

from grokking_phases.plugins import STAGE_KEYS

FACTORS = {"n_bins": "number of bins", "variables": "variables of a multiplet", "linkage": "clustering"}
STAGE = STAGE_KEYS["metrics"]  # of an entry: where and when it is measured, not how


def factors(metrics: dict[str, dict]) -> dict[str, dict[str, str]]:
    """{option: {estimate: its choice}}, first the reference, then those that differ from it in this option alone."""
    of = metrics[reference(metrics)]
    found: dict[str, dict[str, str]] = {}
    for name, options in metrics.items():
        match differing(of, options):
            case [option]:
                found.setdefault(option, {reference(metrics): str(of.get(option))})[name] = str(options.get(option))
    return found


def reference(metrics: dict[str, dict]) -> str:
    """The estimate that differs least from all others, the first of equals."""
    return min(metrics, key=lambda name: sum(len(differing(metrics[name], other)) for other in metrics.values()))


def differing(one: dict, other: dict) -> list[str]:
    """The options in which two estimates differ."""
    return [key for key in {**one, **other} if key not in STAGE and one.get(key) != other.get(key)]


def left_out(metrics: dict[str, dict]) -> list[str]:
    """Estimates that differ from the reference in more than one option."""
    return [name for name in metrics if len(differing(metrics[reference(metrics)], metrics[name])) > 1]
