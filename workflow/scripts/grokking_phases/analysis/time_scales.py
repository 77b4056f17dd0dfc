"""Time scales whose alignment the two-phase paper claims (section 3.2), each found by a stated rule.

    fit       first of `successive` evaluations that all have the train accuracy `fitted` (0.98) or more
    gen_0.9   first of `successive` evaluations that all have a test accuracy of 0.9 or more
    gen_0.98  first of `successive` evaluations that all have a test accuracy of 0.98 or more
    peak      highest peak of the test loss after its first minimum: the top of double descent
    compress  step at which I(T;X) is largest, and from which it is compressed
    fixed     first step after `compress` from which on I(T;X) stays within `settled` of its range from its
              last value
    lmn       step at which the linear mapping number is largest
    lc        step at which the local complexity is largest

Curves are smoothed in ln step (`smoothing`), without step 0. The largest value of a curve counts only if it
is a turning point: it is at neither end, stands out by `prominence` of the curve's range, and stands out of
the curve's own noise (`noise`), so that noise has one in 5 % of draws at most. I(T;X) must also be below
`saturated` of its ceiling, because nearer to it, it says nothing about the layer. For the test loss, the
highest peak that stands out counts, even if it is not the largest value. Its first minimum may be a wiggle in
a plateau, from which it falls much further.

An accuracy that is never met is "not reached", and so is a turn of a curve that is highest at its last step,
and `fixed` where I(T;X) turns and has not settled. Any other time scale that is not found is "absent"; or
"too few snapshots", if it stands out of white noise, and more snapshots would tell whether the noise is
white. No number takes their place.
"""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from scipy.signal import find_peaks

from grokking_phases.analysis.events import (
    ABSENT,
    FOUND,
    NOT_REACHED,
    PUBLISHED,
    TOO_FEW,
    Levels,
    over_seeds,
)
from grokking_phases.analysis.layers import last_layer
from grokking_phases.analysis.noise import ROUNDING, Assumed, clear_peaks
from grokking_phases.analysis.smoothing import defined, no_finer_than_spacing, smoothed

SATURATED = 0.98  # of its ceiling: information above it says nothing about the layer
ACCURACIES = {
    "fit": ("train_accuracy", None),  # the level of the study
    "gen_0.9": ("test_accuracy", 0.9),
    "gen_0.98": ("test_accuracy", 0.98),
}
LARGEST = {"lmn": "linear_mapping_number", "lc": "local_complexity_train"}
INFORMATION = {"compress": "information_x", "compress_tripled": "information_x_tripled"}
COLUMNS = ["run", "seed", "source", "layer", "event", "status", "step", "low", "high", "n_found", "n_seeds"]
SCALES = ["fit", "peak", "compress", "fixed", *list(ACCURACIES)[1:], "lmn", "lc"]


@dataclass(frozen=True)
class Rule:
    """Constants of the rules."""

    successive: int = 3  # evaluations; fewer are met by chance while an accuracy fluctuates
    smoothing: float = 0.15  # standard deviation in ln step, as in `phases`; at least the median spacing
    # Standard deviation in ln step under which a peak must stand out of noise. Under 0.7, a bump of four
    # times white noise's scatter is seen in 95 % of draws at 24 snapshots; under 0.4, in 93 %.
    breadth: float = 0.7
    prominence: float = 0.05  # of the curve's range
    settled: float = 0.05  # of the curve's range
    saturated: float = SATURATED
    assumed: Assumed = "autocorrelated"  # noise, where snapshots are too few to tell


STATED = Rule()


def of_curves(curves: pd.DataFrame, rule: Rule = STATED, levels: Levels = PUBLISHED) -> dict[str, int | None]:
    """Return {time scale: step, or None without one} of one seed's curves.

    curves: step x metric, with train_accuracy, test_accuracy and test_loss.
    """
    met = {
        name: reached(curves[metric], levels.fitted if level is None else level, rule)
        for name, (metric, level) in ACCURACIES.items()
    }
    return met | {"peak": second_descent(curves["test_loss"], rule)}


