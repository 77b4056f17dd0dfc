"""Events of a run: the step at which each happens, read off its curves, and the median over seeds."""

import numpy as np
import pandas as pd

from grokking_phases.analysis.bootstrap import median_interval

ACCURATE = 0.98  # memorised and generalised mean an accuracy above it (emergence paper)
PHASES = ["feature_learning", "emergence", "divergence", "delayed_emergence", "decoupling"]
FOUND, NOT_REACHED, ABSENT = "found", "not reached", "absent"
AS_STATED = "stated"  # name of the rule that finds phases; its variants have other names


def first_above(curves: pd.DataFrame, metric: str, level: float = ACCURATE) -> int | None:
    """Return the first step at which a metric is above the level, or None.

    curves: tidy rows of one run and seed.
    """
    return first_step_above(curves[curves["metric"] == metric].set_index("step")["value"], level)


def first_step_above(curve: pd.Series, level: float = ACCURATE) -> int | None:
    """Return the first step (the index) at which a curve is above the level, or None."""
    steps = curve.index[curve > level]
    return int(steps.min()) if len(steps) else None


def over_seeds(events: pd.DataFrame) -> dict:
    """Return one row for one event over all seeds: the medians of `step` and, if events have it, of `value`.

    The event is found if at least half of the seeds have it. If not, its status is the most common one of the
    other seeds. `low` and `high` are the 95 % percentile bootstrap interval of the median step, for two seeds
    or more.
    """
    found = events[events["status"] == FOUND]
    row = {"seed": pd.NA, "event": events["event"].iloc[0], "n_found": len(found), "n_seeds": len(events)}
    if 2 * len(found) < len(events):
        return row | {"status": events["status"][events["status"] != FOUND].mode()[0]}
    step, *interval = median_interval(found["step"].to_numpy())
    low, high = interval if len(found) > 1 else (np.nan, np.nan)
    row |= {"status": FOUND, "step": step, "low": low, "high": high}
    return row | ({"value": found["value"].median()} if "value" in found else {})
