"""Spearman's rank correlation with an interval."""

import numpy as np
from scipy.stats import norm, rankdata

from grokking_phases.analysis.intervals import TAILS


def rank_correlation(x: np.ndarray, y: np.ndarray) -> tuple[float, float, float]:
    """Return Spearman's correlation of x and y (n,) and the two ends of its 95 % interval.

    The interval is that of Bonett & Wright (2000, Psychometrika 65, 23-28): normal in Fisher's z, with the
    variance (1 + r^2 / 2) / (n - 3). Where all pairs are in one order, it is that of a table in which two
    neighbours are swapped, up to 1. NaN for fewer than four pairs, and where x or y is constant. Of normal
    variables, it holds the truth in 95 to 97 % of draws up to a correlation of 0.9, and in 92 % at 0.97.
    """
    n, x, y = len(x), rankdata(x), rankdata(y)
    if n < 4 or np.ptp(x) == 0 or np.ptp(y) == 0:
        return np.nan, np.nan, np.nan
    r = float(np.corrcoef(x, y)[0, 1])
    most = 1 - 12 / (n * (n**2 - 1))
    near = np.clip(r, -most, most)
    reach = norm.ppf(TAILS[1]) * np.sqrt((1 + near**2 / 2) / (n - 3))
    low, high = np.tanh(np.arctanh(near) + np.array([-reach, reach]))
    return r, float(min(low, r)), float(max(high, r))
