"""Quantities of claims that are computed from the curves of runs and of sub-networks trained alone.

Each function of the modules `*_quantities` computes a quantity from the tables of a finished study. The
claims (docs/claims/*.yaml) name it and its options. It returns one value for each seed: a Series by seed, in
which NaN says that the seed does not have the quantity, and infinity that a step is never reached. Yes is 1,
no is 0.
"""

from collections.abc import Callable

import numpy as np
import pandas as pd

from grokking_phases.analysis.events import PUBLISHED, first_step_above
from grokking_phases.analysis.noise import ROUNDING
from grokking_phases.analysis.study_tables import StudyTables

Network = str | None  # a sub-network and its mask, such as `synergistic.weights`; None: the whole network


def first_step(
    tables: StudyTables, *, run: str, accuracy: str, level: float, network: Network = None
) -> pd.Series:
    """Return the first step with an accuracy above a level."""
    return by_seed(
        tables.curve(run, accuracy, network), lambda curve: step_or_never(first_step_above(curve, level))
    )


def generalised(tables: StudyTables, *, run: str, network: Network = None) -> pd.Series:
    """Return the first step with test accuracy above 0.98."""
    return first_step(tables, run=run, accuracy="test_accuracy", level=PUBLISHED.generalised, network=network)


def memorised(tables: StudyTables, *, run: str) -> pd.Series:
    """Return the first step with train accuracy above 0.98."""
    return first_step(tables, run=run, accuracy="train_accuracy", level=PUBLISHED.memorised)


def generalises(tables: StudyTables, *, run: str) -> pd.Series:
    """Return whether the test accuracy is ever above 0.98; NaN without a curve."""
    step = generalised(tables, run=run)
    return np.isfinite(step).astype(float).where(step.notna())


def gap(tables: StudyTables, *, run: str) -> pd.Series:
    """Return the steps from memorising to generalising; NaN where the network does not memorise."""
    return generalised(tables, run=run) - memorised(tables, run=run).replace(np.inf, np.nan)


def delay(tables: StudyTables, *, run: str) -> pd.Series:
    """Return how many times as many steps generalising takes as memorising."""
    return generalised(tables, run=run) / memorised(tables, run=run).replace(np.inf, np.nan)


def rise(tables: StudyTables, *, run: str, network: Network = None, in_log_step: bool = False) -> pd.Series:
    """Return the steps, or the ratio of steps, in which test accuracy rises from 0.1 to 0.9."""
    start, end = (
        first_step(tables, run=run, accuracy="test_accuracy", level=level, network=network)
        for level in (0.1, 0.9)
    )
    start = start.replace(np.inf, np.nan)
    return np.log(end / start) if in_log_step else end - start


def final(tables: StudyTables, *, run: str, metric: str, network: Network = None) -> pd.Series:
    """Return the last value of a metric of the curves."""
    return by_seed(tables.curve(run, metric, network), lambda curve: curve.iloc[-1])


def value_at(tables: StudyTables, *, run: str, metric: str, step: int) -> pd.Series:
    """Return the value of a metric of the curves at a step, between the two evaluations beside it."""
    return by_seed(
        tables.curve(run, metric),
        lambda curve: np.interp(step, curve.index, curve, left=np.nan, right=np.nan),
    )


def by_seed(wide: pd.DataFrame, measure: Callable[[pd.Series], float]) -> pd.Series:
    """Return the measure of each seed's curve (its column, without NaN); NaN for a seed without one."""
    curves = {seed: wide[seed].dropna() for seed in wide}
    return pd.Series(
        {seed: measure(curve) if len(curve) else np.nan for seed, curve in curves.items()}, dtype=float
    )


def step_or_never(step: int | None) -> float:
    """Return a step, or infinity without one."""
    return np.inf if step is None else float(step)


def step_or_missing(step: int | None) -> float:
    """Return a step, or NaN without one."""
    return np.nan if step is None else float(step)


def value_up_to(curve: pd.Series, step: float) -> float:
    """Return the last value up to a step; NaN if there is none, or no such step."""
    values = curve[curve.index <= step]
    return values.iloc[-1] if len(values) else np.nan


def between(curve: pd.Series, start: float, end: float) -> pd.Series:
    """Return the values from one step to another; none if a step is NaN."""
    return curve[(curve.index >= start) & (curve.index <= end)]


def value_range(curve: pd.Series) -> float:
    """Return max - min; NaN if nothing varies but by rounding, and for no values."""
    spread = curve.max() - curve.min()
    return spread if spread > ROUNDING * curve.abs().max() else np.nan
