"""Quantities of the emergence paper's claims: phases, synergy, prediction, sub-networks (`curve_quantities`).

The phases are those of the mean curve, as the paper draws them; what is measured in them is each seed's own.
Synergy (-min Omega) and redundancy are in bits, smoothed as for the phases. A part of the range is a part of
max - min of the seed's own curve, from the step on at which phases are looked for. This is the height of the
paper's axes, which go from 0 to 1. It is NaN where nothing varies. `phases_found` and `early_peak_auc` return
a value with its own interval.
"""

from collections.abc import Callable
from dataclasses import replace

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
from grokking_phases.analysis.phases import STATED, peaks_of
from grokking_phases.analysis.study_tables import NotMeasured, StudyTables
from grokking_phases.analysis.time_scales import settling
from grokking_phases.analysis.verdicts import Measured
from grokking_phases.storage.tables import read_table

START_UP = 15  # steps, in which every run shows the synergy of random features


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
        return np.nan if np.isnan(start) else float(any(start <= peak <= end for peak in peaks))

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
    """Return the largest synergy in bits from where phases are looked for to generalising, or the end."""
    ends = generalised(tables, run=run)
    return by_seed(
        _looked_at(tables, run, "synergy"), lambda curve: between(curve, 0, ends[curve.name]).max()
    )


def largest_synergy(tables: StudyTables, *, run: str) -> pd.Series:
    """Return the largest synergy in bits after the start-up."""
    return by_seed(tables.course(run, "synergy").loc[START_UP + 1 :], lambda curve: curve.max())


def lag_of_synergy(tables: StudyTables, *, run: str) -> pd.Series:
    """Return log10 of how much later half of the rise of synergy is done than half of the drop of redundancy.

    Both are looked at from the first step to the end of Emergence, where synergy rises from its lowest value
    and redundancy drops from its highest.
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
    """Return how far synergy rises again after its lowest value, as a part of its fall to it.

    NaN: its lowest value is its first.
    """

    def regained(curve: pd.Series) -> float:
        low = curve.idxmin()
        return (curve.loc[low:].max() - curve[low]) / value_range(curve.loc[:low])

    return by_seed(tables.course(run, "synergy"), regained)


def half_fallen(tables: StudyTables, *, run: str) -> pd.Series:
    """Return the step at which half of the fall of synergy from its first values to its lowest is done."""

    def half(curve: pd.Series) -> float:
        fall = curve.loc[: curve.idxmin()]
        fall = fall.loc[fall.idxmax() :]
        return float(fall.index[fall <= (fall.iloc[0] + fall.iloc[-1]) / 2][0])

    return by_seed(tables.course(run, "synergy"), half)


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


def _looked_at(tables: StudyTables, run: str, measure: str) -> pd.DataFrame:
    """Return step x seed of a smoothed measure, from the step on at which phases are looked for."""
    return tables.course(run, measure).loc[STATED.first_step :]


def _edges(tables: StudyTables, run: str, phase: str) -> tuple[float, float]:
    """Return the first and the last step of a phase of the mean curve; NaN, NaN if it has no such phase.

    A phase whose end is not reached lasts to the end.
    """
    steps = tables.mean_phases(run)["step"]
    start, end = steps[f"{phase}.start"], steps[f"{phase}.end"]
    return start, np.inf if np.isnan(end) and not np.isnan(start) else end


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
    """Return the first step with half of the rise done, from the lowest value to the highest after it."""
    rise = curve.loc[curve.idxmin() :]
    return float(rise.index[rise >= (rise.iloc[0] + rise.max()) / 2][0])
