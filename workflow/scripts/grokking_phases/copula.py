"""Normal scores: each variable's ranks, mapped to the quantiles of a standard normal (a Gaussian copula).

    score = ndtri(rank / (n_samples + 1)),  rank = 1 .. n_samples        (Ince et al. 2017, doi:10.1002/hbm.23471)

A rank among equal values is arbitrary, and half of a ReLU's values are equal, so the rule is an option, `ties`:

    average   all members of a tie group get its mean rank: independent columns stay uncorrelated
    paper     ranks by sorting twice with numpy's default sort, as published: whatever order that leaves ties in,
              which varies with numpy and CPU
    index     the same with a stable sort: tied samples are ranked by their number
    random    ties are ranked in a random order, drawn for each variable apart

The last three invent structure within ties; `paper` and `index` invent the same structure in every column, and so
correlate columns that are independent.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal, get_args

import numpy as np
from scipy.special import ndtri

Ties = Literal["average", "paper", "index", "random"]


@dataclass(frozen=True)
class Ranks:
    """Every variable, sorted. Two arrays, n_features x n_samples.

    Variables are sorted one after another, so that the work on each stays in the cache.
    """

    order: np.ndarray  # the sample at each place of the sorted variable
    twice: np.ndarray  # twice the mean of the places, from 0, that its tie group takes: an integer

    @classmethod
    def of(cls, X: np.ndarray, ties: Ties = "average") -> "Ranks":
        """Sort each column of X (n_samples x n_features) as `ties` wants it. ValueError: X has a NaN."""
        single = ties != "paper" and np.asarray(X).dtype == np.float32
        rows = np.ascontiguousarray(np.transpose(X), dtype=np.float32 if single else np.float64)
        if np.isnan(rows).any():
            raise ValueError("A NaN has no rank: the samples must be free of NaN.")
        argsort = np.argsort if ties == "paper" else stable_argsort
        order, twice = np.empty(rows.shape, np.intp), np.empty(rows.shape, np.intp)
        for i, row in enumerate(rows):
            order[i] = argsort(row)
            twice[i] = _twice_mean_places(row[order[i]])
        return cls(order, twice)

    def shuffled(self, rng: np.random.Generator) -> "Ranks":
        """The same values, their samples in an order drawn for each variable apart: independent variables.

        The ranks are those that `average` and `random` give to the shuffled samples; `paper` and `index` rank ties by
        where they stand, and so must sort again.
        """
        return Ranks(rng.permuted(self.order, axis=1), self.twice)

    @cached_property
    def average(self) -> np.ndarray:
        """Normal scores (n_samples x n_features) of mean ranks."""
        return self._scores(self.order, self.twice)

    def scores(self, ties: Ties, rng: np.random.Generator) -> np.ndarray:
        """Normal scores (n_samples x n_features) under `ties`; `random` draws once."""
        if ties == "average":
            return self.average
        order = self.order
        if ties == "random":
            shuffled = np.argsort(self.twice + rng.random(order.shape), axis=1)
            order = np.take_along_axis(order, shuffled, axis=1)
        return self._scores(order, np.broadcast_to(2 * np.arange(order.shape[1]), order.shape))

    @staticmethod
    def _scores(order: np.ndarray, twice: np.ndarray) -> np.ndarray:
        # A mean rank is a half-integer, so all scores come from one table: entry t is the score of rank t/2 + 1.
        n_samples = order.shape[1]
        table = ndtri((np.arange(2 * n_samples - 1) / 2 + 1) / (n_samples + 1))
        return at_samples(order, (table[places] for places in twice), np.float64)


def at_samples(order: np.ndarray, ascending: Iterable[np.ndarray], dtype: np.dtype | type) -> np.ndarray:
    """Sorted variables, each (n_samples,), back at their samples (n_samples x n_features); order: as in `Ranks`."""
    rows = np.empty(order.shape, dtype)
    for row, samples, values in zip(rows, order, ascending, strict=True):
        row[samples] = values
    return rows.T


def stable_argsort(row: np.ndarray) -> np.ndarray:
    """np.argsort(row, kind="stable"), free of NaN; of float32 through two radix sorts, which numpy has for 16 bits."""
    if row.dtype != np.float32:
        return np.argsort(row, kind="stable")
    bits = (row + np.float32(0)).view(np.uint32)  # the sum turns -0 into 0
    keys = np.where(bits >> 31, ~bits, bits | np.uint32(1 << 31))  # ascend as the floats do
    order = np.argsort(keys.astype(np.uint16), kind="stable")
    upper = (keys >> 16).astype(np.uint16)
    return order[np.argsort(upper[order], kind="stable")]


def _twice_mean_places(values: np.ndarray) -> np.ndarray:
    """First plus last place of each place's tie group, in values (n_samples,) that are sorted."""
    starts = np.flatnonzero(np.concatenate([[True], values[1:] != values[:-1]]))
    sizes = np.diff(starts, append=len(values))
    return np.repeat(2 * starts + sizes - 1, sizes)


def check_choice(option: str, value: object, choices: Any) -> None:
    """ValueError, in one sentence, unless `value` is one of a Literal type's."""
    if value not in get_args(choices):
        raise ValueError(f"{option} must be one of {', '.join(get_args(choices))}, not {value!r}.")