def of_measured(series: dict[str, pd.Series], rule: Rule = STATED) -> dict[str, int | None]:
    """Return {time scale: step, or None without one} of what one metric measured for one seed.

    series: {name: values by step}; `ceiling_x` stands beside `information_x`.
    """
    found = {
        name: turning_point(series[metric], rule) for name, metric in LARGEST.items() if metric in series
    }
    for name, metric in INFORMATION.items():
        if metric in series:
            found[name] = compression(series[metric], series["ceiling_x"], rule)
    if "compress" in found:
        found["fixed"] = settling(series["information_x"], found["compress"], rule)
    return found


def compression(information: pd.Series, ceiling: pd.Series, rule: Rule = STATED) -> int | None:
    """Return the step at which I(T;X) turns, or None: no turning point, or one too near its ceiling.

    Its share of the ceiling there is the median of the snapshots within the width of the smoothing, so that
    one that happens to lie lower makes no turn.
    """
    step = turning_point(information, rule)
    if step is None:
        return None
    known = defined(information)
    near = known.index[np.abs(np.log(known.index / step)) <= no_finer_than_spacing(rule.smoothing, known)]
    return step if (known[near] / ceiling.reindex(near)).median() < rule.saturated else None


def find(
    curves: pd.DataFrame,
    measured: dict[str, pd.DataFrame],
    rule: Rule = STATED,
    levels: Levels = PUBLISHED,
) -> pd.DataFrame:
    """Return a row (`COLUMNS`) for each time scale of each seed, then for each over seeds (seed null).

    curves, measured[source]: tidy rows of one run. Each source of I(T;X), and each of its layers, has events
        of its own. `compress_tripled` is one of them if the layer times three was measured. The events of the
        curves have no layer.
    status: found, absent, not reached or too few snapshots. step, low, high: as in `phases`.
    """
    rows = []
    for seed, evaluated in curves.groupby("seed"):
        own = {source: by_layer(table[table["seed"] == seed]) for source, table in measured.items()}
        found = of_seed(by_step(evaluated), own, rule, levels)
        in_white = of_seed(by_step(evaluated), own, replace(rule, assumed="white"), levels)
        later = unfinished(by_step(evaluated), own, found, rule)
        for (source, layer, event), step in found.items():
            key = source, layer, event
            status, at = outcome(step, in_white[key], key in later)
            row = {"seed": seed, "source": source, "layer": layer, "event": event, "n_seeds": 1}
            rows.append(row | {"status": status, "step": at})
    table = pd.DataFrame(rows).assign(n_found=lambda rows: rows["step"].notna().astype(int))
    over = [
        over_seeds(events) | {"source": source, "layer": layer}
        for (source, layer, _), events in table.groupby(
            ["source", "layer", "event"], sort=False, dropna=False
        )
    ]
    table = pd.concat([table, pd.DataFrame(over)], ignore_index=True).assign(run=curves["run"].iloc[0])
    return table.reindex(columns=COLUMNS).astype(
        {"seed": "Int64", "step": float, "low": float, "high": float}
    )


def of_seed(
    curves: pd.DataFrame, measured: dict[str, dict[str, dict[str, pd.Series]]], rule: Rule, levels: Levels
) -> dict[tuple, int | None]:
    """Return {(source, layer, time scale): step, or None without one} of one seed.

    curves: step x metric. measured: {source: {layer: {metric: values by step}}}.
    """
    found = {(None, None, event): step for event, step in of_curves(curves, rule, levels).items()}
    for source, layers in measured.items():
        for layer, series in layers.items():
            found |= {(source, layer, event): step for event, step in of_measured(series, rule).items()}
    return found


def by_step(curves: pd.DataFrame) -> pd.DataFrame:
    """Return the curves of one seed as a table, step x metric."""
    return curves.pivot(index="step", columns="metric", values="value")


def by_layer(rows: pd.DataFrame) -> dict[str, dict[str, pd.Series]]:
    """Return {layer: {metric: values by step}}, with the layers in the order of the rows."""
    return {
        layer: {metric: own.set_index("step")["value"] for metric, own in of_layer.groupby("metric")}
        for layer, of_layer in rows.groupby("layer", sort=False, dropna=False)
    }


