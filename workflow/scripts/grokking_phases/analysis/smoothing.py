"""Smoothing of a curve without lag, by a Gaussian in ln step.

The value at step t becomes the mean of all values with weights

    w(s) = exp(-(ln s - ln t)^2 / (2 width^2)),    normalised to sum 1 over the steps s that have a value.
"""

from functools import lru_cache

import numpy as np
import pandas as pd


def smoothed(curve: pd.Series, width: float) -> pd.Series:
    """Return the smoothed curve, ordered by step, without step 0 and steps whose value is not finite.

    curve: indexed by distinct steps.
    width: the Gaussian's standard deviation in ln step.
    """
    curve = defined(curve)
    return pd.Series(weights(tuple(curve.index), width) @ curve.to_numpy(dtype=float), curve.index)


def defined(curve: pd.Series) -> pd.Series:
    """Return a curve ordered by step, without step 0 and steps whose value is not finite."""
    steps, finite = curve.index.to_numpy(), np.isfinite(curve.to_numpy(dtype=float))
    if (steps > 0).all() and finite.all() and (np.diff(steps) > 0).all():
        return curve
    return curve[(curve.index > 0) & finite].sort_index()


@lru_cache(maxsize=16)
def weights(steps: tuple[int, ...], width: float) -> np.ndarray:
    """Return the weights (n_steps, n_steps) that smooth a curve at these steps; each row sums to 1."""
    log_steps = np.log(np.array(steps, dtype=float))
    weights = np.exp(-0.5 * ((log_steps[:, None] - log_steps) / width) ** 2)
    return weights / weights.sum(axis=1, keepdims=True)


def no_finer_than_spacing(width: float, curve: pd.Series) -> float:
    """Return the width or, if it is larger, the median spacing of the curve's steps > 0 in ln step."""
    steps = defined(curve).index.to_numpy(dtype=float)
    return max(width, float(np.median(np.diff(np.log(steps))))) if len(steps) > 1 else width
