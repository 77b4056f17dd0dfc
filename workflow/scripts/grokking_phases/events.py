"""What happens to a run at a step, read off its curves."""

import pandas as pd

ACCURATE = 0.98  # emergence paper: memorised and generalised are above it
FOUND, NOT_REACHED = "found", "not reached"


def first_above(curves: pd.DataFrame, metric: str, level: float = ACCURATE) -> int | None:
    """The first evaluated step at which `metric` is above the level, in the tidy rows of one run and seed."""
    steps = curves.loc[(curves["metric"] == metric) & (curves["value"] > level), "step"]
    return int(steps.min()) if len(steps) else None
