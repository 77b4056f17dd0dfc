"""Phases that the emergence paper draws by eye (Clauw, Stramaglia, Marinazzo, section 5), by a stated rule.

S = -min Omega is the synergy and R = max Omega the redundancy, in nats. Both are smoothed in ln step, from
`first_step` on. The names in backquotes are the constants of `Rule`. For each seed and layer:

 1. A peak is a maximum of S, not at an end. Its prominence is at least `prominence` of the range of S, and at
    least `scatter` standard deviations of the raw values about S. Its rise begins at or before
    generalisation.
 2. Emergence is the rise to the first peak at which R is lower than on average before the rise ("trades off
    redundancy for synergy"). It begins at the last step at which S is at its low, within `tolerance` of the
    rise. Without an Emergence there are no phases.
 3. Feature Learning is all before Emergence, from the first step looked at. If it takes no more than 2
    `tolerance` of the ln step to the peak, S may have risen all the time, because a straight rise is at its
    low for `tolerance` of it. Feature Learning is then absent, and Emergence begins at the first step.
 4. If more peaks follow, Divergence leads from the first peak to the low between it and the last one, found
    as in 2. Delayed Emergence leads from this low to the last peak. Otherwise both are absent.
 5. Decoupling leads from the last peak to the first step at which S is at the low after it, within
    `tolerance` of the fall. It is absent unless R rises over it, and test accuracy by at least `rise`. If no
    more than 2 `tolerance` of the ln step from the peak to the last step is left, S may still be falling. The
    end of Decoupling is then "not reached".

The rule and its constants were fixed on one run: weight decay 2, seed 0, under mean ranks and under the
published ones. Of the other runs, the numbers of docs/figure5.md were known then, and no curve. The paper
says more about its phases: the size of the multiplet, R in Divergence and Delayed Emergence, the peak of the
test loss. None of this decides anything here, so that it can be held against what is found.

The rule has limits. It cannot tell a first phase from the start-up of random features: Feature Learning
begins where the rule begins to look. It cannot see a phase shorter than the smoothing, a peak in a gap (NaN),
or a peak that is small beside what is left of the start. It cannot tell a phase that does not occur from one
that cannot be seen: both are "absent".
"""

from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from fractions import Fraction
from itertools import dropwhile

import numpy as np
import pandas as pd
from scipy.signal import find_peaks

from grokking_phases.analysis.events import (
    ABSENT,
    AS_STATED,
    FOUND,
    NOT_REACHED,
    PHASES,
    first_step_above,
    over_seeds,
)
from grokking_phases.analysis.smoothing import smoothed

ACCURACIES = {"memorised": "train_accuracy", "generalised": "test_accuracy"}
EVENTS = [*ACCURACIES, *(f"{phase}.{end}" for phase in PHASES for end in ("start", "end"))]
COLUMNS = [
    "run",
    "seed",
    "layer",
    "rule",
    "event",
    "status",
    "step",
    "value",
    "low",
    "high",
    "n_found",
    "n_seeds",
]

ROUNDING = 1e-9  # of the largest S: a curve that varies by less is constant
FACTORS = (2.0, 0.5)


@dataclass(frozen=True)
class Rule:
    """Constants of the rule, each with what the one run says about it; `name` goes into the column `rule`."""

    # Standard deviation in ln step. About ten of 120 log-spaced snapshots weigh in, and
    # steps are known to about 15 %.
    smoothing: float = 0.15
    # The last maximum of the start-up of S is at step 8, with mean ranks and with the published ones.
    first_step: float = 8
    # Of the range of S: what one sees in a plot. The run's peaks have 0.30 (mean ranks) and 0.68,
    # other maxima up to 0.08.
    prominence: float = 0.1
    # Fewer than one in 10,000 draws of white noise have such a peak. The run's peaks have 5.7 and 6.7, other
    # maxima up to 0.8.
    scatter: float = 2.5
    # Of a rise or a fall: a rise time is commonly taken from 10 % on.
    tolerance: float = 0.1
    # Of test accuracy; chance is 0.01. The run's rises by 0.5 and by 1.
    rise: float = 0.1
    name: str = AS_STATED

    def scaled(self, constant: str, factor: float) -> "Rule":
        """Return the rule with one constant multiplied, under a name that says so: `prominence x 1/2`."""
        value = factor * getattr(self, constant)
        return replace(self, **{constant: value}, name=f"{constant} x {Fraction(factor)}")

    def variants(self) -> list["Rule"]:
        """Return the rule itself, then its variants: each constant doubled and halved."""
        constants = [field.name for field in fields(self) if field.name != "name"]
        return [self, *(self.scaled(constant, factor) for constant in constants for factor in FACTORS)]


