"""Normal scores: each variable's ranks, mapped to the quantiles of a standard normal (a Gaussian copula).

    score = ndtri(rank / (n_samples + 1)),  rank = 1 .. n_samples   (Ince et al. 2017, doi:10.1002/hbm.23471)

The ranks of equal values are arbitrary, and half of a ReLU's values are equal. The option `ties` chooses a
rule:

    average   Every member of a tie group gets the group's mean rank. Independent columns stay uncorrelated.
    paper     Ranks come from sorting twice with numpy's default sort, as published. Ties stay in the order in
              which that sort leaves them on a processor without AVX2 and AVX-512.
    index     Ranks come from sorting twice with a stable sort. Tied samples are ranked by their place.
    random    Ties are ranked in a random order, drawn for each variable separately.

The last three invent structure within ties. `paper` and `index` invent the same structure in every column,
and so correlate columns that are independent. Their results depend on the order of the samples.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import ndtri

from grokking_phases.arguments import check_choice
from grokking_phases.samples import take_samples

Ties = Literal["average", "paper", "index", "random"]


def normal_scores(X: ArrayLike, *, ties: Ties = "average", seed: int = 0) -> np.ndarray:
    """Return the normal scores of each column of X (n_samples x n_features), in the shape of X.

    The rule `random` is one draw. A constant column has scores of 0 under mean ranks, and the scale of a
    column does not matter. Raise ValueError for an unknown rule for ties, or samples that are no table of
    numbers; infinite ones have a rank.

    >>> from grokking_phases import normal_scores
    >>> normal_scores([[1.0], [100.0], [10.0], [10.0]]).round(2).ravel().tolist()
    [-0.84, 0.84, 0.0, 0.0]
    """
    check_choice("ties", ties, Ties)
    X, _ = take_samples(X, names=("X", ""), finite=False, at_least=1)
    rows, rng = X.T, np.random.default_rng(seed)
    scores = np.empty(rows.shape)
    for chunk in row_chunks(rows):
        scores[chunk] = rank_columns(rows[chunk].T, ties).scores(ties, rng).T
    return scores.T


def score_covariances(ranks: "Ranks", ties: Ties, n_draws: int, seed: int) -> Iterator[np.ndarray]:
    """Yield the covariance of the scores (n_features x n_features).

    It is yielded `n_draws` times if ties are random, else once.
    """
    rng = np.random.default_rng(seed)
    for _ in range(n_draws if ties == "random" else 1):
        scores = ranks.scores(ties, rng)
        centred = scores - scores.mean(axis=0)
        yield centred.T @ centred / (len(centred) - 1)


def rank_columns(X: np.ndarray, ties: Ties = "average") -> "Ranks":
    """Return the ranks of each column of X (n_samples x n_features); raise ValueError if X has a NaN."""
    sort = default_sort if ties == "paper" else stable_sort
    is_single = getattr(X, "dtype", None) == np.float32 and sort is stable_sort
    rows = np.ascontiguousarray(np.transpose(X), dtype=np.float32 if is_single else np.float64)
    order, doubled_places = np.empty(rows.shape, np.intp), np.empty(rows.shape, np.intp)
    for chunk in row_chunks(rows):
        if np.isnan(rows[chunk]).any():
            raise ValueError("X holds a NaN, which has no rank; give samples without NaN.")
        order[chunk], values = sort(rows[chunk])
        doubled_places[chunk] = _doubled_mean_places(values)
    return Ranks(order, doubled_places)


@dataclass(frozen=True)
class Ranks:
    """The sorted variables, as two arrays (n_features x n_samples)."""

    order: np.ndarray  # the sample at each place of the sorted variable
    doubled_places: np.ndarray  # twice the mean place (from 0) of its tie group: a whole number

    def select(self, variables: np.ndarray) -> "Ranks":
        """Return the ranks of some variables, given as a mask or as numbers."""
        return Ranks(self.order[variables], self.doubled_places[variables])

    def shuffled(self, rng: np.random.Generator) -> "Ranks":
        """Return ranks of the same values with the samples of each variable permuted independently.

        They are the ranks that `average` and `random` give to the shuffled samples. `paper` and `index` rank
        ties by their position, so under these rules the shuffled samples must be sorted again.
        """
        return Ranks(rng.permuted(self.order, axis=1), self.doubled_places)

    @cached_property
    def average(self) -> np.ndarray:
        """Return the normal scores (n_samples x n_features) of mean ranks."""
        return _scores(self.order, self.doubled_places)

    @property
    def mean_places(self) -> np.ndarray:
        """Return twice the mean place of each sample (n_samples x n_features), from 0 to 2 n_samples - 2."""
        return restore_order(self.order, self.doubled_places, np.int64)

    def scores(self, ties: Ties, rng: np.random.Generator) -> np.ndarray:
        """Return the normal scores (n_samples x n_features) under the rule `ties`; `random` draws once."""
        if ties == "average":
            return self.average
        order = self._order_of_random_ties(rng) if ties == "random" else self.order
        return _scores(order, np.broadcast_to(2 * np.arange(order.shape[1]), order.shape))

    def _order_of_random_ties(self, rng: np.random.Generator) -> np.ndarray:
        order = np.empty_like(self.order)
        for chunk in row_chunks(order):
            shuffled, _ = stable_sort(self.doubled_places[chunk] + rng.random(order[chunk].shape))
            order[chunk] = _take_along_rows(self.order[chunk], shuffled)
        return order


def _scores(order: np.ndarray, doubled_places: np.ndarray) -> np.ndarray:
    """Return the scores (n_samples x n_features) of sorted variables, from their order and doubled places."""
    table = _scores_of_places(order.shape[1])
    return restore_order(order, (table[places] for places in doubled_places), np.float64)


@lru_cache(maxsize=1)
def _scores_of_places(n_samples: int) -> np.ndarray:
    """Return the scores of the ranks t/2 + 1 for t = 0 .. 2 n_samples - 2.

    A mean rank is a whole number or a half more.
    """
    return ndtri((np.arange(2 * n_samples - 1) / 2 + 1) / (n_samples + 1))


def restore_order(order: np.ndarray, ascending: Iterable[np.ndarray], dtype: np.dtype | type) -> np.ndarray:
    """Return sorted variables, (n_samples,) each, in the samples' order (n_samples x n_features)."""
    rows = np.empty(order.shape, dtype)
    for row, samples, values in zip(rows, order, ascending, strict=True):
        row[samples] = values
    return rows.T


