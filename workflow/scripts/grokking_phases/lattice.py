"""O-information of every union of blocks of variables, from one covariance matrix.

For a set A of n Gaussian variables with covariance S (Rosas et al. 2019, doi:10.1103/PhysRevE.100.032305), in nats,

    TC    = 1/2 (sum_i ln S_ii - ln det S)
    DTC   = 1/2 (ln det S + sum_i ln (S^-1)_ii)
    Omega = TC - DTC = 1/2 sum_i ln S_ii - ln det S - 1/2 sum_i ln (S^-1)_ii

positive = redundancy, negative = synergy. So Omega(A) needs ln det S_A and the diagonal of S_A^-1, and both follow from
those of a smaller set. Let R be the variables still to be decided on, and keep, for the set A,

    W = S_A^-1 S_AR                  regression of R on A               (a x r)
    M = S_RR - S_RA S_A^-1 S_AR      covariance of R given A            (r x r)
    G = [W; M]                                                          (a + r x r)
    d = diag S_A^-1                                                     (a)

To include a block b, split R into the rest R' and b, take the Cholesky factor M_bb = L L^T, and let K = L^-1. By the
block inverse, S_{b+A}^-1 = [[C, -C W_b^T], [-W_b C, S_A^-1 + W_b C W_b^T]] with C = M_bb^-1 = K^T K. With

    Y = [-K^T; W_b K^T; M_R'b K^T] = [Y_b; Y_A; Y_R']                   (n_b + a + r' x n_b)

every update is one product:

    ln det S_{b+A} = ln det S_A + 2 sum ln diag L
    d <- [0; d] + rowsums [Y_b; Y_A]^2          a sum of squares: nothing cancels
    G <- [0; W_R'; M_R'R'] - Y Y_R'^T

A depth-first walk decides on block after block, leaving it out (a view of G) or including it (the update), so each of
the 2^k - 1 non-empty unions is one inclusion, which shares all earlier work with its neighbours. Most inclusions are of
the blocks decided on last, so the largest are decided on first.

Where each block is one multivariate variable, the O-information between the m blocks B_j of a union A is

    Omega = (m - 2) H(A) + sum_j [H(B_j) - H(A without B_j)],    H = 1/2 ln det S + n/2 ln(2 pi e)

All these sets are unions, so the walk has met every ln det; the constants cancel, since (m - 2) n_A + sum_j [n_j -
(n_A - n_j)] = 0. For blocks of one variable both are the same Omega, and every ln det is a principal minor (`minors`).
"""

from typing import NamedTuple

import numpy as np
from scipy.linalg.lapack import dpotrf, dtrtri

from grokking_phases.minors import log_minors


class _Node(NamedTuple):
    """A set A of included variables: a of them, with r variables undecided."""

    code: int  # bit b is set when block b is in A
    G: np.ndarray  # a + r x r
    d: np.ndarray  # a
    t: float  # 1/2 sum_i ln S_ii - ln det S over A
    log_det: float


class _Walk:
    """The walk over all unions of blocks: `o_information` and `log_det`, by code; NaN where a factorisation failed."""

    def __init__(self, S: np.ndarray, blocks: list[np.ndarray]):
        if S.ndim != 2:
            raise ValueError("Blocks of several variables take one covariance matrix at a time.")
        order = sorted(range(len(blocks)), key=lambda b: len(blocks[b]))  # the last is decided on first
        columns = np.concatenate([blocks[b] for b in order])
        S = S[np.ix_(columns, columns)]
        ends = np.cumsum([len(blocks[b]) for b in order])[:-1]
        self.bits = [1 << b for b in order]
        self.floors = np.split(pivot_floor(S), ends)
        with np.errstate(all="ignore"):  # a constant's is never used
            self.log_variances = [np.log(variances).sum() for variances in np.split(np.diagonal(S), ends)]
        self.o_information, self.log_det = np.full((2, 1 << len(blocks)), np.nan)
        self.log_det[0] = 0.0
        self.visit(len(blocks) - 1, _Node(0, S, np.empty(0), 0.0, 0.0))

    def visit(self, i: int, node: _Node) -> None:
        """Decide on block i, and on all before it."""
        if i < 0:
            return
        n = len(self.floors[i])
        self.visit(i - 1, node._replace(G=node.G[:-n, :-n]))
        larger = self.include(i, node)
        if larger is not None:  # otherwise every union below is singular too
            # Two variables have no O-information; rounding must not choose between such pairs.
            pair = len(larger.d) == 2
            self.o_information[larger.code] = 0.0 if pair else larger.t - 0.5 * np.log(larger.d).sum()
            self.log_det[larger.code] = larger.log_det
            self.visit(i - 1, larger)

    def include(self, i: int, node: _Node) -> _Node | None:
        """The union with block i; None when it is singular."""
        n, a = len(self.floors[i]), len(node.d)
        factor = inverse_factor(node.G[-n:, -n:], self.floors[i])
        if factor is None:
            return None
        K, log_det = factor
        Y = np.concatenate([-K.T, node.G[:-n, -n:] @ K.T])  # n_b + a + r' x n_b
        G = Y @ -Y[n + a :].T  # n_b + a + r' x r'
        G[n:] += node.G[:-n, :-n]
        d = np.vecdot(Y[: n + a], Y[: n + a])
        d[n:] += node.d
        t = node.t + 0.5 * self.log_variances[i] - log_det
        return _Node(node.code | self.bits[i], G, d, t, node.log_det + log_det)


