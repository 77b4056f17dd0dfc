"""The quantities of claims, each computed from the tables of a finished study.

A function returns one value for each seed: a Series by seed, in which NaN says that the seed does not have
the quantity, and infinity that a step is never reached. `phases_found` and `early_peak_auc` return a value
with its own interval. Yes is 1, no is 0. The claims (docs/claims/*.yaml) name these functions and their
options.

The phases are those of the mean curve, as the emergence paper draws them; what is measured in them is each
seed's own. Synergy (-min Omega) and redundancy are in bits, smoothed as for the phases. A part of the range
is a part of max - min of the seed's own curve, from the step on at which phases are looked for. This is the
height of the paper's axes, which go from 0 to 1. It is NaN where nothing varies.
"""

from collections.abc import Callable
from functools import lru_cache

import numpy as np
import pandas as pd

from grokking_phases.analysis import time_scales
from grokking_phases.analysis.events import FOUND, PUBLISHED, TOO_FEW, first_step_above
from grokking_phases.analysis.noise import clear_peaks
from grokking_phases.analysis.phases import STATED
from grokking_phases.analysis.smoothing import no_finer_than_spacing, smoothed
from grokking_phases.analysis.study_tables import NotMeasured, StudyTables
from grokking_phases.analysis.verdicts import Measured
from grokking_phases.storage.tables import read_table

START_UP = 15  # steps, in which every run shows the synergy of random features
Network = str | None


# Curves


def first_step(
    tables: StudyTables, *, run: str, accuracy: str, level: float, network: Network = None
) -> pd.Series:
    """Return the first step with an accuracy above a level."""
    return _by_seed(
        tables.curve(run, accuracy, network), lambda curve: _never(first_step_above(curve, level))
    )


def generalised(tables: StudyTables, *, run: str, network: Network = None) -> pd.Series:
    """Return the first step with test accuracy above 0.98."""
    return first_step(tables, run=run, accuracy="test_accuracy", level=PUBLISHED.generalised, network=network)


def memorised(tables: StudyTables, *, run: str) -> pd.Series:
    """Return the first step with train accuracy above 0.98."""
    return first_step(tables, run=run, accuracy="train_accuracy", level=PUBLISHED.memorised)


def generalises(tables: StudyTables, *, run: str) -> pd.Series:
    """Return whether the test accuracy is ever above 0.98."""
    return np.isfinite(generalised(tables, run=run)).astype(float)


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
    return _by_seed(tables.curve(run, metric, network), lambda curve: curve.iloc[-1])


def value_at(tables: StudyTables, *, run: str, metric: str, step: int) -> pd.Series:
    """Return the value of a metric of the curves at a step, between the two evaluations beside it."""
    return _by_seed(
        tables.curve(run, metric),
        lambda curve: np.interp(step, curve.index, curve, left=np.nan, right=np.nan),
    )


# Phases of the emergence paper


def phases_found(tables: StudyTables, *, run: str, phases: list[str]) -> Measured:
    """Return whether the mean curve has all these phases, with its 95 % interval over resampled seeds.

    The interval is that of the phase which the fewest resamples have.
    """
    events = tables.mean_phases(run).loc[[f"{phase}.start" for phase in phases]]
    found, n_seeds = (events["status"] == FOUND).all(), int(events["n_seeds"].max())
    if (events["status"] == TOO_FEW).any():
        return Measured(np.nan, np.nan, np.nan, 0, n_seeds)
    share = events["share"].min()  # NaN of one seed
    return Measured(float(found), float(share > 0.975), float(not share <= 0.025), n_seeds, n_seeds)


def level_in_phase(tables: StudyTables, *, run: str, phase: str, measure: str) -> pd.Series:
    """Return the mean of a measure over a phase, from 0 (its lowest) to 1 (its highest) of its range."""
    start, end = _edges(tables, run, phase)
    return _by_seed(
        _looked_at(tables, run, measure),
        lambda curve: (_part(curve, start, end).mean() - curve.min()) / _range(curve),
    )


