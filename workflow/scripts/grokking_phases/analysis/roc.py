"""ROC curve and AUC of scores that tell runs that generalise from others, with bootstrap intervals over runs.

AUC = P(a run that generalises scores higher than one that does not). A tie counts as a half, which is what
midranks give.
"""

import warnings

import numpy as np
import pandas as pd

from grokking_phases.analysis.intervals import TAILS

RESAMPLES, RANDOM_STATE = 2000, 0


def roc(scores: pd.Series, generalised: pd.Series) -> pd.DataFrame:
    """Return the rates at each threshold: one that no score reaches, then each distinct score, descending.

    Without runs that generalise, or without runs that do not, the rate among them is NaN. Both rates are
    NaN if there are no scores, or if one is missing.
    """
    # Imported here because it takes two seconds, and the figure reads only constants from this package.
    from sklearn.metrics import roc_curve

    if scores.empty or scores.isna().any():
        return pd.DataFrame({"threshold": [np.inf], "false_alarm_rate": np.nan, "hit_rate": np.nan})
    with warnings.catch_warnings(action="ignore"):  # a rate without runs is NaN, with a warning
        alarm, hit, thresholds = roc_curve(generalised, scores, drop_intermediate=False)
    return pd.DataFrame({"threshold": thresholds, "false_alarm_rate": alarm, "hit_rate": hit})


def auc(scores: pd.Series, generalised: pd.Series, weights: np.ndarray | None = None) -> np.ndarray:
    """Return the AUC for each row of weights; NaN unless both classes are there.

    weights: n_resamples x n_trials, how often each trial counts. Without them, each counts once.
    """
    # scikit-learn's roc_auc_score takes one set of weights at a time, and some milliseconds for each. That is
    # minutes for 2000 resamples of each predictor and subset. Whole counts of pairs also make an area of
    # a half exact, which gives a baseline no direction.
    scores, positive = scores.to_numpy(dtype=float), generalised.to_numpy(dtype=bool)
    weights = np.ones((1, len(scores))) if weights is None else weights
    higher = (np.sign(scores[:, None] - scores) + 1) / 2  # n_trials x n_trials
    of_positive, of_negative = weights * positive, weights * ~positive
    pairs = of_positive.sum(axis=1) * of_negative.sum(axis=1)
    return (of_positive @ higher * of_negative).sum(axis=1) / np.where(pairs > 0, pairs, np.nan)


def resamples(runs: pd.Series) -> np.ndarray:
    """Return weights, (1 + RESAMPLES) x n_trials: 1 each, then how often a run is drawn with replacement."""
    names, of_trial = np.unique(runs, return_inverse=True)
    n_runs = len(names) or 1  # multinomial needs a class; without runs there are no columns anyway
    drawn = np.random.default_rng(RANDOM_STATE).multinomial(n_runs, np.full(n_runs, 1 / n_runs), RESAMPLES)
    return np.vstack([np.ones(len(runs)), drawn[:, of_trial]])


def medians(values: pd.Series, weights: np.ndarray) -> np.ndarray:
    """Return the median of the values that are defined, in each resample; NaN if a resample has none."""
    values, weights = values[values.notna()].to_numpy(), weights[:, values.notna()]
    if not len(values):
        return np.full(len(weights), np.nan)
    order = np.argsort(values)
    so_far = weights[:, order].cumsum(axis=1)  # n_resamples x n_values
    total = so_far[:, -1:]
    low, high = ((so_far > (total - 1 + step) // 2).argmax(axis=1) for step in (0, 1))
    return np.where(total[:, 0] > 0, (values[order][low] + values[order][high]) / 2, np.nan)


def with_interval(name: str, resampled: np.ndarray) -> dict[str, float]:
    """Return {name, name_low, name_high}: the first value, and percentiles of the others that are defined."""
    value, defined = resampled[0], resampled[1:][~np.isnan(resampled[1:])]
    low, high = np.quantile(defined, TAILS) if len(defined) and not np.isnan(value) else (np.nan, np.nan)
    return {name: value, f"{name}_low": low, f"{name}_high": high}