STATED = Rule()


def find_all_variants(curves: pd.DataFrame, o_information: pd.DataFrame, rule: Rule = STATED) -> pd.DataFrame:
    """Return the rows of `find` by the rule and by each of its variants."""
    return pd.concat([find(curves, o_information, variant) for variant in rule.variants()], ignore_index=True)


def find(curves: pd.DataFrame, o_information: pd.DataFrame, rule: Rule = STATED) -> pd.DataFrame:
    """Return a row (`COLUMNS`) for each event (`EVENTS`) of each seed, then for each over seeds, by layer.

    curves, o_information: tidy rows of one run with the same seeds; O-information may be of several layers.
    event: memorised, generalised (first step with train, test accuracy > 0.98), <phase>.start, <phase>.end.
    status: found, absent (no such phase), or not reached (by the last step). Over seeds (seed null) an event
        is found if at least half of them have it. If not, its status is the most common one of the other
        seeds.
    step, value: NaN unless found; value is the accuracy, or S in nats. Over seeds: the median of those found.
    low, high: 95 % percentile bootstrap interval of the median step, if two seeds or more have the event.
    ValueError: several runs, tables of different seeds, or two values of a metric at one step.
    """
    layers = dict(list(o_information.groupby("layer", sort=False, dropna=False))) or {None: o_information}
    tables = [_find_in_layer(curves, rows, rule).assign(layer=layer) for layer, rows in layers.items()]
    return pd.concat(tables, ignore_index=True).astype({"layer": "string"})


def _find_in_layer(curves: pd.DataFrame, o_information: pd.DataFrame, rule: Rule) -> pd.DataFrame:
    """Return the rows of `find` for the O-information of one layer."""
    runs = {*curves["run"], *o_information["run"]}
    evaluated, measured = _by_seed(curves), _by_seed(o_information)
    if len(runs) != 1 or evaluated.keys() != measured.keys():
        raise ValueError(
            f"curves and O-information: phases need the same seeds of one run, but curves have the seeds "
            f"{', '.join(map(str, evaluated))}, O-information {', '.join(map(str, measured))}, and the runs "
            f"are {', '.join(sorted(runs))}; measure the missing seeds, and pass one run at a time."
        )
    rows = [
        {"seed": seed, **event}
        for seed in evaluated
        for event in _events(evaluated[seed], measured[seed], rule)
    ]
    rows += [over_seeds(events) for _, events in pd.DataFrame(rows).groupby("event", sort=False)]
    table = pd.DataFrame(rows).assign(run=runs.pop(), rule=rule.name).reindex(columns=COLUMNS)
    return table.astype({"seed": "Int64", "step": float, "value": float, "low": float, "high": float})


def _by_seed(rows: pd.DataFrame) -> dict[int, pd.DataFrame]:
    """Return {seed: table, step x metric}; raise ValueError if a metric has two values at a step."""
    for twice in rows[rows.duplicated(["seed", "step", "metric"])].itertuples():
        what = f"{twice.metric} of {twice.run} seed {twice.seed} has two values at step {twice.step}"
        raise ValueError(f"{what}, and phases need one; measure it again.")
    return {
        seed: table.pivot(index="step", columns="metric", values="value")
        for seed, table in rows.groupby("seed")
    }


def _events(evaluated: pd.DataFrame, measured: pd.DataFrame, rule: Rule) -> Iterator[dict]:
    """Yield the events of one seed; both tables are step x metric."""
    reached = {event: first_step_above(evaluated[metric]) for event, metric in ACCURACIES.items()}
    for event, metric in ACCURACIES.items():
        yield _event(event, reached[event], evaluated[metric], NOT_REACHED)
    seed = _Seed.of(measured, evaluated["test_accuracy"], reached["generalised"], rule)
    phases = _phases(seed, rule)
    for phase in PHASES:
        otherwise = NOT_REACHED if phase in phases else ABSENT
        for end, step in zip(("start", "end"), phases.get(phase, (None, None)), strict=True):
            yield _event(f"{phase}.{end}", step, seed.S, otherwise)


