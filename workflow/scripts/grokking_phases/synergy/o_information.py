"""O-information under a Gaussian copula: the definition, in nats.

Positive values are redundancy, negative values synergy.

For m variables X_j, each of one dimension or several (Rosas et al. 2019, doi:10.1103/PhysRevE.100.032305),

    Omega(X) = (m - 2) H(X) + sum_j [H(X_j) - H(X_-j)]

where X_-j are all variables but X_j. The variables are replaced by their normal scores. The entropies are
those of n Gaussian variables with the scores' covariance S:

    H = 1/2 ln det S + n/2 ln(2 pi e)

The constants cancel in Omega: (m - 2) n + sum_j [n_j - (n - n_j)] = 0. A Gaussian copula sees only the
dependence that shows in the scores' correlations. It is blind to a parity (XOR) of its variables.

`search_by_definition` applies the definition to one multiplet at a time. `multiplet_search` gives the same
values for all multiplets at once, by `fast_o_information`.
"""

from itertools import combinations

import numpy as np
from numpy.typing import ArrayLike

from grokking_phases.arguments import check_choice, check_counts
from grokking_phases.samples import take_column, take_samples
from grokking_phases.synergy.cholesky import is_singular, leading_factor, pivot_floor, solve_in_place
from grokking_phases.synergy.limits import LIMITS
from grokking_phases.synergy.normal_scores import Ties, normal_scores, rank_columns, score_covariances
from grokking_phases.synergy.o_information_bias import o_information_bias
from grokking_phases.threads import one_thread


def o_information_between(S: np.ndarray, variables: list[np.ndarray]) -> float:
    """Return the O-information in nats between variables of covariance S (n x n), each given by its columns.

    It is (m - 2) H(X) + sum_j [H(X_j) - H(X_-j)], and NaN when the covariance of all the variables is
    singular.
    """

    def entropy(columns: np.ndarray) -> float:
        L = leading_factor(S[np.ix_(columns, columns)], pivot_floor(S)[columns])
        return np.log(L.diagonal()).sum() if len(L) == len(columns) else np.nan  # 1/2 ln det S

    whole = np.concatenate(variables)
    differences = sum(entropy(one) - entropy(np.setdiff1d(whole, one)) for one in variables)
    return (len(variables) - 2) * entropy(whole) + differences


def search_by_definition(
    X: np.ndarray, labels: np.ndarray, *, variables: str = "union", ties: Ties = "average"
) -> dict[tuple[int, ...], float]:
    """Return the O-information in nats of every multiplet of two bins or more: {(0, 1): …, (0, 2): …, …}.

    X: samples (n_samples x n_features). labels: the bin of each column, from 0; -1 leaves a column out.
    variables: as in `multiplet_search`, whose `search_multiplets` gives the same values much faster.
    """
    X, _ = take_samples(X, names=("X", ""))
    labels = take_column(labels, X.shape[1], "labels", "columns")
    bins = [np.flatnonzero(labels == b) for b in range(max(labels) + 1)]
    if variables == "mean":
        X = np.column_stack([X[:, units].mean(axis=1) for units in bins])
        bins = list(np.arange(len(bins))[:, None])
    S = np.cov(normal_scores(X, ties=ties), rowvar=False)
    omega = {}
    for size in range(2, len(bins) + 1):
        for multiplet in combinations(range(len(bins)), size):
            chosen = [bins[b] for b in multiplet]
            units = list(np.concatenate(chosen)[:, None])  # each unit is a variable of its own
            singular = is_singular(len(units), len(X))
            between = units if variables == "union" else chosen
            omega[multiplet] = np.nan if singular else o_information_between(S, between)
    return omega


def gaussian_o_information(S: np.ndarray) -> float:
    """Return the O-information in nats of n Gaussian variables with covariance S (n x n).

    It is NaN when S is singular.

    H(X_-j) follows from the inverse, by ln det S_-j = ln det S + ln (S^-1)_jj. So one factorisation gives

        Omega = 1/2 sum_j ln S_jj - ln det S - 1/2 sum_j ln (S^-1)_jj
    """
    L, K = leading_factor(S, pivot_floor(S)), np.eye(len(S))
    if len(L) < len(S):
        return np.nan
    solve_in_place(L, K)
    log_inverse = np.log(np.square(K).sum(axis=0)).sum()
    return 0.5 * np.log(S.diagonal()).sum() - 2 * np.log(L.diagonal()).sum() - 0.5 * log_inverse


@one_thread
def o_information(
    X: ArrayLike, *, ties: Ties = "average", n_draws: int = 10, seed: int = 0, bias_correction: bool = False
) -> float:
    """Return the O-information in nats of the columns of X (n_samples x n_features); NaN when singular.

    ties: the rule for ranks among equal values (`normal_scores`); `random` averages over `n_draws` draws.
    bias_correction: whether to subtract the bias of an estimate from n_samples (`o_information_bias`).
    It is NaN from fewer than n_features + 1 samples and, under mean ranks (`average`), for a constant column
    and for two columns of which one repeats the other or its negative. Other rules for ties order the equal
    values of such columns by chance. Two columns, or one, have 0. The scale of a column does not matter.
    Raise ValueError for an unknown rule, an option beyond its limits, or samples that are no table of finite
    numbers.

    >>> import numpy as np
    >>> from grokking_phases import o_information
    >>> a, b, c = np.random.default_rng(0).normal(size=(3, 2000))
    >>> round(o_information(np.column_stack([a, b, a + b + c])), 1)  # a and b are synergistic about the sum
    -0.1
    >>> round(o_information(np.column_stack([c + a, c + b, c])), 1)  # c is in all three
    0.1
    """
    check_choice("ties", ties, Ties)
    check_counts(LIMITS, n_draws=n_draws, seed=seed)
    X, _ = take_samples(X, names=("X", ""))
    n_samples, n_features = np.shape(X)
    if is_singular(n_features, n_samples):
        return np.nan
    covariances = score_covariances(rank_columns(X, ties), ties, n_draws, seed)
    bias = o_information_bias(n_features, n_samples) if bias_correction else 0
    return float(np.mean([gaussian_o_information(S) for S in covariances]) - bias)
