"""Means of a layer's units."""

import numpy as np


def column_means(T: np.ndarray) -> np.ndarray:
    """Mean of each column of T (n_samples, width), in float64; exactly its value in a constant column."""
    T = np.asarray(T, dtype=np.float64)
    return T[0] + (T - T[0]).mean(axis=0)
