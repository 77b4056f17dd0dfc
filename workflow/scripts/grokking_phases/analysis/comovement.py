"""Whether time scales are aligned and move together, over runs that differ in what moves them.

docs/analysis_plan.md is the plan, written before any run was scored. A *setting* is a run of the config with
all its seeds; settings differ in task, weight decay, dropout and train fraction.

    censored   a time scale that is not reached is later than the run's last step, or never. Of one that is
               absent (the curve is highest at its start, is at its ceiling, or has no clear peak), or for
               which snapshots are too few, nothing is known but that it is later than step 1. A run that
               diverged ends where it diverged
    distance   |log10(second / first)|. With one of the two censored it is at least that to the bound, with
               both at least 0, and at most infinite. `least` and `most` are its medians over runs with all
               censored distances at these ends. The interval is from the lower end of `least` to the upper
               end of `most`
    slope      of log10 of the second on log10 of the first, by least squares over all runs, with an intercept
               for each task, given log10 of `given`: half_fit and, unless it is one of the pair, fit
    tau        Kendall's: over pairs of runs that differ in the seed alone, the mean of (1 if both time scales
               order them alike, -1 if unlike, 0 for a tie or where censoring hides an order)

A slope alone is no co-movement: two time scales may respond to one factor for different reasons. Within a
setting no factor varies. Nor is tau alone: a run that learns faster does everything earlier, which `given`
takes out of the slope. Both are needed. Where `given` are as noisy measures of a run's pace as the pair
itself, and the pace differs between seeds, both can be above 0 without a closer tie.

For the slope, censored steps are replaced (`censored.uncensored`) given task and `given`. The other one of
the pair is not used, so that replaced steps cannot agree because of each other.

Intervals are by bootstrap over settings, with all their seeds (`bootstrap`). Those of a median are 95 %
percentiles, and its p-value is twice the share of resamples on the other side of the margin. For slope and
tau, percentiles of 38 settings are too narrow: they exclude the truth in 7 % of made-up studies, and in 2 %
where 0.8 % are allowed. Their standard error is that of the resamples times sqrt(n / (n - k)) for n settings
and k coefficients, and intervals and p-values are Student's with n - k degrees of freedom (5 % and 0.4 %).
Over the primary pairs, Holm's correction holds the chance of any false verdict at `LEVEL`, for each question
by itself.

    aligned      holds: the median is below `ALIGNED` at its most. Does not hold: above it at its least
    moving       holds: slope and tau are above 0. Does not hold: one of them is below 0
    cannot tell  all else; also fewer than `LEAST` settings and, for `moving`, fewer settings with both time
                 scales, or fewer in which two seeds differ in both, since tau is from these alone

Pairs that are not primary are exploratory, and have no verdict.
"""

from itertools import combinations
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.stats import t

from grokking_phases.analysis.bootstrap import medians, resamples
from grokking_phases.analysis.censored import Scale, distances, order, uncensored
from grokking_phases.analysis.events import FOUND, NOT_REACHED
from grokking_phases.analysis.intervals import TAILS
from grokking_phases.analysis.time_scales import INFORMATION, SCALES, STATED, by_step, in_last_layer, reached
from grokking_phases.analysis.verdicts import FAILS, HOLDS, UNCLEAR

