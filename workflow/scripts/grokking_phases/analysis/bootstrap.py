"""Medians over seeds, with percentile bootstrap intervals."""

import numpy as np

DRAWS, LEVEL = 10_000, 0.95
TAILS = [(1 - LEVEL) / 2, (1 + LEVEL) / 2]


def median_interval(values: np.ndarray, seed: int = 0) -> tuple[float, float, float]:
    """Return the median of the values (n,) and the two ends of its 95 % percentile bootstrap interval.

    All three are NaN where there are no values. Values may be infinite, and their order does not matter. For
    up to five values the interval is their range. It holds the true median in 94 of 100 cases for five
    values, 75 for three, 50 for two.
    """
    values = np.sort(np.asarray(values, dtype=np.float64))
    if not len(values):
        return np.nan, np.nan, np.nan
    draws = np.random.default_rng(seed).integers(len(values), size=(DRAWS, len(values)))
    medians = np.median(values[draws], axis=1)
    low, high = np.quantile(medians, TAILS, method="nearest")  # interpolation fails on infinity
    return float(np.median(values)), float(low), float(high)
