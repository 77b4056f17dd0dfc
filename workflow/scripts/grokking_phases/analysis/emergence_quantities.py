"""Quantities of the emergence paper's claims: phases, synergy, sub-networks (`curve_quantities`).

The phases are those of the mean curve, as the paper draws them; what is measured in them is each seed's own.
Where too few resampled means have a phase to be sure of it, nothing is measured in it.
Synergy (-min Omega) and redundancy are in bits, smoothed as for the phases. A part of the range is a part of
max - min of the seed's own curve, from the step on at which phases are looked for. This is the height of the
paper's axes, which go from 0 to 1. It is NaN where nothing varies. `phases_found` returns a value with its
own interval.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Literal

import numpy as np
import pandas as pd

from grokking_phases.analysis.curve_quantities import (
    between,
    by_seed,
    final,
    generalised,
    step_or_missing,
    value_range,
    value_up_to,
)
from grokking_phases.analysis.events import FOUND, TOO_FEW
from grokking_phases.analysis.intervals import TAILS
from grokking_phases.analysis.noise import ROUNDING
from grokking_phases.analysis.phases import STATED, peaks_of
from grokking_phases.analysis.study_tables import StudyTables
from grokking_phases.analysis.time_scales import settling
from grokking_phases.analysis.verdicts import Measured

START_UP = 15  # steps, in which every run shows the synergy of random features
CERTAIN = TAILS[1]  # of the resampled means: at fewer, it cannot be told whether there is a phase


def phases_found(tables: StudyTables, *, run: str, phases: list[str], absent: Sequence[str] = ()) -> Measured:
    """Return whether the mean curve has all these phases and none of `absent`, with an interval.

    The interval is [1, 1] where more than `CERTAIN` of the resampled means must have them all and none of the
    others, whatever their overlap: the shares of those that miss one are added up. It is [0, 0] where no more
    than 1 - `CERTAIN` can, and else [0, 1].
    """
    starts = tables.mean_phases(run).loc[[f"{phase}.start" for phase in [*phases, *absent]]]
    wanted = np.array([True] * len(phases) + [False] * len(absent))
    found, n_seeds = ((starts["status"] == FOUND) == wanted).all(), int(starts["n_seeds"].max())
    if (starts["status"] == TOO_FEW).any():
        return Measured(np.nan, np.nan, np.nan, 0, n_seeds)
    missing = np.where(wanted, 1 - starts["share"], starts["share"])  # NaN of one seed
    least, most = 1 - missing.sum(), 1 - missing.max()  # of the resamples that have what is asked
    return Measured(float(found), float(least > CERTAIN), float(not most <= 1 - CERTAIN), n_seeds, n_seeds)


def level_in_phase(tables: StudyTables, *, run: str, phase: str, measure: str) -> pd.Series:
    """Return the mean of a measure over a phase, from 0 (its lowest) to 1 (its highest) of its range."""
    start, end = _edges(tables, run, phase)
    return by_seed(
        _looked_at(tables, run, measure),
        lambda curve: (between(curve, start, end).mean() - curve.min()) / value_range(curve),
    )


def change_in_phase(tables: StudyTables, *, run: str, phase: str, measure: str) -> pd.Series:
    """Return how much a measure rises from the start to the end of a phase, as a part of its range."""
    start, end = _edges(tables, run, phase)
    return by_seed(
        _looked_at(tables, run, measure),
        lambda curve: (value_up_to(curve, end) - value_up_to(curve, start)) / value_range(curve),
    )


def value_at_end(tables: StudyTables, *, run: str, phase: str, measure: str) -> pd.Series:
    """Return a measure at the end of a phase, in bits or units."""
    _, end = _edges(tables, run, phase)
    return by_seed(_looked_at(tables, run, measure), lambda curve: value_up_to(curve, end))


def end_of_emergence(tables: StudyTables, *, run: str) -> pd.Series:
    """Return the step at which each seed's own Emergence ends, or its Delayed Emergence if it has one.

    NaN: the seed has no Emergence.
    """
    events = tables.phases(run).pivot(index="seed", columns="event", values="step")
    last = events["delayed_emergence.end"].fillna(events["emergence.end"])
    return last.reindex(tables.seeds(run))


def loss_peaks_in_phase(
    tables: StudyTables, *, run: str, phase: str, peak: Literal["highest", "any", "lesser"] = "highest"
) -> pd.Series:
    """Return whether the test loss has its highest value, any clear peak, or a lesser one, within a phase.

    It is read at the steps of the snapshots. A peak is clear if it stands out of noise, however low it is. It
    is lesser if it is not the highest of the clear peaks.
    """
    start, end = _edges(tables, run, phase)
    steps = tables.o_information(run)["step"].unique()
    loss = tables.curve(run, "test_loss")
    loss = loss[loss.index.isin(steps) & (loss.index >= STATED.first_step)]

    def within(curve: pd.Series) -> float:
        if np.isnan(start):
            return np.nan
        steps = [curve.idxmax()] if peak == "highest" else _clear_peaks(curve, prominence=0)
        if peak == "lesser":
            steps = sorted(steps, key=lambda step: curve[step])[:-1]
        return float(any(start <= step <= end for step in steps))

    return by_seed(loss, within)


def peak_before_generalising(tables: StudyTables, *, run: str) -> pd.Series:
    """Return whether synergy has a clear peak before the network generalises; NaN if it never does."""
    ends, synergy = generalised(tables, run=run), _raw_synergy(tables, run)
    return by_seed(
        synergy,
        lambda curve: (
            float(any(peak < ends[curve.name] for peak in _clear_peaks(curve, STATED.prominence)))
            if np.isfinite(ends[curve.name])
            else np.nan
        ),
    )


def largest_before_generalising(tables: StudyTables, *, run: str) -> pd.Series:
    """Return the largest synergy in bits after the start-up, until generalising or the last step."""
    ends = generalised(tables, run=run)
    return by_seed(
        _looked_at(tables, run, "synergy"),
        lambda curve: between(curve, START_UP + 1, ends[curve.name]).max(),
    )


def largest_synergy(tables: StudyTables, *, run: str) -> pd.Series:
    """Return the largest synergy in bits after the start-up."""
    return by_seed(tables.course(run, "synergy").loc[START_UP + 1 :], lambda curve: curve.max())


def lag_of_synergy(tables: StudyTables, *, run: str) -> pd.Series:
    """Return log10 of how much later half of the rise of synergy is done than half of the drop of redundancy.

    Both are looked at from the first step to the end of Emergence, where synergy rises from its lowest value
    and redundancy drops from its highest. NaN: synergy does not rise, or redundancy does not drop.
    """
    _, end = _edges(tables, run, "emergence")
    synergy, redundancy = (_looked_at(tables, run, measure) for measure in ("synergy", "redundancy"))
    half_risen, half_dropped = (
        by_seed(wide[wide.index <= end], _half_risen) for wide in (synergy, -redundancy)
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

    settled = by_seed(
        tables.curve(run, "test_loss"),
        lambda loss: step_or_missing(settling(loss, after=ends[loss.name])),
    )
    return by_seed(
        _looked_at(tables, run, measure),
        lambda curve: change(between(curve, settled[curve.name], np.inf)) / value_range(curve),
    )


def recovery(tables: StudyTables, *, run: str) -> pd.Series:
    """Return the largest rise of synergy after a fall, as a part of its largest fall.

    A rise counts from where at least half of the largest fall is done, also if synergy falls again later.
    NaN: it does not fall.
    """

    def regained(curve: pd.Series) -> float:
        fallen, rises = curve.cummax() - curve, curve[::-1].cummax()[::-1] - curve
        if fallen.max() <= ROUNDING * curve.abs().max():
            return np.nan
        return rises[fallen >= fallen.max() / 2].max() / fallen.max()

    return by_seed(tables.course(run, "synergy"), regained)


def half_fallen(tables: StudyTables, *, run: str) -> pd.Series:
    """Return the step at which half of the fall of synergy from its first values to its lowest is done.

    NaN: it does not fall.
    """

    def half(curve: pd.Series) -> float:
        fall = curve.loc[: curve.idxmin()]
        fall = fall.loc[fall.idxmax() :]
        if np.isnan(value_range(fall)):
            return np.nan
        return float(fall.index[fall <= (fall.iloc[0] + fall.iloc[-1]) / 2][0])

    return by_seed(tables.course(run, "synergy"), half)


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


def _looked_at(tables: StudyTables, run: str, measure: str) -> pd.DataFrame:
    """Return step x seed of a measure, from the step on at which phases are looked for, and then smoothed."""
    return tables.course(run, measure, STATED.first_step)


def _edges(tables: StudyTables, run: str, phase: str) -> tuple[float, float]:
    """Return the first and the last step of a phase of the mean curve.

    They are NaN where it has no such phase, or fewer than `CERTAIN` of the resampled means have it. A phase
    whose end is not reached lasts to the end.
    """
    events = tables.mean_phases(run)
    start, end = events.loc[[f"{phase}.start", f"{phase}.end"], "step"]
    if np.isnan(start) or not events.loc[f"{phase}.start", "share"] > CERTAIN:
        return np.nan, np.nan
    return start, np.inf if np.isnan(end) else end


def _raw_synergy(tables: StudyTables, run: str) -> pd.DataFrame:
    """Return step x seed of synergy in nats, not smoothed, from where phases are looked for."""
    rows = tables.o_information(run)
    wide = rows[rows["metric"] == "synergy"].pivot(index="step", columns="seed", values="value")
    return -wide.loc[STATED.first_step :]


def _clear_peaks(curve: pd.Series, prominence: float) -> list[int]:
    """Return the steps of the peaks of a curve that stand out of noise, as the peaks of phases do."""
    return peaks_of(curve, replace(STATED, prominence=prominence))


def _median_of_random(
    measure: Callable[..., pd.Series], tables: StudyTables, network: str, draws: int, **options: str
) -> pd.Series:
    """Return the median over random sets, random_1, random_2, ..., trained with the mask of a sub-network."""
    mask = network.split(".")[1]
    sets = [measure(tables, network=f"random_{n + 1}.{mask}", **options) for n in range(draws)]
    return pd.concat(sets, axis=1).median(axis=1)


def _half_risen(curve: pd.Series) -> float:
    """Return the first step with half of the rise done, from the lowest value to the highest after it.

    NaN: the curve does not rise after its lowest value.
    """
    rise = curve.loc[curve.idxmin() :]
    if np.isnan(value_range(rise)):
        return np.nan
    return float(rise.index[rise >= (rise.iloc[0] + rise.max()) / 2][0])