def pivot_floor(S: np.ndarray) -> np.ndarray:
    """Conditional variances at or below these (..., n_features) are rounding error: the factorisation has failed."""
    return S.shape[-1] * np.finfo(float).eps * np.diagonal(S, axis1=-2, axis2=-1)


def inverse_factor(C: np.ndarray, floor: np.ndarray) -> tuple[np.ndarray, float] | None:
    """The inverse K of the lower Cholesky factor of C (n x n), and ln det C; None when a pivot is at its floor."""
    L, info = dpotrf(C, lower=1)
    pivots = np.diagonal(L) ** 2
    if info or not (pivots > floor).all():
        return None
    K, _ = dtrtri(L, lower=1)
    return K, np.log(pivots).sum()


def gaussian_o_information(S: np.ndarray) -> float:
    """O-information in nats of Gaussian variables with covariance S (n x n); NaN when S is singular."""
    factor = inverse_factor(S, pivot_floor(S))
    if factor is None:
        return np.nan
    K, log_det = factor
    return 0.5 * np.log(np.diagonal(S)).sum() - log_det - 0.5 * np.log((K * K).sum(axis=0)).sum()


def subset_o_information(S: np.ndarray, blocks: list[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """O-information of every union of two blocks or more.

    S: covariance, n_features x n_features; covariances (..., n_features, n_features) where all blocks are of one
    variable. blocks: k disjoint, non-empty arrays of its column numbers.

    Returns `membership` (n_unions x k, bool: which blocks) and `o_information` (..., n_unions) in nats, in the order of
    the binary number whose bit b says that block b is in. NaN where the union's factorisation failed, and nowhere else
    (of single variables, as in `block_o_information`).
    """
    if _are_single(blocks):
        return block_o_information(S, blocks)
    membership = subsets(len(blocks))
    unions = membership.sum(axis=1) >= 2
    return membership[unions], _Walk(S, blocks).o_information[unions]


def block_o_information(S: np.ndarray, blocks: list[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """O-information between the blocks, one multivariate variable each, of every union of two or more.

    As `subset_o_information`, but NaN also where the factorisation of the union without one of its blocks failed: by
    rounding alone, since a union's conditional variances are the smaller ones. Pairs have exactly 0.
    """
    if _are_single(blocks):
        columns = np.concatenate(blocks)
        S = S[..., columns[:, None], columns]
        log_det = log_minors(S, pivot_floor(S))
    else:
        log_det = _Walk(S, blocks).log_det
    membership = subsets(len(blocks))
    return membership[membership.sum(axis=1) >= 2], np.moveaxis(between_blocks(log_det / 2), 0, -1)


def _are_single(blocks: list[np.ndarray]) -> bool:
    return all(len(block) == 1 for block in blocks)


def between_blocks(entropies: np.ndarray) -> np.ndarray:
    """(m - 2) H(A) + sum_j [H(B_j) - H(A without B_j)] for every union A of two blocks or more (n_unions, ...).

    entropies: H of each of the 2^k unions (2^k, ...), the empty one first, in the order of `subsets`, as is the result.
    Computed as (2 - m) TC(A) + sum_j TC(A without B_j): one block's TC is exactly 0, and so then is a pair's Omega.
    """
    n_blocks = subsets(len(entropies).bit_length() - 1).sum(axis=1)  # 2^k
    bits = [1 << b for b in range(n_blocks[-1])]
    total_correlation = np.zeros(entropies.shape)
    for bit in bits:  # first the sum over the union's blocks
        np.add(total_correlation[:bit], entropies[bit], out=total_correlation[bit : 2 * bit])
    total_correlation -= entropies
    omega = total_correlation * (2.0 - n_blocks).reshape(-1, *[1] * (entropies.ndim - 1))
    for bit in bits:
        halves = (-1, 2, bit, *entropies.shape[1:])  # axis 1: whether the block is in; all views
        within = omega.reshape(halves)[:, 1]
        within += total_correlation.reshape(halves)[:, 0]
    return omega[n_blocks >= 2]


def subsets(n_blocks: int) -> np.ndarray:
    """Which blocks are in each union, 2^n_blocks x n_blocks, bool: row by row the bits of 0, 1, 2, ..."""
    return (np.arange(1 << n_blocks)[:, None] >> np.arange(n_blocks) & 1).astype(bool)
