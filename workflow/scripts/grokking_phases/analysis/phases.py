"""Phases that the emergence paper draws by eye (Clauw, Stramaglia, Marinazzo, section 5), by a stated rule.

S = -min Omega is the synergy and R = max Omega the redundancy, in nats. Both are smoothed in ln step, from
`first_step` on. The names in backquotes are the constants of `Rule`. For each seed and layer:

 1. A peak is a maximum of S, not at an end. Its prominence is at least `prominence` of the range of S, and
    it stands out of the noise of the raw values (`noise`; judged under `breadth`), so that white noise alone
    has a peak in 5 % of draws at most, at any spacing, and autocorrelated noise from 90 snapshots on. Its
    rise begins at or before generalisation.
 2. Emergence is the rise to the first peak at which R is lower than on average before the rise ("trades off
    redundancy for synergy"). It begins at the last step at which S is at its low, within `tolerance` of the
    rise. This is also where the rise of 1. begins. Without an Emergence there are no phases.
 3. Feature Learning is all before Emergence, from the first step looked at. If it takes no more than 2
    `tolerance` of the ln step to the peak, S may have risen all the time, because a straight rise is at its
    low for `tolerance` of it. Feature Learning is then absent, and Emergence begins at the first step.
 4. If more peaks follow, Divergence leads from the first peak to the low between it and the last one, found
    as in 2. Delayed Emergence leads from this low to the last peak. Otherwise both are absent.
 5. Decoupling leads from the last peak to the first step at which S is at the low after it, within
    `tolerance` of the fall. It is absent unless R rises over it, and test accuracy by at least `rise`. If no
    more than 2 `tolerance` of the ln step from the peak to the last step is left, S may still be falling. The
    end of Decoupling is then "not reached".

With fewer than `least` snapshots from `first_step` on, nothing is looked for: "too few snapshots". Five
phases cannot be seen in them.

The paper draws its phases in the mean over seeds. The rule is therefore also applied to the mean curve: the
means over seeds of synergy, redundancy and accuracies at the steps at which all seeds have them. Seeds are
resampled, averaged and judged again. `share` is the share of resamples that have an event, and the interval
of its step is the central 95 % of these resamples. It is no 95 % interval: in 106 made-up studies of five
seeds whose course was shifted by 0.35 (s.d. in ln step), it held the step of the mean over 300 seeds in 63 %
(generalised) to 91 % (end of Emergence). Seeds that end early, because they diverged, are left out of the
mean curve; `n_seeds` counts the others.

The rule and its constants were fixed on one run: weight decay 2, seed 0, under mean ranks and under the
published ones. Of the other runs, the numbers of docs/figure5.md were known then, and no curve. Three things
were changed later, on noise and on made-up curves: the noise that peaks must stand out of, where a rise
begins in 1., and "too few snapshots". The paper says more about its phases: the size of the multiplet, R in
Divergence and Delayed Emergence, the peak of the test loss. None of this decides anything here, so that it
can be held against what is found.

The rule has limits. It cannot tell a first phase from the start-up of random features: Feature Learning
begins where the rule begins to look. It cannot see a phase shorter than the smoothing, a peak in a gap (NaN),
or a peak that is small beside what is left of the start. It cannot tell a phase that does not occur from one
that cannot be seen: both are "absent".
"""

from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from fractions import Fraction

import numpy as np
import pandas as pd

from grokking_phases.analysis.events import (
    ABSENT,
    AS_STATED,
    FOUND,
    MEAN,
    MEDIAN,
    NOT_REACHED,
    OWN,
    PHASES,
    PUBLISHED,
    TOO_FEW,
    Levels,
    first_step_above,
    over_seeds,
)
from grokking_phases.analysis.intervals import TAILS
from grokking_phases.analysis.noise import clear_peaks
from grokking_phases.analysis.smoothing import no_finer_than_spacing, smoothed

ACCURACIES = {"memorised": "train_accuracy", "generalised": "test_accuracy"}
INFORMATION = ["synergy", "redundancy"]
EVENTS = [*ACCURACIES, *(f"{phase}.{end}" for phase in PHASES for end in ("start", "end"))]
COLUMNS = [
    "run",
    "seed",
    "layer",
    "rule",
    "curve",
    "event",
    "status",
    "step",
    "value",
    "low",
    "high",
    "share",
    "n_found",
    "n_seeds",
]

RESAMPLES = 500  # of the seeds
FACTORS = (2.0, 0.5)


@dataclass(frozen=True)
class Rule:
    """Constants of the rule, each with what the one run says about it; `name` goes into the column `rule`."""

    # Standard deviation in ln step, and at least the median spacing. About ten of 120 log-spaced snapshots
    # weigh in, and steps are known to about 15 %.
    smoothing: float = 0.15
    # The last maximum of the start-up of S is at step 8, with mean ranks and with the published ones.
    first_step: float = 8
    # Of the range of S: what one sees in a plot. The run's peaks have 0.30 (mean ranks) and 0.68,
    # other maxima up to 0.08.
    prominence: float = 0.1
    # How many times as far a peak must stand out as noise does in 5 % of draws.
    noise: float = 1.0
    # Standard deviation in ln step under which peaks must stand out, twice that of the smoothing: phases
    # are a factor of three apart in step, and a broader one levels them.
    breadth: float = 0.3
    # Snapshots from `first_step` on. With fewer, the five phases of a made-up curve are found in less than
    # half of draws.
    least: float = 30
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


