"""What happens to a run at a step, read off its curves."""

import numpy as np
import pandas as pd

from grokking_phases.analysis.bootstrap import median_interval

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


def over_seeds(events: pd.DataFrame) -> dict:
    """One row for one event of all seeds: the median of what is found (`step` and, where there is one, `value`).

    It is found where at least half of the seeds have it; where not, its status is the most common of the others'. `low`
    and `high`: of two seeds or more, the 95 % percentile bootstrap interval of the median step.
    """
    found = events[events["status"] == FOUND]
    row = {"seed": pd.NA, "event": events["event"].iloc[0], "n_found": len(found), "n_seeds": len(events)}
    if 2 * len(found) < len(events):
        return row | {"status": events["status"][events["status"] != FOUND].mode()[0]}
    step, *interval = median_interval(found["step"].to_numpy())
    low, high = interval if len(found) > 1 else (np.nan, np.nan)
    row |= {"status": FOUND, "step": step, "low": low, "high": high}
    return row | ({"value": found["value"].median()} if "value" in found else {})
