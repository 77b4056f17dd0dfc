"""O-information of samples, under a Gaussian copula. Nats; positive = redundancy, negative = synergy.

Each variable is replaced by its normal scores (`copula`), and the O-information (Rosas et al. 2019,
doi:10.1103/PhysRevE.100.032305) is that of Gaussian variables with the scores' covariance (`lattice`):

    Omega = TC - DTC = (n - 2) H(X) + sum_j [H(X_j) - H(X_-j)]

The variables of a multiplet of bins are all units of its bins (`union`), the means of each bin's units (`mean`), or its
bins, each one multivariate variable (`block`). With `mean` and `block` every pair of bins has Omega = 0.

A Gaussian copula sees only what shows in the scores' correlations: to a parity (XOR) of its variables it is blind.

Bias. The entropy of n Gaussian variables, estimated from N samples, is off by b(n) < 0 (`bias`), and Omega by
(n - 2) b(n) + n [b(1) - b(n - 1)]: -0.14 bits at n = 250, N = 3763. Omega between m blocks of n_j
variables, n in all, is so by (m - 2) b(n) + sum_j [b(n_j) - b(n - n_j)]. `bias_correction` takes it off. It corrects no
selection: the extreme of many multiplets is biased for another reason.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import compress
from typing import Literal

import numpy as np

from grokking_phases.arguments import check_choice
from grokking_phases.synergy.all_unions import (
    between_blocks,
    block_o_information,
    gaussian_o_information,
    subset_o_information,
)
from grokking_phases.synergy.entropy_bias import entropy_bias
from grokking_phases.synergy.normal_scores import Ranks, Ties, few
from grokking_phases.synergy.union_walk import subsets

Variables = Literal["union", "mean", "block"]


@dataclass(frozen=True)
class Multiplets:
    """Every multiplet of two bins or more, with its O-information."""

    bins: np.ndarray  # n_multiplets x k, bool: the bins that are in
    o_information: np.ndarray  # n_multiplets, nats; NaN where the factorisation failed
    n_variables: np.ndarray  # n_multiplets
    members: list[np.ndarray]  # k arrays: the units of each bin

    @property
    def n_failed(self) -> int:
        return int(np.isnan(self.o_information).sum())

    def units(self, i: int) -> np.ndarray:
        """The units (columns of X) in multiplet i, ascending."""
        return np.sort(np.concatenate(list(compress(self.members, self.bins[i]))))

    def size(self, i: int) -> int:
        """The number of variables in multiplet i: units (`union`) or bins (`mean`, `block`)."""
        return int(self.n_variables[i])


@dataclass(frozen=True)
class Estimator:
    """How O-information is estimated. ValueError: an option has no such value."""

    ties: Ties
    n_draws: int  # covariances averaged over, where ties are random
    seed: int
    bias_correction: bool
    variables: Variables = "union"  # of a multiplet: its units, the `mean` of each bin's, or each bin as a `block`

    def __post_init__(self) -> None:
        check_choice("ties", self.ties, Ties)
        check_choice("variables", self.variables, Variables)
        if self.n_draws < 1:
            raise ValueError(f"n_draws must be at least 1, not {self.n_draws}.")

    def ranks(self, X: np.ndarray) -> Ranks:
        """The sorted columns of X (n_samples x n_features)."""
        return Ranks.of(X, self.ties)

    def covariances(self, ranks: Ranks) -> Iterator[np.ndarray]:
        """The scores' covariance (n_features x n_features): one, or one a draw where ties are random."""
        rng = np.random.default_rng(self.seed)
        for _ in range(self.n_draws if self.ties == "random" else 1):
            scores = ranks.scores(self.ties, rng)
            centred = scores - scores.mean(axis=0)
            yield centred.T @ centred / (len(centred) - 1)

    def bias(self, n_variables: np.ndarray, sizes: np.ndarray, n_samples: int) -> np.ndarray:
        """What is taken off the O-information of all multiplets, of so many variables, of blocks of so many units."""
        if not self.bias_correction:
            return np.zeros(len(n_variables))
        between = self.variables == "block"
        return block_bias(sizes, n_samples) if between else o_information_bias(n_variables, n_samples)

    def search(self, X: np.ndarray, labels: np.ndarray, covariances: Iterable[np.ndarray] | None = None) -> Multiplets:
        """As `search_multiplets`; `covariances` are those of the columns of X, where they are known already."""
        members = _members(labels, np.shape(X)[1])
        blocks = members
        if self.variables == "mean":
            means = np.column_stack([X[:, units].mean(axis=1, dtype=np.float64) for units in members])
            covariances, blocks = self.covariances(self.ranks(means)), list(np.arange(len(members))[:, None])
        elif covariances is None:
            covariances = self.covariances(self.ranks(X))
        between = self.variables == "block"
        searched = [(block_o_information if between else subset_o_information)(S, blocks) for S in covariances]
        bins, sizes = searched[0][0], np.array([len(block) for block in blocks])
        n_variables = bins.sum(axis=1) if between else bins @ sizes
        omega = np.mean([omega for _, omega in searched], axis=0) - self.bias(n_variables, sizes, len(X))
        return Multiplets(bins, omega, n_variables, members)


