"""What happens to a run at a step, read off its curves."""

import pandas as pd

ACCURATE = 0.98  # emergence paper: memorised and generalised are above it
PHASES = ["feature_learning", "emergence", "divergence", "delayed_emergence", "decoupling"]
FOUND, NOT_REACHED, ABSENT = "found", "not reached", "absent"
AS_STATED = "stated"  # the rule that finds phases, of which there are variants


def first_above(curves: pd.DataFrame, metric: str, level: float = ACCURATE) -> int | None:
    """The first evaluated step at which `metric` is above the level, in the tidy rows of one run and seed."""
    return first_step_above(curves[curves["metric"] == metric].set_index("step")["value"], level)


def first_step_above(curve: pd.Series, level: float = ACCURATE) -> int | None:
    """The same of one curve, by step."""
    steps = curve.index[curve > level]
    return int(steps.min()) if len(steps) else None