def find_all_variants(
    curves: pd.DataFrame, o_information: pd.DataFrame, rule: Rule = STATED, levels: Levels = PUBLISHED
) -> pd.DataFrame:
    """Return the rows of `find` by the rule and by each of its variants."""
    tables = [find(curves, o_information, variant, levels) for variant in rule.variants()]
    return pd.concat(tables, ignore_index=True)


def find(
    curves: pd.DataFrame, o_information: pd.DataFrame, rule: Rule = STATED, levels: Levels = PUBLISHED
) -> pd.DataFrame:
    """Return a row (`COLUMNS`) for each event (`EVENTS`) of each seed, then for each over seeds, by layer.

    curves, o_information: tidy rows of one run; O-information may be of several layers. Seeds without
        O-information, such as those that diverged before the first snapshot, are left out.
    curve: each seed; or, over seeds (seed null), median (of the seeds' events) or mean curve.
    event: memorised, generalised (first step with train, test accuracy above its level), <phase>.start,
        <phase>.end.
    status: found, absent (no such phase), not reached (by the last step), or too few snapshots. That of the
        median is explained in `events.over_seeds`.
    step, value: NaN unless found; value is the accuracy, or S in nats.
    low, high: for two seeds or more, the interval of the median (`intervals`), or the central 95 % of
        resamples.
    share: share of resamples of the seeds whose mean curve has the event, for two seeds or more.
    n_found, n_seeds: how many seeds have the event themselves, and how many there are; for the mean curve,
        of those that it averages.
    ValueError: several runs, a seed without curves, or two values of a metric at one step.
    """
    tables = [
        _find_in_layer(curves, rows, rule, levels).assign(layer=layer)
        for layer, rows in o_information.groupby("layer", sort=False, dropna=False)
    ]
    found = pd.concat(tables, ignore_index=True) if tables else _typed(pd.DataFrame(columns=COLUMNS))
    return found.astype({"layer": "string"})


def _find_in_layer(
    curves: pd.DataFrame, o_information: pd.DataFrame, rule: Rule, levels: Levels
) -> pd.DataFrame:
    """Return the rows of `find` for the O-information of one layer."""
    runs = {*curves["run"], *o_information["run"]}
    every, measured = _by_seed(curves), _by_seed(o_information)
    if len(runs) != 1 or not every.keys() >= measured.keys():
        seeds = [", ".join(map(str, each)) for each in (every, measured)]
        raise ValueError(
            f"curves and O-information: phases need curves of all seeds of one run, but curves have the "
            f"seeds {seeds[0]}, O-information {seeds[1]}, and the runs are {', '.join(sorted(runs))}; pass "
            "the missing curves, and one run at a time."
        )
    evaluated = {seed: every[seed] for seed in measured}
    own = pd.DataFrame(
        {"seed": seed, "curve": OWN, **event}
        for seed in evaluated
        for event in _events(evaluated[seed], measured[seed], rule, levels)
    )
    median = [over_seeds(events) | {"curve": MEDIAN} for _, events in own.groupby("event", sort=False)]
    last = {seed: table.index.max() for seed, table in evaluated.items()}
    whole = [seed for seed in evaluated if last[seed] == max(last.values())]
    mean = _on_mean_curve(
        [evaluated[seed] for seed in whole], [measured[seed] for seed in whole], rule, levels
    )
    counts = own[own["seed"].isin(whole)].groupby("event")["n_found"].sum()
    mean = mean.assign(curve=MEAN, n_found=mean["event"].map(counts), n_seeds=len(whole))
    table = pd.concat([own, pd.DataFrame(median), mean], ignore_index=True)
    return _typed(table.assign(run=runs.pop(), rule=rule.name).reindex(columns=COLUMNS))


