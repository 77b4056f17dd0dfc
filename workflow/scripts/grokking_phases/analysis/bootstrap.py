"""The bootstrap over runs, each with all its seeds: weights of resamples, medians and intervals."""

import numpy as np
import pandas as pd

from grokking_phases.analysis.intervals import TAILS

RESAMPLES, RANDOM_STATE = 2000, 0


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