def _event(event: str, step: int | None, curve: pd.Series, otherwise: str) -> dict:
    """Return the row of one event; its status is `otherwise` if there is no step."""
    found = {"status": otherwise} if step is None else {"status": FOUND, "step": step, "value": curve[step]}
    return {
        "event": event,
        "step": np.nan,
        "value": np.nan,
        **found,
        "n_found": int(step is not None),
        "n_seeds": 1,
    }


@dataclass(frozen=True)
class _Seed:
    """Curves of one seed that the rule reads, by step; S and R are smoothed, and have the same steps."""

    S: pd.Series
    R: pd.Series
    scatter: float  # s.d. of the raw values about S
    test_accuracy: pd.Series
    generalised: float  # infinite if never

    @classmethod
    def of(
        cls, measured: pd.DataFrame, test_accuracy: pd.Series, generalised: int | None, rule: Rule
    ) -> "_Seed":
        """Return the curves of one seed, smoothed as the rule says, from its first step on."""
        measured = measured.loc[measured.index >= rule.first_step, ["synergy", "redundancy"]].dropna()
        raw = -measured["synergy"]
        S, R = smoothed(raw, rule.smoothing), smoothed(measured["redundancy"], rule.smoothing)
        return cls(S, R, (raw - S).std(), test_accuracy, np.inf if generalised is None else generalised)


def _phases(seed: _Seed, rule: Rule) -> dict[str, tuple[int, int | None]]:
    """Return the first and last step of each phase that occurs; the last is None if it is not reached."""
    S, R = seed.S, seed.R
    onsets = {peak: _last_low(S.loc[:peak], rule.tolerance) for peak in _peaks(seed, rule)}
    peaks = list(dropwhile(lambda peak: R[peak] >= R.loc[: onsets[peak]].mean(), onsets))
    if not peaks:
        return {}
    start, first, last = S.index[0], peaks[0], peaks[-1]
    phases = {"feature_learning": (start, onsets[first]), "emergence": (onsets[first], first)}
    if _part(onsets[first], start, first) <= 2 * rule.tolerance:
        phases = {"emergence": (start, first)}
    if last > first:
        low = _last_low(S.loc[first:last], rule.tolerance)
        phases |= {"divergence": (first, low), "delayed_emergence": (low, last)}
    return phases | _decoupling(seed, last, rule)


def _peaks(seed: _Seed, rule: Rule) -> list[int]:
    """Return the steps of the prominent peaks of S that rise from a low at or before generalisation."""
    S = seed.S
    if len(S) < 3:
        return []
    prominence = max(rule.prominence * np.ptp(S), rule.scatter * seed.scatter, ROUNDING * S.abs().max())
    peaks = S.index[find_peaks(S, prominence=prominence)[0]]
    spans = zip([S.index[0], *peaks], peaks, strict=False)
    return [peak for before, peak in spans if S.loc[before:peak].idxmin() <= seed.generalised]


def _last_low(S: pd.Series, tolerance: float) -> int:
    """Return the last step at which S is within `tolerance` of its low; S rises to its last value.

    `tolerance` is a part of the rise.
    """
    return S.index[S.le(S.min() + tolerance * (S.iloc[-1] - S.min()))][-1]


def _decoupling(seed: _Seed, peak: int, rule: Rule) -> dict[str, tuple[int, int | None]]:
    """Return Decoupling, from the last peak to the low after it; empty unless R and test accuracy rise."""
    S, R, accuracy = seed.S.loc[peak:], seed.R, seed.test_accuracy
    low = S.index[S.le(S.min() + rule.tolerance * (S.iloc[0] - S.min()))][0]
    if not (R[low] > R[peak] and accuracy.asof(low) - accuracy.asof(peak) >= rule.rise):
        return {}
    ended = _part(low, peak, S.index[-1]) < 1 - 2 * rule.tolerance
    return {"decoupling": (peak, low if ended else None)}


def _part(step: int, start: int, end: int) -> float:
    """Return how much of the way from start to end, in ln step, is done at `step`."""
    return np.log(step / start) / np.log(end / start)