def normal_scores(X: np.ndarray, *, ties: Ties = "average", seed: int = 0) -> np.ndarray:
    """Normal scores of each column of X, same shape (n_samples x n_features); `random` is one draw."""
    check_choice("ties", ties, Ties)
    rows, rng = np.transpose(X), np.random.default_rng(seed)
    scores = np.empty(rows.shape)
    for some in few(rows):
        scores[some] = Ranks.of(rows[some].T, ties).scores(ties, rng).T
    return scores.T


def o_information(
    X: np.ndarray, *, ties: Ties = "average", n_draws: int = 10, seed: int = 0, bias_correction: bool = False
) -> float:
    """O-information in nats of the columns of X (n_samples x n_features); NaN when their covariance is singular."""
    estimator = Estimator(ties, n_draws, seed, bias_correction)
    draws = [gaussian_o_information(S) for S in estimator.covariances(estimator.ranks(X))]
    n_samples, n_features = np.shape(X)
    return float(np.mean(draws) - (o_information_bias(n_features, n_samples) if bias_correction else 0))


def search_multiplets(
    X: np.ndarray,
    labels: np.ndarray,
    *,
    variables: Variables = "union",
    ties: Ties = "average",
    n_draws: int = 10,
    seed: int = 0,
    bias_correction: bool = False,
) -> Multiplets:
    """O-information of every multiplet of two bins or more; the work doubles with each bin.

    X: raw samples (n_samples x n_features). labels: the bin, 0 .. k-1, of each column; -1 leaves a column out.
    ValueError: an unknown option value, or labels that are not such a numbering.
    """
    return Estimator(ties, n_draws, seed, bias_correction, variables).search(np.asarray(X), np.asarray(labels))


def o_information_bias(n_variables: np.ndarray, n_samples: int) -> np.ndarray:
    """Bias in nats of the O-information of so many Gaussian variables, estimated from `n_samples`."""
    n = np.asarray(n_variables)
    b = entropy_bias(n.max(), n_samples)
    return (n - 2) * b[n] + n * (b[1] - b[n - 1])


def block_bias(sizes: np.ndarray, n_samples: int) -> np.ndarray:
    """Bias in nats of the O-information between blocks of `sizes` (k,) Gaussian variables, estimated from `n_samples`.

    For every union of two blocks or more, in the order of `lattice.block_o_information`.
    """
    n_variables = subsets(len(sizes)) @ np.asarray(sizes)
    return between_blocks(entropy_bias(n_variables[-1], n_samples)[n_variables])


def _members(labels: np.ndarray, n_features: int) -> list[np.ndarray]:
    """The units of each bin."""
    used = np.unique(labels[labels >= 0])
    if len(labels) != n_features or len(used) < 2 or used[-1] != len(used) - 1:
        raise ValueError(
            "labels must give each column -1 or one of the bins 0 to k-1, two bins or more and none empty."
        )
    return [np.flatnonzero(labels == b) for b in used]
