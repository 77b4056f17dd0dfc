"""Scales of a layer, by which squares of its activations neither overflow nor vanish."""

import numpy as np

from grokking_phases.estimators._column_means import column_means


def power_of_two(values: np.ndarray, axis: int | None = None) -> np.ndarray:
    """Return the power of two at or below the largest size among the values; 1 where all are 0.

    Division by it is exact.
    """
    largest = np.abs(values).max(axis=axis)
    return np.where(largest > 0, np.ldexp(1.0, np.frexp(largest)[1] - 1), 1.0)


def unit_spread(T: np.ndarray) -> np.ndarray:
    """Return T (n_samples, width) with each column divided by its standard deviation.

    A constant column stays as it is. Equal values stay equal.
    """
    centred = T - column_means(T)
    scale = power_of_two(centred, axis=0)
    deviation = (centred / scale).std(axis=0)
    return T / scale / np.where(deviation > 0, deviation, 1.0)
