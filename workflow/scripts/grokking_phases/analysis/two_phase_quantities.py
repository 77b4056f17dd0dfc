"""Quantities of the two-phase paper's claims: time scales and information (`curve_quantities`).

A time scale is found by the rules of `time_scales`. Where it is not found, also because an accuracy is not
reached within the run, it is missing (NaN): these runs are shorter than the paper's, and an accuracy that is
reached later could be on either side of a margin. A layer that is not named is the last one by name. Where
I(T;X) is at its ceiling at both steps that are compared, the layer tells all samples apart at both, and
nothing is known about the change.
"""

from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache

import numpy as np
import pandas as pd

from grokking_phases.analysis import time_scales
from grokking_phases.analysis.curve_quantities import between, by_seed, step_or_missing, value_up_to
from grokking_phases.analysis.events import PUBLISHED
from grokking_phases.analysis.layers import last_layer
from grokking_phases.analysis.smoothing import no_finer_than_spacing, smoothed
from grokking_phases.analysis.study_tables import NotMeasured, StudyTables

LEAST_RANKED = 8  # snapshots of a rank correlation: chance orders three as wanted in one case of six


def time_scale(
    tables: StudyTables, *, run: str, event: str, metric: str | None = None, layer: str | None = None
) -> pd.Series:
    """Return the step of a time scale (`time_scales`), of the curves, or of a metric in one layer."""
    return _found(tables, run, event, metric, layer, time_scales.STATED)


def has_time_scale(
    tables: StudyTables, *, run: str, event: str, metric: str | None = None, layer: str | None = None
) -> pd.Series:
    """Return whether there is a peak of the test loss (`peak`), or a turn of I(T;X) (`compress`).

    NaN: it is there if noise is assumed to be white, and too few snapshots tell whether it is; or the curve
    is highest at its end, so that it may turn later; or I(T;X) is at its ceiling, which shows no turn.
    """
    there = time_scale(tables, run=run, event=event, metric=metric, layer=layer).notna()
    white = replace(time_scales.STATED, assumed="white")
    unknown = _found(tables, run, event, metric, layer, white).notna()
    loss = event == "peak"
    name = "test_loss" if loss else time_scales.INFORMATION[event]
    curves = tables.curve(run, name) if loss else tables.information(run, metric, name, layer)
    unknown |= by_seed(curves, lambda curve: float(time_scales.is_unfinished(curve, event))) == 1
    if not loss:
        part = curves / tables.information(run, metric, "ceiling_x", layer)
        unknown |= part.max() >= time_scales.SATURATED
    return there.astype(float).where(there | ~unknown)


def plateau(tables: StudyTables, *, run: str, within: float = 0.005) -> pd.Series:
    """Return the step from which test accuracy is as high as it gets, to `within`.

    It is the first of three successive evaluations that are all that near to the highest level which three
    successive ones reach. NaN: this is at the last of them, so that accuracy may still be rising.
    """

    def first(curve: pd.Series) -> float:
        n = time_scales.STATED.successive
        level = curve.rolling(n).min().max()
        step = time_scales.reached(curve, level - within)
        return np.nan if step is None or step >= curve.index[-n] else float(step)

    return by_seed(tables.curve(run, "test_accuracy"), first)


def fixed_over_plateau(tables: StudyTables, *, run: str, metric: str, layer: str | None = None) -> pd.Series:
    """Return the step from which I(T;X) stays over that from which test accuracy is as high as it gets."""
    return time_scale(tables, run=run, event="fixed", metric=metric, layer=layer) / plateau(tables, run=run)


def rise_while_fitting(
    tables: StudyTables, *, run: str, metric: str, variable: str, layer: str | None = None
) -> pd.Series:
    """Return how much information rises from the first step > 0 to fitting, as a part of its ceiling."""
    fit = time_scale(tables, run=run, event="fit")
    return _change(_courses(tables, run, metric, variable, layer), 0 * fit, fit)


def change_after_turn(
    tables: StudyTables, *, run: str, metric: str, variable: str, layer: str | None = None
) -> pd.Series:
    """Return how much information changes from the turn of I(T;X) to the end, as a part of its ceiling."""
    turn = time_scale(tables, run=run, event="compress", metric=metric, layer=layer)
    return _change(_courses(tables, run, metric, variable, layer), turn, 0 * turn + np.inf)


def change_after_fit(
    tables: StudyTables, *, run: str, metric: str, variable: str, layer: str | None = None
) -> pd.Series:
    """Return how much information changes from fitting to the end, as a part of its ceiling."""
    fit = time_scale(tables, run=run, event="fit")
    return _change(_courses(tables, run, metric, variable, layer), fit, 0 * fit + np.inf)


def end_of_compression(tables: StudyTables, *, run: str, metric: str) -> pd.Series:
    """Return the step from which I(T;X) stays, over the step of its turn."""
    turn, fixed = (time_scale(tables, run=run, event=event, metric=metric) for event in ("compress", "fixed"))
    return fixed / turn


def length_of_compression(tables: StudyTables, *, run: str, metric: str) -> pd.Series:
    """Return the number of steps from the turn of I(T;X) until it stays."""
    turn, fixed = (time_scale(tables, run=run, event=event, metric=metric) for event in ("compress", "fixed"))
    return fixed - turn


