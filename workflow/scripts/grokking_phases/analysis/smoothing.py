"""Smoothing of a curve without lag, by a Gaussian in ln step.

The value at step t becomes the mean of all values with weights

    w(s) = exp(-(ln s - ln t)^2 / (2 width^2)),    normalised to sum 1 over the steps s that have a value.
"""

import numpy as np
import pandas as pd


def smoothed(curve: pd.Series, width: float) -> pd.Series:
    """Return the smoothed curve, ordered by step, without step 0 and steps whose value is NaN.

    curve: indexed by distinct steps.
    width: the Gaussian's standard deviation in ln step.
    """
    curve = curve[curve.index > 0].dropna().sort_index()
    log_steps = np.log(curve.index.to_numpy(dtype=float))
    weights = np.exp(-0.5 * ((log_steps[:, None] - log_steps) / width) ** 2)  # n_steps x n_steps
    return pd.Series((weights * curve.to_numpy(dtype=float)).sum(axis=1) / weights.sum(axis=1), curve.index)
