"""Time scales of many runs, of which some are censored: later than a bound, or never.

Two runs have an order that may be unknown, and two time scales a distance that may be known between bounds
only. For a slope, what is censored is replaced by its expected value, in a linear model with normal errors
that is fitted by expectation and maximisation (Tobit).
"""

from typing import NamedTuple

import numpy as np
from scipy.special import log_ndtr

ITERATIONS, CLOSE = 200, 1e-6  # of expectation and maximisation


class Scale(NamedTuple):
    """One time scale of each run: log10 of its step, or of the bound after which it is where censored."""

    x: np.ndarray
    censored: np.ndarray


def distances(first: Scale, second: Scale) -> tuple[np.ndarray, np.ndarray]:
    """Return the least and the most that |log10(second / first)| can be, for each run."""
    apart = second.x - first.x
    censored = first.censored | second.censored
    # A censored one is after its bound, and the other one is nearest to it if that is after the bound, too.
    after = np.where(first.censored, -apart, apart)
    least = np.where(first.censored & second.censored, 0.0, np.maximum(after, 0.0))
    return np.where(censored, least, np.abs(apart)), np.where(censored, np.inf, np.abs(apart))


def order(scale: Scale) -> np.ndarray:
    """Return 1 where the row's run is known to be later than the column's, -1 where earlier, else 0."""
    x, seen = scale.x, ~scale.censored
    # What is censored is later than its bound, and so later than all that happened up to it.
    earlier = seen[:, None] & np.where(seen, x[:, None] < x, x[:, None] <= x)
    return earlier.T.astype(int) - earlier


def uncensored(scale: Scale, tasks: np.ndarray, predictors: list[np.ndarray]) -> np.ndarray:
    """Return log10 steps, the censored ones replaced by their expected value beyond their bound.

    The model is linear in the predictors, with an intercept for each task and normal errors. NaN throughout
    if it has no more steps that were found than coefficients, or if a predictor is NaN.
    """
    y, bound = scale.x.copy(), scale.x[scale.censored]
    if not scale.censored.any():
        return y
    X = np.column_stack([tasks == task for task in sorted({*tasks})] + predictors).astype(float)
    if (~scale.censored).sum() <= X.shape[1] or np.isnan(X).any():
        return np.full_like(y, np.nan)
    hat, variance = X @ np.linalg.pinv(X), np.zeros_like(y)
    for _ in range(ITERATIONS):
        mean = hat @ y
        sd = np.sqrt(np.mean((y - mean) ** 2 + variance))
        expected, variance[scale.censored] = beyond(bound, mean[scale.censored], max(sd, CLOSE))
        done = np.abs(expected - y[scale.censored]).max() < CLOSE
        y[scale.censored] = expected
        if done:
            break
    return y


def beyond(bound: np.ndarray, mean: np.ndarray, sd: float) -> tuple[np.ndarray, np.ndarray]:
    """Return mean and variance of a normal variable beyond a bound."""
    z = (bound - mean) / sd
    hazard = np.exp(-(z**2) / 2 - log_ndtr(-z)) / np.sqrt(2 * np.pi)
    return mean + sd * hazard, sd**2 * np.clip(1 + z * hazard - hazard**2, 0, 1)
