"""O-information of every union of blocks of variables, from one covariance matrix.

For a set A of n Gaussian variables with covariance S (Rosas et al. 2019, doi:10.1103/PhysRevE.100.032305), in nats,

    TC    = 1/2 (sum_i ln S_ii - ln det S)
    DTC   = 1/2 (ln det S + sum_i ln (S^-1)_ii)
    Omega = TC - DTC = 1/2 sum_i ln S_ii - ln det S - 1/2 sum_i ln (S^-1)_ii

positive = redundancy, negative = synergy: Omega(A) needs ln det S_A and the diagonal of S_A^-1, which one walk finds
for all unions (`walk`).

Where each block is one multivariate variable, the O-information between the m blocks B_j of a union A is

    Omega = (m - 2) H(A) + sum_j [H(B_j) - H(A without B_j)],    H = 1/2 ln det S + n/2 ln(2 pi e)

All these sets are unions, so the walk has met every ln det; the constants cancel, since (m - 2) n_A + sum_j [n_j -
(n_A - n_j)] = 0. For blocks of one variable both are the same Omega, and every ln det is a principal minor (`minors`).
"""

import numpy as np

from grokking_phases.synergy.cholesky import leading_factor, pivot_floor, solve_in_place
from grokking_phases.synergy.principal_minors import log_minors
from grokking_phases.synergy.union_walk import UnionWalk, subsets


def gaussian_o_information(S: np.ndarray) -> float:
    """O-information in nats of Gaussian variables with covariance S (n x n); NaN when S is singular."""
    L, K = leading_factor(S, pivot_floor(S)), np.eye(len(S))
    if len(L) < len(S):
        return np.nan
    solve_in_place(L, K)
    log_inverse = np.log(np.square(K).sum(axis=0)).sum()
    return 0.5 * np.log(S.diagonal()).sum() - 2 * np.log(L.diagonal()).sum() - 0.5 * log_inverse


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
    membership, walk = subsets(len(blocks)), UnionWalk(S, blocks)
    with np.errstate(divide="ignore"):  # a constant's is never used
        log_variances = np.where(membership, [np.log(S.diagonal()[block]).sum() for block in blocks], 0).sum(axis=1)
    omega = 0.5 * log_variances - walk.log_det - 0.5 * walk.log_inverse
    # Two variables have no O-information; rounding must not choose between such pairs.
    pairs = membership @ [len(block) for block in blocks] == 2
    omega[pairs & np.isfinite(omega)] = 0.0
    unions = membership.sum(axis=1) >= 2
    return membership[unions], omega[unions]


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
        log_det = UnionWalk(S, blocks).log_det
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