def in_last_layer(events: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of `find` that figures draw: those without a layer or of each source's last layer.

    The last layer is the last one by name.
    """
    last = events.groupby(["run", "source"], dropna=False)["layer"].transform(last_layer)
    return events[events["layer"].isna() | (events["layer"] == last)]


def unfinished(
    curves: pd.DataFrame,
    measured: dict[str, dict[str, dict[str, pd.Series]]],
    found: dict[tuple, int | None],
    rule: Rule,
) -> set[tuple]:
    """Return the (source, layer, time scale) that one seed can only have after its last step.

    found: those of `of_seed`, from the same curves.
    """
    later = {(None, None, name) for name in ACCURACIES}
    if is_unfinished(curves["test_loss"], "peak", rule):
        later.add((None, None, "peak"))
    for source, layers in measured.items():
        for layer, series in layers.items():
            for event, metric in {**LARGEST, **INFORMATION}.items():
                if metric not in series or not is_unfinished(series[metric], event, rule):
                    continue
                values = defined(series[metric])
                ceiling = series["ceiling_x"].reindex(values.index) if event in INFORMATION else np.inf
                if (values < rule.saturated * ceiling).all():
                    later.add((source, layer, event))
            turns = (source, layer, "compress")
            if turns in later or found.get(turns) is not None:
                later.add((source, layer, "fixed"))
    return later


def outcome(step: int | None, in_white_noise: int | None, later: bool) -> tuple[str, float]:
    """Return the status of a time scale, and its step as a float; NaN if there is none.

    in_white_noise: the step, or None, if the noise of the curve is assumed to be white.
    later: whether it can only be after the last step.
    """
    if step is not None:
        return FOUND, float(step)
    if in_white_noise is not None:
        return TOO_FEW, np.nan
    return (NOT_REACHED if later else ABSENT), np.nan


def reached(accuracy: pd.Series, level: float, rule: Rule = STATED) -> int | None:
    """Return the first step of `successive` evaluations that are all at the level or above, or None."""
    accuracy = accuracy.dropna().sort_index()
    all_above = accuracy.rolling(rule.successive).min().shift(1 - rule.successive) >= level
    return int(accuracy.index[all_above][0]) if all_above.any() else None


def turning_point(curve: pd.Series, rule: Rule = STATED) -> int | None:
    """Return the step at which the smoothed curve is largest, or None if that is not a clear peak."""
    peaks = clear_peaks(curve, rule.prominence, rule.smoothing, rule.breadth, rule.assumed)
    highest = smoothed(curve, no_finer_than_spacing(rule.smoothing, curve)).max()
    return int(peaks.idxmax()) if len(peaks) and peaks.max() == highest else None


def second_descent(loss: pd.Series, rule: Rule = STATED) -> int | None:
    """Return the step of the highest clear peak of the smoothed loss after its first minimum, or None."""
    peaks = clear_peaks(loss, rule.prominence, rule.smoothing, rule.breadth, rule.assumed)
    course = smoothed(loss, no_finer_than_spacing(rule.smoothing, loss))
    minima = course.index[find_peaks(-course.to_numpy())[0]]
    peaks = peaks[peaks.index > minima[0]] if len(minima) else peaks.iloc[:0]
    return int(peaks.idxmax()) if len(peaks) else None


def is_unfinished(curve: pd.Series, event: str, rule: Rule = STATED) -> bool:
    """Return whether the smoothed curve is highest at its last step, so that it may turn later.

    Of the test loss (`peak`), only what follows its first minimum counts.
    """
    course = smoothed(curve, no_finer_than_spacing(rule.smoothing, curve))
    if event == "peak":
        course = course.iloc[next(iter(find_peaks(-course.to_numpy())[0]), 0) :]
    if course.empty or np.ptp(course) <= ROUNDING * np.abs(course).max():
        return False  # a constant is highest nowhere
    return course.idxmax() == course.index[-1]


def settling(curve: pd.Series, after: int | None, rule: Rule = STATED) -> int | None:
    """Return the first step from which on the smoothed curve stays near its last value, or None.

    The step is later than `after`, and before the last one.
    """
    if after is None:
        return None
    curve = smoothed(curve, no_finer_than_spacing(rule.smoothing, curve))
    if curve.empty:
        return None
    far = (curve - curve.iloc[-1]).abs() > rule.settled * np.ptp(curve)
    near = curve.index[(~far[::-1]).cummin()[::-1] & (curve.index > after)]
    return int(near[0]) if len(near) > 1 else None
