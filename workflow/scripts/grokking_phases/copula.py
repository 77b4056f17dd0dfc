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

from typing import Any, Literal, NamedTuple, get_args

import numpy as np
from scipy.special import ndtri

Ties = Literal["average", "paper", "index", "random"]


class Ranks(NamedTuple):
    """Every variable, sorted. Three arrays, n_features x n_samples."""

    order: np.ndarray  # the sample at each place of the sorted variable
    first: np.ndarray  # the first place, from 0, of the tie group that holds this place
    last: np.ndarray  # and its last

    @classmethod
    def of(cls, X: np.ndarray, ties: Ties = "average") -> "Ranks":
        """Sort each column of X (n_samples x n_features) as `ties` wants it. ValueError: X has a NaN."""
        rows = np.ascontiguousarray(np.transpose(X), dtype=np.float64)
        if np.isnan(rows).any():
            raise ValueError("A NaN has no rank: the samples must be free of NaN.")
        order = np.argsort(rows, axis=1, kind=None if ties == "paper" else "stable")
        return cls(order, *_tie_groups(np.take_along_axis(rows, order, axis=1)))

    def scores(self, ties: Ties = "average", rng: np.random.Generator | None = None) -> np.ndarray:
        """Normal scores (n_samples x n_features); `random` needs the generator, and draws once."""
        n_samples = self.order.shape[1]
        order, twice = self.order, 2 * np.arange(n_samples)
        if ties == "average":
            twice = self.first + self.last
        elif ties == "random":
            shuffled = np.argsort(self.first + rng.random(order.shape), axis=1)
            order = np.take_along_axis(order, shuffled, axis=1)
        # A mean rank is a half-integer, so all scores come from one table: entry t is the score of rank t/2 + 1.
        table = ndtri((np.arange(2 * n_samples - 1) / 2 + 1) / (n_samples + 1))
        scores = np.empty(order.shape)
        np.put_along_axis(scores, order, table[twice], axis=1)
        return scores.T


def _tie_groups(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """First and last place of each place's tie group, in rows (n_features x n_samples) that are sorted."""
    places = np.arange(values.shape[1])
    differs = values[:, 1:] != values[:, :-1]
    first = np.zeros(values.shape, dtype=np.intp)
    last = np.full(values.shape, len(places) - 1)
    first[:, 1:] = np.where(differs, places[1:], 0)
    last[:, :-1] = np.where(differs, places[:-1], places[-1])
    np.maximum.accumulate(first, axis=1, out=first)
    np.minimum.accumulate(last[:, ::-1], axis=1, out=last[:, ::-1])
    return first, last


def check_choice(option: str, value: object, choices: Any) -> None:
    """ValueError, in one sentence, unless `value` is one of a Literal type's."""
    if value not in get_args(choices):
        raise ValueError(f"{option} must be one of {', '.join(get_args(choices))}, not {value!r}.")
