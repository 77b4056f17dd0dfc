"""Events of a run: the step at which each happens, read off its curves, and the median over seeds."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from grokking_phases.analysis.intervals import median_interval

LIMITS = {"memorised": (0, 1), "generalised": (0, 1), "fitted": (0, 1)}
PHASES = ["feature_learning", "emergence", "divergence", "delayed_emergence", "decoupling"]
FOUND, NOT_REACHED, ABSENT = "found", "not reached", "absent"
TOO_FEW = "too few snapshots"
AS_STATED = "stated"  # name of the rule that finds phases; its variants have other names
OWN, MEDIAN, MEAN = "each seed", "median", "mean curve"  # what a row of events is about


@dataclass(frozen=True)
class Levels:
    """Accuracies by which a run is judged, as options of a study."""

    memorised: float = 0.98  # train accuracy must be above it (emergence paper)
    generalised: float = 0.98  # test accuracy must be above it (emergence paper)
    fitted: float = 0.98  # train accuracy must be at or above it (two-phase paper)


PUBLISHED = Levels()


def generalised_above(study: dict) -> str:
    """Return the test accuracy above which the runs of a study generalise, as a figure's caption says it."""
    levels = study.get("levels", {})
    return f"above {levels['generalised']:g}" if levels else "above the level of its study"


def first_above(curves: pd.DataFrame, metric: str, level: float = PUBLISHED.generalised) -> int | None:
    """Return the first step at which a metric is above the level, or None.

    curves: tidy rows of one run and seed.
    """
    return first_step_above(curves[curves["metric"] == metric].set_index("step")["value"], level)


def first_step_above(curve: pd.Series, level: float = PUBLISHED.generalised) -> int | None:
    """Return the first step (the index) at which a curve is above the level, or None."""
    steps = curve.index[curve > level]
    return int(steps.min()) if len(steps) else None


def over_seeds(events: pd.DataFrame) -> dict:
    """Return one row for one event over all seeds: the medians of `step` and, if events have it, of `value`.

    The event is found if at least half of the seeds have it, and the median is a step. A seed that does not
    reach it counts as infinitely late; a seed in which it is absent is left out. If the event is not found,
    its status is the most common one of the seeds without it. `low` and `high` are the interval of the
    median step, for two seeds or more (`intervals`: of up to eight seeds, their range); `high` may be
    infinite.
    """
    found, never = (events[events["status"] == status] for status in (FOUND, NOT_REACHED))
    row = {"seed": pd.NA, "event": events["event"].iloc[0], "n_found": len(found), "n_seeds": len(events)}
    step, *interval = median_interval([*found["step"], *[np.inf] * len(never)])
    if 2 * len(found) < len(events) or np.isinf(step):
        return row | {"status": events["status"][events["status"] != FOUND].mode()[0]}
    low, high = interval if len(found) + len(never) > 1 else (np.nan, np.nan)
    row |= {"status": FOUND, "step": step, "low": low, "high": high}
    return row | ({"value": found["value"].median()} if "value" in found else {})