def change_in_phase(tables: StudyTables, *, run: str, phase: str, measure: str) -> pd.Series:
    """Return how much a measure rises from the start to the end of a phase, as a part of its range."""
    start, end = _edges(tables, run, phase)
    return _by_seed(
        _looked_at(tables, run, measure),
        lambda curve: (_at(curve, end) - _at(curve, start)) / _range(curve),
    )


def value_at_end(tables: StudyTables, *, run: str, phase: str, measure: str) -> pd.Series:
    """Return a measure at the end of a phase, in bits or units."""
    _, end = _edges(tables, run, phase)
    return _by_seed(_looked_at(tables, run, measure), lambda curve: _at(curve, end))


def loss_peaks_in_phase(tables: StudyTables, *, run: str, phase: str, highest: bool = True) -> pd.Series:
    """Return whether the test loss has its highest value, or else any clear peak, within a phase.

    It is read at the steps of the snapshots. A peak is clear if it stands out of noise, however low it is.
    """
    start, end = _edges(tables, run, phase)
    steps = tables.o_information(run)["step"].unique()
    loss = tables.curve(run, "test_loss")
    loss = loss[loss.index.isin(steps) & (loss.index >= STATED.first_step)]

    def within(curve: pd.Series) -> float:
        peaks = [curve.idxmax()] if highest else _clear_peaks(curve, prominence=0)
        return float(any(start <= peak <= end for peak in peaks)) if start == start else np.nan

    return _by_seed(loss, within)


def peak_before_generalising(tables: StudyTables, *, run: str) -> pd.Series:
    """Return whether synergy has a clear peak before the network generalises; NaN if it never does."""
    ends, synergy = generalised(tables, run=run), _raw_synergy(tables, run)
    return _by_seed(
        synergy,
        lambda curve: (
            float(any(peak < ends[curve.name] for peak in _clear_peaks(curve, STATED.prominence)))
            if np.isfinite(ends[curve.name])
            else np.nan
        ),
    )


def largest_before_generalising(tables: StudyTables, *, run: str) -> pd.Series:
    """Return the largest synergy in bits from where phases are looked for to generalising, or the end."""
    ends = generalised(tables, run=run)
    return _by_seed(_looked_at(tables, run, "synergy"), lambda curve: _part(curve, 0, ends[curve.name]).max())


def largest_synergy(tables: StudyTables, *, run: str) -> pd.Series:
    """Return the largest synergy in bits after the start-up."""
    return _by_seed(tables.course(run, "synergy").loc[START_UP + 1 :], lambda curve: curve.max())


def lag_of_synergy(tables: StudyTables, *, run: str) -> pd.Series:
    """Return log10 of how much later half of the rise of synergy is done than half of the drop of redundancy.

    Both are looked at from the first step to the end of Emergence, where synergy rises from its lowest value
    and redundancy drops from its highest.
    """
    _, end = _edges(tables, run, "emergence")
    synergy, redundancy = (_looked_at(tables, run, measure) for measure in ("synergy", "redundancy"))
    half_risen, half_dropped = (
        _by_seed(wide[wide.index <= end], _half_risen) for wide in (synergy, -redundancy)
    )
    return np.log10(half_risen / half_dropped)


def change_after_convergence(tables: StudyTables, *, run: str, measure: str) -> pd.Series:
    """Return the largest less the least value of a measure after the test loss has settled, in its range.

    It has settled after generalising, from the step on at which it stays within 5 % of its range from its
    last value (`time_scales.settling`).
    """
    ends = generalised(tables, run=run)

    def change(curve: pd.Series) -> float:
        return curve.max() - curve.min()

    settled = _by_seed(
        tables.curve(run, "test_loss"),
        lambda loss: _missing(time_scales.settling(loss, after=ends[loss.name])),
    )
    return _by_seed(
        _looked_at(tables, run, measure),
        lambda curve: change(_part(curve, settled[curve.name], np.inf)) / _range(curve),
    )