def _typed(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table of events with the types of its columns."""
    return table.astype({"seed": "Int64", **dict.fromkeys(["step", "value", "low", "high", "share"], float)})


def _on_mean_curve(
    evaluated: list[pd.DataFrame], measured: list[pd.DataFrame], rule: Rule, levels: Levels
) -> pd.DataFrame:
    """Return the events of the mean over seeds, with their share and interval over resamples of the seeds."""
    tables = [_together(evaluated, list(ACCURACIES.values())), _together(measured, INFORMATION)]
    n_seeds = len(evaluated)
    events = pd.DataFrame(_events(*_means(tables, np.ones(n_seeds)), rule, levels))
    if n_seeds == 1:
        return events
    weights, times = _resamples(n_seeds)
    steps = np.array(
        [[event["step"] for event in _events(*_means(tables, each), rule, levels)] for each in weights]
    )
    steps = np.repeat(steps, times, axis=0)  # n_resamples x n_events
    ends = [
        np.quantile(column[~np.isnan(column)], TAILS, method="nearest")
        if not np.isnan(column).all()
        else [np.nan, np.nan]
        for column in steps.T
    ]
    low, high = np.transpose(ends)
    return events.assign(share=(~np.isnan(steps)).mean(axis=0), low=low, high=high)


def _together(tables: list[pd.DataFrame], metrics: list[str]) -> pd.DataFrame:
    """Return (step, metric) x seed of the steps that all seeds have."""
    wide = [table.reindex(columns=metrics).stack(future_stack=True) for table in tables]
    return pd.concat(wide, axis=1, join="inner")


def _means(tables: list[pd.DataFrame], weights: np.ndarray) -> list[pd.DataFrame]:
    """Return step x metric tables of the means over seeds with these weights; NaN where a seed has none."""
    return [pd.Series(table.to_numpy() @ weights / weights.sum(), table.index).unstack() for table in tables]


def _resamples(n_seeds: int) -> tuple[np.ndarray, np.ndarray]:
    """Return how often each seed is in each distinct resample, and how often each resample was drawn."""
    drawn = np.random.default_rng(0).multinomial(n_seeds, np.full(n_seeds, 1 / n_seeds), size=RESAMPLES)
    return np.unique(drawn, axis=0, return_counts=True)


def _by_seed(rows: pd.DataFrame) -> dict[int, pd.DataFrame]:
    """Return {seed: table, step x metric}; raise ValueError if a metric has two values at a step."""
    for twice in rows[rows.duplicated(["seed", "step", "metric"])].itertuples():
        what = f"{twice.metric} of {twice.run} seed {twice.seed} has two values at step {twice.step}"
        raise ValueError(f"{what}, and phases need one; measure it again.")
    return {
        seed: table.pivot(index="step", columns="metric", values="value")
        for seed, table in rows.groupby("seed")
    }


def _events(evaluated: pd.DataFrame, measured: pd.DataFrame, rule: Rule, levels: Levels) -> Iterator[dict]:
    """Yield the events of one seed, or of the mean curve; both tables are step x metric."""
    reached = {
        event: first_step_above(evaluated[metric], getattr(levels, event))
        for event, metric in ACCURACIES.items()
    }
    for event, metric in ACCURACIES.items():
        yield _event(event, reached[event], evaluated[metric], NOT_REACHED)
    seed = _Seed.of(measured, evaluated["test_accuracy"], reached["generalised"], rule)
    phases = _phases(seed, rule)
    lacking = TOO_FEW if len(seed.S) < rule.least else ABSENT
    for phase in PHASES:
        otherwise = NOT_REACHED if phase in phases else lacking
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

    raw: pd.Series  # S before smoothing
    S: pd.Series
    R: pd.Series
    test_accuracy: pd.Series
    generalised: float  # infinite if never

    @classmethod
    def of(
        cls, measured: pd.DataFrame, test_accuracy: pd.Series, generalised: int | None, rule: Rule
    ) -> "_Seed":
        """Return the curves of one seed, smoothed as the rule says, from its first step on."""
        measured = measured.reindex(columns=INFORMATION).dropna()
        measured = measured[measured.index >= rule.first_step]
        raw = -measured["synergy"]
        width = no_finer_than_spacing(rule.smoothing, raw)
        S, R = smoothed(raw, width), smoothed(measured["redundancy"], width)
        return cls(raw, S, R, test_accuracy, np.inf if generalised is None else generalised)


def _phases(seed: _Seed, rule: Rule) -> dict[str, tuple[int, int | None]]:
    """Return the first and last step of each phase that occurs; the last is None if it is not reached."""
    S = seed.S
    if len(S) < rule.least:
        return {}
    peaks = peaks_of(seed.raw, rule)
    first = next((peak for peak in peaks if _emerges(seed, peak, rule)), None)
    if first is None:
        return {}
    start, onset = S.index[0], _last_low(S.loc[:first], rule.tolerance)
    phases = {"feature_learning": (start, onset), "emergence": (onset, first)}
    if _part(onset, start, first) <= 2 * rule.tolerance:
        phases = {"emergence": (start, first)}
    lows = {peak: _last_low(S.loc[first:peak], rule.tolerance) for peak in peaks if peak > first}
    later = [peak for peak, low in lows.items() if low <= seed.generalised]
    if later:
        low = lows[later[-1]]
        phases |= {"divergence": (first, low), "delayed_emergence": (low, later[-1])}
    return phases | _decoupling(seed, later[-1] if later else first, rule)


def peaks_of(raw: pd.Series, rule: Rule = STATED) -> list[int]:
    """Return the steps of the peaks of a curve that the rule sees; raw: values before smoothing."""
    return list(clear_peaks(raw, rule.prominence, rule.smoothing, rule.breadth, "white", rule.noise).index)


def _emerges(seed: _Seed, peak: int, rule: Rule) -> bool:
    """Return whether S rises to a peak from a low not after generalisation, and R is lower than before it."""
    onset = _last_low(seed.S.loc[:peak], rule.tolerance)
    return onset <= seed.generalised and seed.R[peak] < seed.R.loc[:onset].mean()


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
