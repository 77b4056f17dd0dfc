"""Estimates that differ in one option each from a reference: which options are varied, read from their options."""

from grokking_phases.plugins import STAGE_KEYS

FACTORS = {"n_bins": "number of bins", "variables": "variables of a multiplet", "linkage": "clustering"}
STAGE = STAGE_KEYS["metrics"]  # of an entry: where and when it is measured, not how


def factors(metrics: dict[str, dict]) -> dict[str, dict[str, str]]:
    """Return {option: {estimate: its choice}}: the reference, then those that differ from it in this option alone."""
    compared = metrics[reference(metrics)]
    found: dict[str, dict[str, str]] = {}
    for name, options in metrics.items():
        match differing(compared, options):
            case [option]:
                choices = found.setdefault(option, {reference(metrics): str(compared.get(option))})
                choices[name] = str(options.get(option))
    return found


def reference(metrics: dict[str, dict]) -> str:
    """Return the estimate that differs least from all others, the first of equals."""
    return min(
        metrics, key=lambda name: sum(len(differing(metrics[name], other)) for other in metrics.values())
    )


def differing(one: dict, other: dict) -> list[str]:
    """Return the options in which two estimates differ."""
    return [key for key in {**one, **other} if key not in STAGE and one.get(key) != other.get(key)]


def left_out(metrics: dict[str, dict]) -> list[str]:
    """Return the estimates that differ from the reference in more than one option."""
    return [name for name in metrics if len(differing(metrics[reference(metrics)], metrics[name])) > 1]
