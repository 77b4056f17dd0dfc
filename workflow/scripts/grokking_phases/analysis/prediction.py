"""A stated rule that predicts from early peaks of synergy whether a run generalises.

That they predict it is a claim of the emergence paper (section 6), which gives no rule. This rule looks at S
= -min Omega (nats), less its null and clipped at 0, smoothed in ln step. It looks from step 1 / learning rate
to q = 10 % of the training steps. The score of a run is the prominence of its largest peak: how far S falls
on both sides of it before it rises higher or the data end. The score is 0 without a peak.

The rule is asked after every snapshot, sees nothing later, and never takes back a yes. A score that reaches
the threshold by q predicts that the run will generalise. The step at which it reaches it is the one from
which that was known.

generalised     test accuracy above the study's level (0.98) at some evaluated step of the whole run
left out        runs that have generalised by q, that have diverged, or whose S is undefined in more than half
                of the window
kept            runs that have not memorised by q, or never do: which of them will is not known at q
null            the least Omega of shuffled samples up to the step at which the rule is asked, step 0 included
                (synergy_shuffled_low of `o_information_null`). It is 0 where it was not measured: only
                synergy beyond chance counts
thresholds      for each predictor, the score with the largest Youden index (rate of hits - rate of false
                alarms) among the calibration runs; the highest such score, if there are several
baselines       weight norm and train loss at the last evaluated step up to q. Each counts in the direction in
                which its AUC among the calibration runs is above a half. For synergy, more is the paper's
                claim. Calibration runs have settings of their own: other seeds of the scored settings
                would let a setting decide how it is scored itself

The constants were fixed before any run of the sweep was made. They are reasons, not fits. Known then were the
numbers of docs/figure5.md: when the seven settings of the default study peak and generalise. No curve was
looked at, and nothing was changed when the rule was tried on that study afterwards.

Adam moves a weight by up to the learning rate in a step. At step 1 / learning rate, the initial weights
(below 0.08) are therefore forgotten. So is the synergy of random features, which every run shows in its first
steps. A tenth of training is early. The smoothing is as wide as that of `phases`. The seeds of a run are not
independent cases, so that intervals resample whole runs (`bootstrap`).
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.signal import find_peaks

from grokking_phases.analysis.bootstrap import medians, resamples, with_interval
from grokking_phases.analysis.events import PUBLISHED
from grokking_phases.analysis.roc import auc, roc
from grokking_phases.analysis.smoothing import smoothed
from grokking_phases.recipe import Recipe

EARLY = 0.1  # q, as a part of the training steps
FORGOTTEN = 1.0  # learning rate x step from which the rule looks
SMOOTHING = 0.15  # standard deviation in ln step
DEFINED = 0.5  # least part of the window in which S must be defined
HOPELESS = 10.0  # weight decay from which no rule can miss

NULL = "synergy_shuffled_low"
PREDICTORS = ["synergy_peak", "weight_norm", "train_loss"]
SUBSETS = {"all": np.inf, f"weight decay < {HOPELESS:g}": HOPELESS}
OUTCOMES = {  # key: (the run generalises, this was predicted)
    (True, True): "hit",
    (True, False): "miss",
    (False, True): "false alarm",
    (False, False): "correct rejection",
}
COUNTS = {
    "hit": "hits",
    "miss": "misses",
    "false alarm": "false_alarms",
    "correct rejection": "correct_rejections",
}
COLUMNS = {
    "estimate": "str",  # name of the table of synergy
    "kind": "str",  # run | summary | roc
    "predictor": "str",
    # one run and seed
    "run": "str",
    "seed": "Int64",
    "role": "str",  # calibration | scored
    "weight_decay": "float64",
    "decided_at": "float64",  # q of the training steps
    "generalised_at": "float64",  # step; NaN: never
    "left_out": "str",  # the reason; None for a run that is kept
    "value": "float64",  # nats, L2 norm, nats
    "score": "float64",  # the value in the direction that speaks for generalising; NaN where left out
    "outcome": "str",
    "known_at": "float64",  # first step at which the rule could have known, if it predicts generalisation
    "lead": "float64",  # steps from known_at to generalised_at
    # all scored runs of a subset; the rows of runs have threshold, direction and undefined too
    "subset": "str",
    "threshold": "float64",  # of the score
    "direction": "float64",  # score = direction x value
    "n": "Int64",
    "n_left_out": "Int64",
    **dict.fromkeys(COUNTS.values(), "Int64"),
    **{f"{name}{end}": "float64" for name in ("auc", "gain", "lead_median") for end in ("", "_low", "_high")},
    "undefined": "str",  # why there is no AUC
    # a point of a curve
    "false_alarm_rate": "float64",
    "hit_rate": "float64",
}


@dataclass(frozen=True)
class Trial:
    """One run and seed: what each predictor may know, by step, and the outcome."""

    run: str
    seed: int
    weight_decay: float
    decided_at: float
    generalised_at: float
    left_out: str | None
    known: dict[str, pd.Series]


def predictions(
    curves: pd.DataFrame,
    estimates: dict[str, pd.DataFrame],
    nulls: dict[str, pd.DataFrame],
    runs: dict[str, dict],
    *,
    calibration: list[str],
    level: float = PUBLISHED.generalised,
) -> pd.DataFrame:
    """Return rows of `COLUMNS`: one for each run, seed and predictor, summaries, and points of ROC curves.

    Each subset of the scored runs has a summary and a curve for each predictor.

    curves: tidy; train_loss, test_accuracy and weight_norm of every run and seed.
    estimates: {name: tidy rows}; synergy, in nats, of one layer of the same runs and seeds.
    nulls: {name of an estimate: tidy rows}; its synergy_shuffled_low at some of the same steps. An estimate
        may have none.
    runs: their entries in the config, of which steps, learning_rate and weight_decay are read.
    calibration: the runs on which thresholds and directions are fixed; all others are scored.
    level: the test accuracy above which a run generalises.
    """
    parts = []
    for estimate, rows in estimates.items():
        synergy = rows[rows["metric"] == "synergy"]
        if estimate in nulls:
            synergy = pd.concat([synergy, nulls[estimate][nulls[estimate]["metric"] == NULL]])
        trials = list(observed(curves, synergy, runs, level))
        judged = pd.concat([judge(trials, predictor, calibration) for predictor in PREDICTORS])
        parts += [part.assign(estimate=estimate) for part in (judged, *summaries(judged))]
    return pd.concat(
        [part.reindex(columns=list(COLUMNS)).astype(COLUMNS) for part in parts], ignore_index=True
    )


def observed(
    curves: pd.DataFrame, synergy: pd.DataFrame, runs: dict[str, dict], level: float = PUBLISHED.generalised
) -> Iterator[Trial]:
    """Yield a trial for each run and seed, in ascending order, whatever the order of the rows."""
    evaluated, measured = by_series(curves), by_series(synergy)
    for (run, seed), curve in evaluated.items():
        # A run that diverged at once has no snapshots.
        snapshots = measured.get((run, seed), pd.DataFrame({"synergy": []}))
        reached = curve.index[curve["test_accuracy"] > level].min()
        yield observe((run, seed), curve, snapshots, Recipe(**runs[run]["training"]), reached)


def by_series(rows: pd.DataFrame) -> dict[tuple, pd.DataFrame]:
    """Return {(run, seed): table}, with steps ascending and a column for each metric."""
    wide = rows.pivot(index=["run", "seed", "step"], columns="metric", values="value")
    return {key: series.droplevel(["run", "seed"]) for key, series in wide.groupby(["run", "seed"])}


def observe(
    key: tuple[str, int],
    curve: pd.DataFrame,
    snapshots: pd.DataFrame,
    recipe: Recipe,
    generalised_at: float,
) -> Trial:
    """Return the trial of one run and seed (`key`).

    curve, snapshots: a row for each step, a column for each metric.
    """
    first, last = FORGOTTEN / recipe.learning_rate, EARLY * recipe.steps
    window = snapshots[(snapshots.index >= first) & (snapshots.index <= last)]
    now = curve[curve.index <= last].iloc[-1]
    return Trial(
        run=key[0],
        seed=key[1],
        weight_decay=recipe.weight_decay,
        decided_at=last,
        generalised_at=generalised_at,
        left_out=reason_to_leave_out(generalised_at <= last, now["train_loss"], window["synergy"]),
        known={
            "synergy_peak": peaks_so_far(window["synergy"], null_of(snapshots)),
            "weight_norm": pd.Series({last: now["weight_norm"]}),
            "train_loss": pd.Series({last: now["train_loss"]}),
        },
    )


def reason_to_leave_out(generalised: bool, train_loss: float, S: pd.Series) -> str | None:
    """Return why a run is not scored, or None if it is; S is the synergy in the window."""
    if generalised:
        return "generalised already"
    if not np.isfinite(train_loss):
        return "diverged"
    return None if S.notna().mean() >= DEFINED else "synergy undefined"


def null_of(snapshots: pd.DataFrame) -> pd.Series:
    """Return, by step, how much synergy chance has shown up to that step, in nats: at least 0."""
    if NULL not in snapshots:
        return pd.Series(0.0, snapshots.index)
    return (-snapshots[NULL]).cummax().ffill().fillna(0).clip(lower=0)


def peaks_so_far(omega: pd.Series, null: pd.Series) -> pd.Series:
    """Return, by step, the largest prominence that the data up to that step, with their null, have shown.

    omega: min Omega in the window; null: `null_of` the same run, at these steps and at earlier ones.
    """
    seen = ((-omega.iloc[: i + 1] - null[step]).clip(lower=0).dropna() for i, step in enumerate(omega.index))
    return pd.Series([prominence(S) for S in seen], omega.index, dtype=float).cummax()


def prominence(S: pd.Series) -> float:
    """Return the prominence of the largest peak of S, smoothed; 0 if it has none."""
    return find_peaks(smoothed(S, SMOOTHING), prominence=0)[1]["prominences"].max(initial=0.0)


def judge(trials: list[Trial], predictor: str, calibration: list[str]) -> pd.DataFrame:
    """Return a row for each trial: the prediction of one predictor, and its outcome."""
    rows = pd.DataFrame(trials).drop(columns="known").assign(kind="run", predictor=predictor)
    rows["role"] = np.where(rows["run"].isin(calibration), "calibration", "scored")
    rows["value"] = [np.nan if trial.left_out else trial.known[predictor].iloc[-1] for trial in trials]
    generalised = rows["generalised_at"].notna()
    fixing = (rows["role"] == "calibration") & rows["left_out"].isna()
    direction, threshold = calibrated(rows.loc[fixing, "value"], generalised[fixing], predictor)
    rows["score"] = direction * rows["value"]
    outcomes = [OUTCOMES[pair] for pair in zip(generalised, rows["score"] >= threshold, strict=True)]
    rows["outcome"] = pd.Series(outcomes).where(rows["score"].notna() & pd.notna(threshold), None)
    rows["known_at"] = [first_reached(direction * trial.known[predictor], threshold) for trial in trials]
    rows["known_at"] = rows["known_at"].where(rows["outcome"].isin(["hit", "false alarm"]))
    undefined = one_class(generalised[fixing], "of the calibration runs")
    lead = rows["generalised_at"] - rows["known_at"]
    return rows.assign(lead=lead, direction=direction, threshold=threshold, undefined=undefined)


def calibrated(values: pd.Series, generalised: pd.Series, predictor: str) -> tuple[float, float]:
    """Return the direction, and the threshold of direction x value, with the largest Youden index.

    The threshold is NaN if all or none of the runs generalise, and so is the direction of a baseline.
    """
    side = np.sign(auc(values, generalised).item() - 0.5) or 1.0
    direction = 1.0 if predictor == "synergy_peak" else side
    points = roc(direction * values, generalised)
    youden = (points["hit_rate"] - points["false_alarm_rate"]).to_numpy()
    return direction, np.nan if np.isnan(youden).any() else points["threshold"].iloc[youden.argmax()]


def first_reached(scores: pd.Series, threshold: float) -> float:
    """Return the first step at which the score is at or above the threshold, or NaN."""
    return scores.index[scores >= threshold].min()


def summaries(judged: pd.DataFrame) -> Iterator[pd.DataFrame]:
    """Yield a summary and the points of a ROC curve for each subset of scored runs and each predictor."""
    for subset, limit in SUBSETS.items():
        rows = judged[(judged["role"] == "scored") & (judged["weight_decay"] < limit)]
        kept = {name: rows[(rows["predictor"] == name) & rows["left_out"].isna()] for name in PREDICTORS}
        # All predictors have the same trials in the same order, so that one set of resamples serves them all.
        first = kept[PREDICTORS[0]]
        generalised, weights = first["generalised_at"].notna(), resamples(first["run"])
        aucs = {name: auc(chosen["score"], generalised, weights) for name, chosen in kept.items()}
        for name, chosen in kept.items():
            said = counts(chosen) | {"n_left_out": len(rows) // len(PREDICTORS) - len(chosen)}
            said |= with_interval("auc", aucs[name]) | with_interval("gain", aucs[PREDICTORS[0]] - aucs[name])
            said |= with_interval("lead_median", medians(chosen["lead"], weights))
            said["undefined"] = one_class(generalised, "of the scored runs") or fixed(
                judged, name, "undefined"
            )
            said |= {column: fixed(judged, name, column) for column in ("direction", "threshold")}
            points = roc(chosen["score"], generalised)
            yield pd.DataFrame([said]).assign(kind="summary", subset=subset, predictor=name)
            yield points.assign(kind="roc", subset=subset, predictor=name)


def fixed(judged: pd.DataFrame, predictor: str, column: str) -> object:
    """Return the value of a column that the calibration runs fixed for a predictor."""
    return judged.loc[judged["predictor"] == predictor, column].iloc[0]


def counts(chosen: pd.DataFrame) -> dict[str, int]:
    """Return {column: number of rows}: all rows of a predictor (`n`), and those of each outcome."""
    return {"n": len(chosen)} | {
        column: (chosen["outcome"] == outcome).sum() for outcome, column in COUNTS.items()
    }


def one_class(generalised: pd.Series, which: str) -> str | None:
    """Return why there is no AUC, or None if there is one; `which` names the runs: `of the scored runs`."""
    if generalised.empty:
        return f"none {which} is left"
    if generalised.nunique() == 1:
        return f"all {which} generalise" if generalised.iloc[0] else f"none {which} generalises"
    return None
