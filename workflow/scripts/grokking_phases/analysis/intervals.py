"""Intervals of medians over seeds, and the ends of 95 % intervals of resamples."""

import numpy as np
from scipy.stats import binom

LEVEL = 0.95
TAILS = [(1 - LEVEL) / 2, (1 + LEVEL) / 2]


def median_interval(values: np.ndarray) -> tuple[float, float, float]:
    """Return the median of the values (n,) and the two ends of its exact 95 % interval.

    The ends are two of the values, the k-th least and the k-th greatest. The interval misses the median of
    the distribution with probability 2 P(at most k - 1 of n coins show heads), whatever the distribution, and
    k is the largest for which this is at most 5 %. For fewer than nine values the interval is their range. It
    holds the true median in 94 of 100 cases for five values, 75 for three, 50 for two.

    All three are NaN where there are no values. Values may be infinite, and their order does not matter.
    """
    values = np.sort(np.asarray(values, dtype=np.float64))
    n = len(values)
    if not n:
        return np.nan, np.nan, np.nan
    k = max(int(binom.ppf(TAILS[0], n, 0.5)), 1)  # P(at most k - 1) is below 2.5 %, unless k is 1
    return float(np.median(values)), float(values[k - 1]), float(values[n - k])
