"""Means of a layer's units, without rounding for a constant unit."""

import numpy as np


def column_means(T: np.ndarray) -> np.ndarray:
    """Return the mean of each column of T (n_samples, width), in float64.

    The mean of a constant column is exactly its value.
    """
    T = np.asarray(T, dtype=np.float64)
    return T[0] + (T - T[0]).mean(axis=0)
