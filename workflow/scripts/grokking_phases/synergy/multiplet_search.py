"""Search over multiplets: O-information of every multiplet of bins of units, under a Gaussian copula.

Values are in nats; positive = redundancy, negative = synergy. `o_information` holds the definition, and
`search_by_definition` there applies it multiplet by multiplet. This search gives the same values by the fast
path (`fast_o_information`).

The option `variables` says what the variables of a multiplet of bins are:

    union   all units of its bins
    mean    the mean of each bin's units
    block   its bins, each one multivariate variable

With `mean` and `block` every pair of bins has Omega = 0.

The option `bias_correction` subtracts the bias of each multiplet's O-information (`o_information_bias`).
"""

import warnings
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import compress
from numbers import Real
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from grokking_phases.arguments import check_choice, check_counts
from grokking_phases.samples import take_column, take_samples
from grokking_phases.synergy.cholesky import is_singular
from grokking_phases.synergy.fast_o_information import block_o_information, union_o_information
from grokking_phases.synergy.limits import LIMITS
from grokking_phases.synergy.normal_scores import Ranks, Ties, rank_columns, score_covariances
from grokking_phases.synergy.o_information_bias import block_bias, o_information_bias
from grokking_phases.threads import one_thread

Variables = Literal["union", "mean", "block"]


@dataclass(frozen=True)
class Multiplets:
    """Every multiplet of two bins or more, with its O-information."""

    bins: np.ndarray  # n_multiplets x k, bool: which bins are in
    o_information: np.ndarray  # n_multiplets, nats; NaN where the covariance is singular
    n_variables: np.ndarray  # n_multiplets
    n_columns: np.ndarray  # n_multiplets: n_variables, or for `block` the units of all bins
    members: list[np.ndarray]  # k arrays: the units of each bin
    n_samples: int

    @property
    def undersampled(self) -> bool:
        """Return whether the covariance of all columns is singular: the other values are mostly noise."""
        return is_singular(self.n_columns.max(), self.n_samples)

    @property
    def n_failed(self) -> int:
        return int(np.isnan(self.o_information).sum())

    def units(self, i: int) -> np.ndarray:
        """Return the units (columns of X) in multiplet i, ascending."""
        return np.sort(np.concatenate(list(compress(self.members, self.bins[i]))))

    def size(self, i: int) -> int:
        """Return the number of variables in multiplet i: units (`union`) or bins (`mean`, `block`)."""
        return int(self.n_variables[i])


@one_thread
def search_multiplets(
    X: ArrayLike,
    labels: ArrayLike,
    *,
    variables: Variables = "union",
    ties: Ties = "average",
    n_draws: int = 10,
    seed: int = 0,
    bias_correction: bool = False,
) -> Multiplets:
    """Return every multiplet of two bins or more with its O-information; the work doubles with each bin.

    X: raw samples (n_samples x n_features).
    labels: the bin, 0 .. k-1, of each column; -1 leaves a column out.
    ties: the rule for ranks among equal values (`normal_scores`); `random` averages over `n_draws` draws.
    Raise ValueError for an unknown choice, an option beyond its limits, samples that are no table of finite
    numbers, or labels that are not such a numbering. Multiplets whose covariance is singular have NaN
    (`o_information`). Warn where that of all columns is (`Multiplets.undersampled`).

    >>> import numpy as np
    >>> from grokking_phases import search_multiplets
    >>> X = np.random.default_rng(0).normal(size=(2000, 6))
    >>> X[:, 5] += X[:, 0] + X[:, 1]
    >>> found = search_multiplets(X, labels=[0, 1, 2, 3, 4, 5])  # each column is a bin of its own
    >>> most_synergistic = int(np.nanargmin(found.o_information))
    >>> len(found.bins), {0, 1, 5} <= set(found.units(most_synergistic).tolist())
    (57, True)
    """
    estimator = Estimator(ties, n_draws, seed, bias_correction, variables)
    X, _ = take_samples(X, names=("X", ""))
    found = estimator.search(X, take_column(labels, X.shape[1], "labels", "columns"))
    if found.undersampled:
        n_columns = found.n_columns.max()
        what = f"O-information of {n_columns} columns from {len(X)} samples is mostly noise"
        warnings.warn(f"{what}; give more than {n_columns} samples.", stacklevel=2)
    return found


@dataclass(frozen=True)
class Estimator:
    """The options of an estimate of O-information. Raise ValueError for an unusable option."""

    ties: Ties
    n_draws: int  # number of covariances to average over, where ties are random
    seed: int
    bias_correction: bool
    variables: Variables = "union"

    def __post_init__(self) -> None:
        check_choice("ties", self.ties, Ties)
        check_choice("variables", self.variables, Variables)
        check_counts(LIMITS, n_draws=self.n_draws, seed=self.seed)

    def ranks(self, X: np.ndarray) -> Ranks:
        """Return the ranks of the columns of X (n_samples x n_features)."""
        return rank_columns(X, self.ties)

    def covariances(self, ranks: Ranks) -> Iterator[np.ndarray]:
        """Yield the covariance of the normal scores (`score_covariances`)."""
        return score_covariances(ranks, self.ties, self.n_draws, self.seed)

    def search(
        self, X: np.ndarray, labels: np.ndarray, covariances: Iterable[np.ndarray] | None = None
    ) -> Multiplets:
        """Return every multiplet with its O-information (`search_multiplets`).

        covariances: those of the scores of X's columns, if they are known already; `mean` does not need them.
        """
        members = units_of_bins(labels, np.shape(X)[1])
        blocks = members
        if self.variables == "mean":
            X = np.column_stack([X[:, units].mean(axis=1, dtype=np.float64) for units in members])
            covariances, blocks = None, list(np.arange(len(members))[:, None])
        if covariances is None:
            covariances = self.covariances(self.ranks(X))
        is_block = self.variables == "block"
        search_unions = block_o_information if is_block else union_o_information
        searched = [search_unions(S, blocks) for S in covariances]
        bins, sizes = searched[0][0], np.array([len(block) for block in blocks])
        n_columns = bins @ sizes
        n_variables = bins.sum(axis=1) if is_block else n_columns
        omega = np.mean([omega for _, omega in searched], axis=0) - self.bias(n_variables, sizes, len(X))
        omega[is_singular(n_columns, len(X))] = np.nan
        return Multiplets(bins, omega, n_variables, n_columns, members, len(X))

    def bias(self, n_variables: np.ndarray, sizes: np.ndarray, n_samples: int) -> np.ndarray:
        """Return the bias to subtract from each multiplet (n_multiplets,); sizes: (k,), of the blocks."""
        if not self.bias_correction:
            return np.zeros(len(n_variables))
        is_block = self.variables == "block"
        return block_bias(sizes, n_samples) if is_block else o_information_bias(n_variables, n_samples)


def units_of_bins(labels: np.ndarray, n_features: int) -> list[np.ndarray]:
    """Return the units of each bin. Raise ValueError if the labels do not number two bins or more."""
    used = np.setdiff1d(labels, [-1]) if all(isinstance(label, Real) for label in labels) else []
    if len(labels) != n_features or len(used) < 2 or (used != np.arange(len(used))).any():
        raise ValueError(
            "labels must give each column -1 or one of the bins 0 to k-1, two bins or more and no bin empty."
        )
    return [np.flatnonzero(labels == b) for b in used]