def default_sort(rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the order and the sorted rows by numpy's default sort of each row (n_features x n_samples).

    From version 1.25, numpy sorts float64 by another algorithm where the processor has AVX-512, later also
    where it has AVX2, and each leaves ties in an order of its own. It sorts times as it always did. So the
    floats become times, and ranks are the same on every processor.
    """
    bits = _ascending((rows + 0.0).view(np.int64))  # adding 0 turns -0 into 0
    order = np.argsort(bits.view("timedelta64[s]"), axis=1)
    return order, _take_along_rows(rows, order)


def stable_sort(rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the order and the sorted rows by a stable sort of each row (n_features x n_samples, no NaN)."""
    with np.errstate(over="ignore"):
        single = rows.astype(np.float32)
    return _sort_single(single) if (single == rows).all() else _sort_double(rows)


def _sort_single(rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return `stable_sort` of float32, first by the last 16 bits and then by the first 16.

    numpy's stable sort of 16 bits is a radix sort.
    """
    rows = rows + np.float32(0)  # turns -0 into 0
    bits = _ascending(rows.view(np.int32))
    order = np.argsort(bits.astype(np.uint16), axis=1, kind="stable")
    first = _take_along_rows((bits >> 16).astype(np.int16), order)
    order = _take_along_rows(order, np.argsort(first, axis=1, kind="stable"))
    return order, _take_along_rows(rows, order)


def _sort_double(rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return `stable_sort` of float64, whose last bits make room for the place.

    numpy sorts numbers faster than it finds their order. The bits that remain are so many that places almost
    never decide between different floats. Where places do decide, numpy's own stable sort is used.
    """
    numbers = _ascending(np.add(rows, 0.0, dtype=np.float64).view(np.int64))
    n_samples = rows.shape[1]
    places = (1 << (n_samples - 1).bit_length()) - 1
    numbers &= ~places
    numbers |= np.arange(n_samples)
    numbers.sort(axis=1)
    order = numbers & places
    values = _take_along_rows(rows, order)
    if (values[:, 1:] < values[:, :-1]).any():
        order = np.argsort(rows, axis=1, kind="stable")
        values = _take_along_rows(rows, order)
    return order, values


def _ascending(bits: np.ndarray) -> np.ndarray:
    """Return the bits of floats as numbers that ascend as the floats do."""
    return bits ^ (bits >> 8 * bits.itemsize - 1 & np.iinfo(bits.dtype).max)


def row_chunks(rows: np.ndarray) -> Iterator[slice]:
    """Yield slices of eight rows that cover all rows, so that the work on each stays in the cache."""
    return (slice(first, first + 8) for first in range(0, len(rows), 8))


def _take_along_rows(rows: np.ndarray, places: np.ndarray) -> np.ndarray:
    """Return np.take_along_axis(rows, places, axis=1), faster."""
    return rows.ravel().take(places + np.arange(0, rows.size, rows.shape[1])[:, None])


def _doubled_mean_places(values: np.ndarray) -> np.ndarray:
    """Return the first plus the last place of each place's tie group.

    values: sorted rows (n_features x n_samples).
    """
    starts = np.ones(values.shape, bool)
    np.not_equal(values[:, 1:], values[:, :-1], out=starts[:, 1:])
    if starts.all():
        return np.broadcast_to(2 * np.arange(values.shape[1]), values.shape)
    bounds = np.append(np.flatnonzero(starts), values.size)
    doubled = np.repeat(bounds[1:] + bounds[:-1] - 1, np.diff(bounds)).reshape(values.shape)
    return doubled - 2 * values.shape[1] * np.arange(len(values))[:, None]  # each row's places count from 0