def recovery(tables: StudyTables, *, run: str) -> pd.Series:
    """Return how far synergy rises again after its lowest value, as a part of its fall to it."""

    def regained(curve: pd.Series) -> float:
        low = curve.idxmin()
        fall = curve.loc[:low].max() - curve[low]
        return (curve.loc[low:].max() - curve[low]) / fall if fall > 0 else np.nan

    return _by_seed(tables.course(run, "synergy"), regained)


def half_fallen(tables: StudyTables, *, run: str) -> pd.Series:
    """Return the step at which half of the fall of synergy from its first values to its lowest is done."""

    def half(curve: pd.Series) -> float:
        fall = curve.loc[: curve.idxmin()]
        fall = fall.loc[fall.idxmax() :]
        return float(fall.index[fall <= (fall.iloc[0] + fall.iloc[-1]) / 2][0])

    return _by_seed(tables.course(run, "synergy"), half)


# Prediction and sub-networks of the emergence paper


def early_peak_auc(tables: StudyTables, *, predictor: str = "synergy_peak", subset: str = "all") -> Measured:
    """Return the AUC of a predictor, with its interval over resampled settings; `n_seeds` counts networks."""
    path = tables.results / "prediction/tables/prediction.parquet"
    if tables.suffix or tables.order or not path.exists():
        raise NotMeasured(path)
    rows = read_table(path)
    rows = rows[(rows["kind"] == "summary") & (rows["estimate"] == tables.source)]
    rows = rows[(rows["predictor"] == predictor) & (rows["subset"] == subset)]
    if rows.empty:
        raise NotMeasured(f"{predictor} in {tables.source}")
    row = rows.iloc[0]
    return Measured(row["auc"], row["auc_low"], row["auc_high"], int(row["n"]), int(row["n"]))


def step_among_random(tables: StudyTables, *, run: str, network: str, draws: int) -> pd.Series:
    """Return the step of generalising of a sub-network over the median of random sets, of the same seed.

    NaN: neither generalises, which says nothing about their difference.
    """
    own = generalised(tables, run=run, network=network)
    return own / _median_of_random(generalised, tables, network, draws, run=run)


def accuracy_among_random(tables: StudyTables, *, run: str, network: str, draws: int) -> pd.Series:
    """Return the last test accuracy of a sub-network less the median of random sets, of the same seed."""
    options = {"run": run, "metric": "test_accuracy"}
    return final(tables, network=network, **options) - _median_of_random(
        final, tables, network, draws, **options
    )


# Two-phase paper


def time_scale(
    tables: StudyTables, *, run: str, event: str, metric: str | None = None, layer: str | None = None
) -> pd.Series:
    """Return the step of a time scale (`time_scales`), of the curves or of a metric in one layer.

    It is NaN where the time scale is not found, an accuracy that is not reached within the run included.
    """
    if metric is None:
        return _by_seed(*_of_curves(tables, run, event))
    found = _time_scales(tables, run, metric, layer)
    return pd.Series({seed: _missing(found.get(seed, {}).get(event)) for seed in tables.seeds(run)})


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
    return _part_of_ceiling(
        tables, run, metric, variable, layer, lambda curve: _at(curve, fit[curve.name]) - curve.iloc[0]
    )


def change_after_turn(
    tables: StudyTables, *, run: str, metric: str, variable: str, layer: str | None = None
) -> pd.Series:
    """Return how much information changes from the turn of I(T;X) to the end, as a part of its ceiling."""
    turn = time_scale(tables, run=run, event="compress", metric=metric, layer=layer)
    return _part_of_ceiling(
        tables, run, metric, variable, layer, lambda curve: curve.iloc[-1] - _at(curve, turn[curve.name])
    )


def compression_over_fitting(tables: StudyTables, *, run: str, metric: str) -> pd.Series:
    """Return the steps from the turn of I(T;X) until it stays, over those before the turn."""
    turn, fixed = (time_scale(tables, run=run, event=event, metric=metric) for event in ("compress", "fixed"))
    return (fixed - turn) / turn