PRIMARY = [("fit", "peak"), ("fit", "compress"), ("compress", "gen_0.98")]
ALIGNED = 0.15  # of log10 step, a factor of 1.4
LEVEL = 0.05
LEAST = 10  # settings: with fewer, percentiles of resamples are too narrow
HALF = 0.5  # train accuracy at which a run is half fitted
CONTROLS = ["half_fit", "fit"]
OF_INFORMATION = {*INFORMATION, "fixed"}  # time scales that depend on the estimate of I(T;X)
EVENTS = [name for name in SCALES if name not in ("lmn", "lc")]
DETERMINED = 1e-9  # part of a variance: what is less is rounding
COLUMNS = {
    "kind": "str",  # run | pair
    "task": "str",
    # one time scale of one run and seed
    "run": "str",
    "seed": "Int64",
    "source": "str",  # the table of I(T;X); none for time scales of the curves
    "event": "str",
    "status": "str",
    "step": "float64",  # or the step after which it is, where it is censored
    "censored": "boolean",
    # a pair of time scales; `source` is that of its I(T;X)
    "role": "str",  # primary | exploratory
    "first": "str",
    "second": "str",
    "given": "str",
    **dict.fromkeys(["n_settings", "n_runs", "n_both", "n_settings_both", "n_settings_within"], "Int64"),
    **dict.fromkeys(["least", "most", "distance_low", "distance_high"], "float64"),
    **{f"{name}{end}": "float64" for name in ("slope", "tau") for end in ("", "_low", "_high")},
    **dict.fromkeys(["p_aligned", "p_moving", "p_aligned_holm", "p_moving_holm"], "float64"),
    **dict.fromkeys(["aligned", "moving"], "str"),  # verdicts
    **dict.fromkeys(["aligned_lacks", "moving_lacks"], "boolean"),  # whether settings are too few for one
}


class Estimate(NamedTuple):
    """An estimate, its 95 % interval, and two-sided p-values of being above and below 0."""

    value: float
    low: float
    high: float
    p_above: float
    p_below: float


def score(time_scales: pd.DataFrame, curves: pd.DataFrame, tasks: dict[str, str]) -> pd.DataFrame:
    """Return rows of `COLUMNS`: one for each run, seed and time scale, then one for each pair.

    time_scales: rows of `time_scales.find` of all runs. The first source of I(T;X) is the headline.
    curves: tidy rows of the same runs and seeds, with train_accuracy.
    tasks: {run: task}
    """
    runs = found(time_scales, curves).assign(kind="run")
    runs["task"] = runs["run"].map(tasks)
    parts = [runs, compared(runs).assign(kind="pair")]
    return pd.concat([part.reindex(columns=list(COLUMNS)).astype(COLUMNS) for part in parts])


def found(time_scales: pd.DataFrame, curves: pd.DataFrame) -> pd.DataFrame:
    """Return {run, seed, source, event, status, step, censored} of every seed, half_fit among them."""
    events = in_last_layer(time_scales[time_scales["seed"].notna() & time_scales["event"].isin(EVENTS)])
    columns = ["run", "seed", "source", "event", "status", "step"]
    rows = pd.concat([events[columns], half_fitted(curves)], ignore_index=True).astype({"seed": int})
    last = curves.groupby(["run", "seed"])["step"].max().rename("last")
    rows = rows.merge(last, left_on=["run", "seed"], right_index=True, how="left", validate="m:1")
    rows["censored"] = rows["status"] != FOUND
    bound = rows["last"].where(rows["status"] == NOT_REACHED, 1).astype(float)
    rows["step"] = rows["step"].mask(rows["censored"], bound).clip(lower=1)
    return rows.drop(columns="last")


def half_fitted(curves: pd.DataFrame) -> pd.DataFrame:
    """Return when each run has fitted half of its train set, by the rule for accuracies."""
    rows = []
    for (run, seed), own in curves.groupby(["run", "seed"]):
        step = reached(by_step(own)["train_accuracy"], HALF, STATED)
        status = NOT_REACHED if step is None else FOUND
        rows.append({"run": run, "seed": seed, "event": CONTROLS[0], "status": status, "step": step})
    return pd.DataFrame(rows).astype({"step": float})


def compared(runs: pd.DataFrame) -> pd.DataFrame:
    """Return a row for each pair of time scales, and of each estimate of I(T;X) if it takes part.

    runs: rows of `found`, with their task. The first source is the headline, whose pairs may be primary.
    """
    rows = []
    for i, source in enumerate(list(dict.fromkeys(runs["source"].dropna())) or [None]):
        own = runs[runs["source"].isna() | (runs["source"] == source)]
        scales, runs_of, tasks = by_run(own)
        weights = resamples(pd.Series(runs_of))
        for pair in combinations([name for name in EVENTS if name in scales], 2):
            if i and not OF_INFORMATION & {*pair}:
                continue
            primary = i == 0 and pair in PRIMARY
            row = of_pair(pair, scales, runs_of, tasks, weights)
            rows.append(row | {"role": "primary" if primary else "exploratory", "source": source})
    return judged(pd.DataFrame(rows))


