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

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Literal

import numpy as np
from scipy.special import ndtri

Ties = Literal["average", "paper", "index", "random"]


@dataclass(frozen=True)
class Ranks:
    """Every variable, sorted. Two arrays, n_features x n_samples."""

    order: np.ndarray  # the sample at each place of the sorted variable
    twice: np.ndarray  # twice the mean of the places, from 0, that its tie group takes: an integer

    @classmethod
    def of(cls, X: np.ndarray, ties: Ties = "average") -> "Ranks":
        """Sort each column of X (n_samples x n_features) as `ties` wants it. ValueError: X has a NaN."""
        rows = np.ascontiguousarray(np.transpose(X), dtype=np.float64)
        order, twice = np.empty(rows.shape, np.intp), np.empty(rows.shape, np.intp)
        for some in few(rows):
            if np.isnan(rows[some]).any():
                raise ValueError("A NaN has no rank: the samples must be free of NaN.")
            order[some], values = (default_sort if ties == "paper" else stable_sort)(rows[some])
            twice[some] = _twice_mean_places(values)
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
            order = np.empty_like(order)
            for some in few(order):
                shuffled, _ = stable_sort(self.twice[some] + rng.random(order[some].shape))
                order[some] = _taken(self.order[some], shuffled)
        return self._scores(order, np.broadcast_to(2 * np.arange(order.shape[1]), order.shape))

    @staticmethod
    def _scores(order: np.ndarray, twice: np.ndarray) -> np.ndarray:
        table = _scores_of_places(order.shape[1])
        return at_samples(order, (table[places] for places in twice), np.float64)


@lru_cache(maxsize=1)
def _scores_of_places(n_samples: int) -> np.ndarray:
    """Entry t, of 0 to 2 n_samples - 2, is the score of rank t/2 + 1: a mean rank is an integer or a half more."""
    return ndtri((np.arange(2 * n_samples - 1) / 2 + 1) / (n_samples + 1))


def at_samples(order: np.ndarray, ascending: Iterable[np.ndarray], dtype: np.dtype | type) -> np.ndarray:
    """Sorted variables, each (n_samples,), back at their samples (n_samples x n_features); order: as in `Ranks`."""
    rows = np.empty(order.shape, dtype)
    for row, samples, values in zip(rows, order, ascending, strict=True):
        row[samples] = values
    return rows.T


def default_sort(rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The order that numpy's default sort leaves each row (n_features x n_samples) in, and the rows so sorted."""
    order = np.argsort(rows, axis=1)
    return order, _taken(rows, order)


def stable_sort(rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The same of a stable sort, for floats free of NaN.

    numpy sorts numbers faster than places. So numbers are sorted that carry their place in their last bits, and in the
    others a value: all of a float32, and of a float64 enough that places almost never decide between different values.
    """
    bits = np.add(rows, 0.0, dtype=np.float64).view(np.int64)  # the sum turns -0 into 0
    numbers = bits ^ (bits >> 63 & np.iinfo(np.int64).max)  # ascend as the floats do
    n_samples = rows.shape[1]
    places = (1 << (n_samples - 1).bit_length()) - 1
    numbers &= ~places
    numbers |= np.arange(n_samples)
    numbers.sort(axis=1)
    order = numbers & places
    values = _taken(rows, order)
    if (values[:, 1:] < values[:, :-1]).any():
        order = np.argsort(rows, axis=1, kind="stable")
        values = _taken(rows, order)
    return order, values


def few(rows: np.ndarray) -> Iterator[slice]:
    """All rows, a few at a time: work on these stays in the cache."""
    return (slice(first, first + 8) for first in range(0, len(rows), 8))


def _taken(rows: np.ndarray, places: np.ndarray) -> np.ndarray:
    """np.take_along_axis(rows, places, axis=1), faster."""
    return rows.ravel().take(places + np.arange(0, rows.size, rows.shape[1])[:, None])


def _twice_mean_places(values: np.ndarray) -> np.ndarray:
    """First plus last place of each place's tie group, in values (n_features x n_samples) whose rows are sorted."""
    starts = np.ones(values.shape, bool)
    np.not_equal(values[:, 1:], values[:, :-1], out=starts[:, 1:])
    if starts.all():
        return np.broadcast_to(2 * np.arange(values.shape[1]), values.shape)
    bounds = np.append(np.flatnonzero(starts), values.size)
    twice = np.repeat(bounds[1:] + bounds[:-1] - 1, np.diff(bounds)).reshape(values.shape)
    return twice - 2 * values.shape[1] * np.arange(len(values))[:, None]  # counted from the row's own first