def length_of_compression(tables: StudyTables, *, run: str, metric: str) -> pd.Series:
    """Return the steps from the turn of I(T;X) until it stays, over the steps to the turn."""
    turn, fixed = (time_scale(tables, run=run, event=event, metric=metric) for event in ("compress", "fixed"))
    return fixed / turn


def rank_correlation_after_fit(tables: StudyTables, *, run: str, metric: str) -> pd.Series:
    """Return Spearman's correlation of I(T;X) in the last layer with test accuracy, after fitting."""
    fit, accuracy = time_scale(tables, run=run, event="fit"), tables.curve(run, "test_accuracy")

    def correlation(curve: pd.Series) -> float:
        later, evaluated = _part(curve, fit[curve.name], np.inf), accuracy[curve.name].dropna()
        at_same = pd.Series(np.interp(later.index, evaluated.index, evaluated), later.index)
        return later.corr(at_same, method="spearman") if len(later) > 2 else np.nan

    return _by_seed(tables.information(run, metric, "information_x"), correlation)


def after_fit(
    tables: StudyTables,
    *,
    run: str,
    metric: str,
    name: str,
    over: str | None = None,
    layer: str | None = None,
) -> pd.Series:
    """Return the last value of a measure over its value when the network has fitted.

    over: another measure of the same table, by which both values are divided first.
    """
    fit, wide = time_scale(tables, run=run, event="fit"), _ratio(tables, run, metric, name, over, layer)
    return _by_seed(wide, lambda curve: curve.iloc[-1] / _at(curve, fit[curve.name]))


def at_fit(
    tables: StudyTables,
    *,
    run: str,
    metric: str,
    name: str,
    over: str | None = None,
    layer: str | None = None,
) -> pd.Series:
    """Return a measure (divided by another one of the same table) when the network has fitted."""
    fit, wide = time_scale(tables, run=run, event="fit"), _ratio(tables, run, metric, name, over, layer)
    return _by_seed(wide, lambda curve: _at(curve, fit[curve.name]))


def share_of_vanished(tables: StudyTables, *, run: str, mechanism: str) -> pd.Series:
    """Return the part of all regions that vanished after fitting which one mechanism removed, all layers."""
    fit, parts = time_scale(tables, run=run, event="fit"), {}
    rows = tables.of_run(run, "linear_regions")
    for name in ("alignment", "disappearance", "merging"):
        own = rows[rows["metric"] == name]
        later = own[own["step"] > own["seed"].map(fit)]
        parts[name] = later.groupby("seed")["value"].sum().reindex(fit.index)
    return parts[mechanism] / sum(parts.values()).replace(0, np.nan)


# Parts


def _by_seed(wide: pd.DataFrame, measure: Callable[[pd.Series], float]) -> pd.Series:
    """Return the measure of each seed's curve (its column, without NaN); NaN for a seed without one."""
    curves = {seed: wide[seed].dropna().rename(seed) for seed in wide}
    return pd.Series(
        {seed: measure(curve) if len(curve) else np.nan for seed, curve in curves.items()}, dtype=float
    )


def _never(step: int | None) -> float:
    """Return a step, or infinity without one."""
    return np.inf if step is None else float(step)


def _missing(step: int | None) -> float:
    """Return a step, or NaN without one."""
    return np.nan if step is None else float(step)


def _looked_at(tables: StudyTables, run: str, measure: str) -> pd.DataFrame:
    """Return step x seed of a smoothed measure, from the step on at which phases are looked for."""
    return tables.course(run, measure).loc[STATED.first_step :]


def _range(curve: pd.Series) -> float:
    """Return max - min; NaN if nothing varies, and for no values."""
    return (curve.max() - curve.min()) or np.nan


def _at(curve: pd.Series, step: float) -> float:
    """Return the last value up to a step; NaN if there is none, or no such step."""
    values = curve[curve.index <= step]
    return values.iloc[-1] if len(values) else np.nan


def _part(curve: pd.Series, start: float, end: float) -> pd.Series:
    """Return the values from one step to another; none if a step is NaN."""
    return curve[(curve.index >= start) & (curve.index <= end)]