def by_run(rows: pd.DataFrame) -> tuple[dict[str, Scale], np.ndarray, np.ndarray]:
    """Return {event: Scale}, and the run and task of each row of the scales: one for each run and seed.

    A time scale that was not measured in some run is later than step 1 there.
    """
    wide = rows.pivot(index=["task", "run", "seed"], columns="event", values=["step", "censored"])
    steps, seen = wide["step"].astype(float).fillna(1.0), wide["censored"].eq(False)
    scales = {
        event: Scale(np.log10(steps[event].to_numpy()), ~seen[event].to_numpy(dtype=bool)) for event in steps
    }
    return scales, *(wide.index.get_level_values(name).to_numpy() for name in ("run", "task"))


def of_pair(
    pair: tuple[str, str], scales: dict[str, Scale], runs: np.ndarray, tasks: np.ndarray, weights: np.ndarray
) -> dict:
    """Return the statistics of a pair, its counts and its p-values.

    runs, tasks: of each row of the scales. weights: how often each row counts in each resample, with the data
    as they are first (`bootstrap.resamples`).
    """
    first, second = (scales[name] for name in pair)
    given = [name for name in CONTROLS if name not in pair]
    least, most = (medians(pd.Series(ends), weights) for ends in distances(first, second))
    n_settings = len({*runs})
    slopes = partial_slopes(first, second, [scales[name] for name in given], tasks, weights)
    slope = estimated(slopes, n_settings, len({*tasks}) + 1 + len(given))
    tau = estimated(within_settings(first, second, runs, weights), n_settings, 1)
    both = ~first.censored & ~second.censored
    return {
        "first": pair[0],
        "second": pair[1],
        "given": ", ".join(given),
        "n_runs": len(runs),
        "n_settings": n_settings,
        "n_both": both.sum(),
        "n_settings_both": len({*runs[both]}),
        "n_settings_within": n_ordered(first, second, runs),
        "least": least[0],
        "most": most[0],
        "distance_low": np.quantile(least[1:], TAILS[0], method="nearest"),
        "distance_high": np.quantile(most[1:], TAILS[1], method="nearest"),
        **dict(zip(("slope", "slope_low", "slope_high"), slope, strict=False)),
        **dict(zip(("tau", "tau_low", "tau_high"), tau, strict=False)),
        "p_aligned": (p_value(most < ALIGNED), p_value(least > ALIGNED)),
        "p_moving": (
            max(slope.p_above, tau.p_above),
            min(1.0, 2 * min(slope.p_below, tau.p_below)),
        ),
    }


def partial_slopes(
    first: Scale, second: Scale, given: list[Scale], tasks: np.ndarray, weights: np.ndarray
) -> np.ndarray:
    """Return the slope of the second on the first, given others and the task, in each resample.

    NaN where the first does not vary beyond what these determine, or where one of all is hardly ever found.
    """
    controls = [uncensored(scale, tasks, []) for scale in given]
    pair = [uncensored(scale, tasks, controls) for scale in (first, second)]
    within = products(np.array([*pair, *controls]), tasks, weights)  # (n_resamples, n_scales, n_scales)
    left = within.copy()
    for place in range(2, len(left[0])):
        along, size = left[:, place], left[:, place, place]
        varies = size > DETERMINED * within[:, place, place]
        share = np.divide(along, size[:, None], out=np.zeros_like(along), where=varies[:, None])
        left = left - share[:, :, None] * along[:, None]
    enough = left[:, 0, 0] > DETERMINED * within[:, 0, 0]
    return np.divide(left[:, 0, 1], left[:, 0, 0], out=np.full(len(left), np.nan), where=enough)


