"""ROC curve and AUC of scores that tell runs that generalise from others.

AUC = P(a run that generalises scores higher than one that does not). A tie counts as a half, which is what
midranks give.
"""

import warnings

import numpy as np
import pandas as pd


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