def rank_correlation_after_fit(tables: StudyTables, *, run: str, metric: str) -> pd.Series:
    """Return Spearman's correlation of I(T;X) in the last layer with test accuracy, after fitting.

    NaN: fewer than `LEAST_RANKED` snapshots, of which chance can put too many in order.
    """
    fit, accuracy = time_scale(tables, run=run, event="fit"), tables.curve(run, "test_accuracy")

    def correlation(curve: pd.Series) -> float:
        later, evaluated = between(curve, fit[curve.name], np.inf), accuracy[curve.name].dropna()
        at_same = pd.Series(np.interp(later.index, evaluated.index, evaluated), later.index)
        return later.corr(at_same, method="spearman") if len(later) >= LEAST_RANKED else np.nan

    return by_seed(tables.information(run, metric, "information_x"), correlation)


def at_fit(tables: StudyTables, *, run: str, metric: str, name: str, layer: str | None = None) -> pd.Series:
    """Return a measure when the network has fitted. `name` is its name, or two names, `a / b`."""
    fit, wide = time_scale(tables, run=run, event="fit"), _measure(tables, run, metric, name, layer)
    return by_seed(wide, lambda curve: value_up_to(curve, fit[curve.name]))


def after_fit(
    tables: StudyTables, *, run: str, metric: str, name: str, layer: str | None = None
) -> pd.Series:
    """Return the last value of a measure over that when the network has fitted; `name` as in `at_fit`."""
    fit, wide = time_scale(tables, run=run, event="fit"), _measure(tables, run, metric, name, layer)
    return by_seed(wide, lambda curve: curve.iloc[-1] / value_up_to(curve, fit[curve.name]))


def lowest_over_generalising(tables: StudyTables, *, run: str, metric: str, name: str) -> pd.Series:
    """Return the step at which a measure is lowest after fitting, over the step of test accuracy 0.98.

    It is NaN unless the measure turns there, clear of noise: one that falls until the end has no minimum.
    """
    fit, generalised = (time_scale(tables, run=run, event=event) for event in ("fit", "gen_0.98"))

    def lowest(curve: pd.Series) -> float:
        later = between(curve, fit[curve.name], np.inf)
        return step_or_missing(time_scales.turning_point(-later)) if len(later) else np.nan

    return by_seed(_measure(tables, run, metric, name, None), lowest) / generalised


def _found(
    tables: StudyTables, run: str, event: str, metric: str | None, layer: str | None, rule: time_scales.Rule
) -> pd.Series:
    """Return the step of a time scale by a rule; NaN without one."""
    if metric is None:
        return by_seed(*_of_curves(tables, run, event, rule))
    found = _time_scales(tables, run, metric, layer, rule)
    return pd.Series({seed: step_or_missing(found.get(seed, {}).get(event)) for seed in tables.seeds(run)})


def _of_curves(
    tables: StudyTables, run: str, event: str, rule: time_scales.Rule
) -> tuple[pd.DataFrame, Callable[[pd.Series], float]]:
    """Return the curves in which a time scale is looked for, and the function that finds it."""
    if event == "peak":
        loss = tables.curve(run, "test_loss")
        return loss, lambda curve: step_or_missing(time_scales.second_descent(curve, rule))
    accuracy, level = time_scales.ACCURACIES[event]
    level = PUBLISHED.fitted if level is None else level
    return tables.curve(run, accuracy), lambda curve: step_or_missing(time_scales.reached(curve, level, rule))


@lru_cache(maxsize=256)
def _time_scales(
    tables: StudyTables, run: str, metric: str, layer: str | None, rule: time_scales.Rule
) -> dict[int, dict[str, int | None]]:
    """Return {seed: {time scale: step}} of a metric in one layer (None: its last by name)."""
    rows = tables.of_run(run, metric)
    rows = rows[rows["layer"] == (last_layer(rows["layer"]) if layer is None else layer)]
    if rows.empty:
        raise NotMeasured(f"{layer} of {metric}")
    found = {seed: time_scales.by_layer(own) for seed, own in rows.groupby("seed")}
    return {
        seed: time_scales.of_measured(next(iter(layers.values())), rule) for seed, layers in found.items()
    }


def _courses(
    tables: StudyTables, run: str, metric: str, variable: str, layer: str | None
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return I(T;X), then the information about a variable, both as parts of their ceilings."""
    of_x, wanted = (_part_of_ceiling(tables, run, metric, name, layer) for name in ("x", variable))
    return of_x, wanted


def _change(courses: tuple[pd.DataFrame, pd.DataFrame], start: pd.Series, end: pd.Series) -> pd.Series:
    """Return the change of information between two steps of each seed, the first one after 0 at the least.

    courses: those of `_courses`. NaN: I(T;X) is at its ceiling at both steps.
    """
    of_x, wanted = courses

    def change(curve: pd.Series) -> float:
        steps = np.maximum(start[curve.name], curve.index[0]), end[curve.name]
        x = of_x[curve.name].dropna()
        if min(value_up_to(x, step) for step in steps) >= time_scales.SATURATED:
            return np.nan
        first, last = (value_up_to(curve, step) for step in steps)
        return last - first

    return by_seed(wanted, change)


def _part_of_ceiling(
    tables: StudyTables, run: str, metric: str, variable: str, layer: str | None
) -> pd.DataFrame:
    """Return step x seed of information_x or information_y, smoothed, as a part of its last ceiling."""
    information = tables.information(run, metric, f"information_{variable}", layer)
    ceiling = tables.information(run, metric, f"ceiling_{variable}", layer).ffill().iloc[-1]
    width = time_scales.STATED.smoothing
    course = information.apply(lambda curve: smoothed(curve, no_finer_than_spacing(width, curve)))
    return course / ceiling


def _measure(tables: StudyTables, run: str, metric: str, name: str, layer: str | None) -> pd.DataFrame:
    """Return step x seed of a measure, or of one divided by another: `a / b`."""
    first, *others = (tables.information(run, metric, each, layer) for each in name.split(" / "))
    return first / others[0] if others else first
