"""Quantities of the two-phase paper's claims: time scales, information, linear regions (`curve_quantities`).

A time scale is found by the rules of `time_scales`. Where it is not found, also because an accuracy is not
reached within the run, it is missing (NaN). A layer that is not named is the last one by name.
"""

from collections.abc import Callable
from functools import lru_cache

import numpy as np
import pandas as pd

from grokking_phases.analysis import time_scales
from grokking_phases.analysis.curve_quantities import between, by_seed, step_or_missing, value_up_to
from grokking_phases.analysis.events import PUBLISHED
from grokking_phases.analysis.layers import last_layer
from grokking_phases.analysis.smoothing import no_finer_than_spacing, smoothed
from grokking_phases.analysis.study_tables import NotMeasured, StudyTables


def time_scale(
    tables: StudyTables, *, run: str, event: str, metric: str | None = None, layer: str | None = None
) -> pd.Series:
    """Return the step of a time scale (`time_scales`), of the curves, or of a metric in one layer."""
    if metric is None:
        return by_seed(*_of_curves(tables, run, event))
    found = _time_scales(tables, run, metric, layer)
    return pd.Series({seed: step_or_missing(found.get(seed, {}).get(event)) for seed in tables.seeds(run)})


def has_time_scale(
    tables: StudyTables, *, run: str, event: str, metric: str | None = None, layer: str | None = None
) -> pd.Series:
    """Return whether there is such a time scale; NaN where I(T;X) is at its ceiling, which shows no turn."""
    there = time_scale(tables, run=run, event=event, metric=metric, layer=layer).notna().astype(float)
    name = time_scales.INFORMATION.get(event)
    if name is None:
        return there
    information = tables.information(run, metric, name, layer)
    part = information / tables.information(run, metric, "ceiling_x", layer)
    return there.where((part.max() < time_scales.SATURATED) | (there == 1))


def rise_while_fitting(
    tables: StudyTables, *, run: str, metric: str, variable: str, layer: str | None = None
) -> pd.Series:
    """Return how much information rises from the first step > 0 to fitting, as a part of its ceiling."""
    fit = time_scale(tables, run=run, event="fit")
    course = _part_of_ceiling(tables, run, metric, variable, layer)
    return by_seed(course, lambda curve: value_up_to(curve, fit[curve.name]) - curve.iloc[0])


def change_after_turn(
    tables: StudyTables, *, run: str, metric: str, variable: str, layer: str | None = None
) -> pd.Series:
    """Return how much information changes from the turn of I(T;X) to the end, as a part of its ceiling."""
    turn = time_scale(tables, run=run, event="compress", metric=metric, layer=layer)
    course = _part_of_ceiling(tables, run, metric, variable, layer)
    return by_seed(course, lambda curve: curve.iloc[-1] - value_up_to(curve, turn[curve.name]))


def length_of_compression(tables: StudyTables, *, run: str, metric: str) -> pd.Series:
    """Return the steps from the turn of I(T;X) until it stays, over the steps to the turn."""
    turn, fixed = (time_scale(tables, run=run, event=event, metric=metric) for event in ("compress", "fixed"))
    return fixed / turn


def rank_correlation_after_fit(tables: StudyTables, *, run: str, metric: str) -> pd.Series:
    """Return Spearman's correlation of I(T;X) in the last layer with test accuracy, after fitting."""
    fit, accuracy = time_scale(tables, run=run, event="fit"), tables.curve(run, "test_accuracy")

    def correlation(curve: pd.Series) -> float:
        later, evaluated = between(curve, fit[curve.name], np.inf), accuracy[curve.name].dropna()
        at_same = pd.Series(np.interp(later.index, evaluated.index, evaluated), later.index)
        return later.corr(at_same, method="spearman") if len(later) > 2 else np.nan

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


def share_of_vanished(tables: StudyTables, *, run: str, mechanism: str) -> pd.Series:
    """Return the part of all regions that vanished after fitting which one mechanism removed, all layers."""
    fit, parts = time_scale(tables, run=run, event="fit"), {}
    rows = tables.of_run(run, "linear_regions")
    for name in ("alignment", "disappearance", "merging"):
        own = rows[rows["metric"] == name]
        later = own[own["step"] > own["seed"].map(fit)]
        parts[name] = later.groupby("seed")["value"].sum().reindex(fit.index)
    return parts[mechanism] / sum(parts.values()).replace(0, np.nan)


def _of_curves(
    tables: StudyTables, run: str, event: str
) -> tuple[pd.DataFrame, Callable[[pd.Series], float]]:
    """Return the curves in which a time scale is looked for, and the function that finds it."""
    if event == "peak":
        return tables.curve(run, "test_loss"), lambda loss: step_or_missing(time_scales.second_descent(loss))
    accuracy, level = time_scales.ACCURACIES[event]
    level = PUBLISHED.fitted if level is None else level
    return tables.curve(run, accuracy), lambda curve: step_or_missing(time_scales.reached(curve, level))


@lru_cache(maxsize=256)
def _time_scales(
    tables: StudyTables, run: str, metric: str, layer: str | None
) -> dict[int, dict[str, int | None]]:
    """Return {seed: {time scale: step}} of a metric in one layer (None: its last by name)."""
    rows = tables.of_run(run, metric)
    rows = rows[rows["layer"] == (last_layer(rows["layer"]) if layer is None else layer)]
    if rows.empty:
        raise NotMeasured(f"{layer} of {metric}")
    found = {seed: time_scales.by_layer(own) for seed, own in rows.groupby("seed")}
    return {seed: time_scales.of_measured(next(iter(layers.values()))) for seed, layers in found.items()}


def _part_of_ceiling(
    tables: StudyTables, run: str, metric: str, variable: str, layer: str | None
) -> pd.DataFrame:
    """Return step x seed of information_x or information_y, smoothed, as a part of its last ceiling."""
    information = tables.information(run, metric, f"information_{variable}", layer)
    ceiling = tables.information(run, metric, f"ceiling_{variable}", layer).iloc[-1]
    width = time_scales.STATED.smoothing
    course = information.apply(lambda curve: smoothed(curve, no_finer_than_spacing(width, curve)))
    return course / ceiling


def _measure(tables: StudyTables, run: str, metric: str, name: str, layer: str | None) -> pd.DataFrame:
    """Return step x seed of a measure, or of one divided by another: `a / b`."""
    first, *others = (tables.information(run, metric, each, layer) for each in name.split(" / "))
    return first / others[0] if others else first