def _edges(tables: StudyTables, run: str, phase: str) -> tuple[float, float]:
    """Return the first and the last step of a phase of the mean curve; NaN, NaN if it has no such phase.

    A phase whose end is not reached lasts to the end.
    """
    steps = tables.mean_phases(run)["step"]
    start, end = steps[f"{phase}.start"], steps[f"{phase}.end"]
    return start, np.inf if start == start and end != end else end


def _raw_synergy(tables: StudyTables, run: str) -> pd.DataFrame:
    """Return step x seed of synergy in nats, not smoothed, from where phases are looked for."""
    rows = tables.o_information(run)
    wide = rows[rows["metric"] == "synergy"].pivot(index="step", columns="seed", values="value")
    return -wide.loc[STATED.first_step :]


def _clear_peaks(curve: pd.Series, prominence: float) -> list[int]:
    """Return the steps of the peaks of a curve that stand out of noise, as the peaks of phases do."""
    return list(clear_peaks(curve, prominence, STATED.smoothing, STATED.breadth, "white", STATED.noise).index)


def _median_of_random(
    measure: Callable[..., pd.Series], tables: StudyTables, network: str, draws: int, **options: str
) -> pd.Series:
    """Return the median over random sets, random_1, random_2, ..., trained with the mask of a sub-network."""
    mask = network.split(".")[1]
    sets = [measure(tables, network=f"random_{n + 1}.{mask}", **options) for n in range(draws)]
    return pd.concat(sets, axis=1).median(axis=1)


def _half_risen(curve: pd.Series) -> float:
    """Return the first step with half of the rise done, from the lowest value to the highest after it."""
    rise = curve.loc[curve.idxmin() :]
    return float(rise.index[rise >= (rise.iloc[0] + rise.max()) / 2][0])


def _of_curves(
    tables: StudyTables, run: str, event: str
) -> tuple[pd.DataFrame, Callable[[pd.Series], float]]:
    """Return the curves in which a time scale is looked for, and the function that finds it."""
    if event == "peak":
        return tables.curve(run, "test_loss"), lambda loss: _missing(time_scales.second_descent(loss))
    accuracy, level = time_scales.ACCURACIES[event]
    level = PUBLISHED.fitted if level is None else level
    return tables.curve(run, accuracy), lambda curve: _missing(time_scales.reached(curve, level))


@lru_cache(maxsize=256)
def _time_scales(
    tables: StudyTables, run: str, metric: str, layer: str | None
) -> dict[int, dict[str, int | None]]:
    """Return {seed: {time scale: step}} of a metric in one layer (None: its last by name)."""
    rows = tables.of_run(run, metric)
    rows = rows[rows["layer"] == (rows["layer"].dropna().max() if layer is None else layer)]
    if rows.empty:
        raise NotMeasured(f"{layer} of {metric}")
    found = {seed: time_scales.by_layer(own) for seed, own in rows.groupby("seed")}
    return {seed: time_scales.of_measured(next(iter(layers.values()))) for seed, layers in found.items()}


def _part_of_ceiling(
    tables: StudyTables,
    run: str,
    metric: str,
    variable: str,
    layer: str | None,
    change: Callable[[pd.Series], float],
) -> pd.Series:
    """Return a change of the smoothed information_x or information_y, divided by its ceiling."""
    information = tables.information(run, metric, f"information_{variable}", layer)
    ceiling = tables.information(run, metric, f"ceiling_{variable}", layer).iloc[-1]
    width = time_scales.STATED.smoothing
    course = information.apply(lambda curve: smoothed(curve, no_finer_than_spacing(width, curve)))
    return _by_seed(course, change) / ceiling


def _ratio(
    tables: StudyTables, run: str, metric: str, name: str, over: str | None, layer: str | None
) -> pd.DataFrame:
    """Return step x seed of a measure, divided by another one of the same table if `over` names it."""
    wide = tables.information(run, metric, name, layer)
    return wide if over is None else wide / tables.information(run, metric, over, layer)