def products(x: np.ndarray, tasks: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Return sums over runs of the products of deviations from the means of tasks, in each resample.

    x: (n_scales, n_runs). The shape is (n_resamples, n_scales, n_scales).
    """
    total = np.zeros((len(weights), len(x), len(x)))
    for task in sorted({*tasks}):
        w, own = weights[:, tasks == task], x[:, tasks == task]
        own = own - own.mean(axis=1, keepdims=True)  # so that the sums below do not cancel
        n, sums = w.sum(axis=1), w @ own.T
        means = np.divide(sums, n[:, None], out=np.zeros_like(sums), where=n[:, None] > 0)
        total += np.einsum("ri,ai,bi->rab", w, own, own, optimize=True) - sums[:, :, None] * means[:, None]
    return total


def within_settings(first: Scale, second: Scale, runs: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Return tau in each resample; NaN where no setting has two seeds."""
    alike = seeds_of_one_setting(runs)
    agreement = (order(first) * order(second) * alike).sum(axis=1)
    n_pairs = weights @ alike.sum(axis=1)
    return np.divide(weights @ agreement, n_pairs, out=np.full_like(n_pairs, np.nan), where=n_pairs > 0)


def seeds_of_one_setting(runs: np.ndarray) -> np.ndarray:
    """Return whether two rows are of one setting (n, n), each pair of rows once."""
    return np.triu(runs[:, None] == runs, 1)


def n_ordered(first: Scale, second: Scale, runs: np.ndarray) -> int:
    """Return the number of settings in which two seeds are known to differ in both time scales."""
    known = seeds_of_one_setting(runs) & (order(first) != 0) & (order(second) != 0)
    return len({*runs[known.any(axis=1)]})


def estimated(resampled: np.ndarray, n_settings: int, n_coefficients: int) -> Estimate:
    """Return an estimate, its first value, with Student's interval from the spread of its resamples.

    NaN, with p-values of 1, where it is undefined, or where settings are no more than coefficients.
    """
    value, left = resampled[0], n_settings - n_coefficients
    defined = resampled[1:][~np.isnan(resampled[1:])]
    if np.isnan(value) or left < 1 or len(defined) < len(resampled) / 2:
        return Estimate(value, np.nan, np.nan, 1.0, 1.0)
    error = defined.std() * np.sqrt(n_settings / left)
    reach = t.ppf(TAILS[1], left) * error
    with np.errstate(divide="ignore", invalid="ignore"):
        size = np.nan_to_num(value / error, nan=0.0, posinf=np.inf, neginf=-np.inf)
    p_above, p_below = (float(min(1.0, 2 * t.sf(z, left))) for z in (size, -size))
    return Estimate(value, value - reach, value + reach, p_above, p_below)


def p_value(clear: np.ndarray) -> float:
    """Return twice the share of resamples that do not clear a margin; the first is no resample."""
    return min(1.0, 2 * (1 + (~clear[1:]).sum()) / len(clear))


def judged(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the pairs with p-values of the nearer side and, for primary ones, Holm's and the verdicts."""
    primary = rows["role"] == "primary"
    few = rows["n_settings"] < LEAST
    counts = rows[["n_settings_both", "n_settings_within"]]
    for question, lacking in (("aligned", few), ("moving", few | (counts < LEAST).any(axis=1))):
        sides = np.array(rows[f"p_{question}"].tolist())
        rows[f"p_{question}"] = p = sides.min(axis=1)
        corrected = np.full(len(rows), np.nan)
        corrected[primary] = holm(p[primary])
        rows[f"p_{question}_holm"] = corrected
        sure = (corrected <= LEVEL) & ~lacking
        found = np.where(sure, np.where(sides[:, 0] <= sides[:, 1], HOLDS, FAILS), UNCLEAR)
        rows[question] = pd.Series(found, rows.index).where(primary, None)
        rows[f"{question}_lacks"] = lacking
    return rows


def holm(p: np.ndarray) -> np.ndarray:
    """Return p-values after Holm's correction: at most a level where the family's error is at most that."""
    places = np.argsort(p)
    stepwise = np.maximum.accumulate(np.arange(len(p), 0, -1) * np.asarray(p)[places])
    corrected = np.empty(len(p))
    corrected[places] = np.minimum(stepwise, 1.0)
    return corrected
