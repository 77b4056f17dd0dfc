"""O-information of every union of blocks of variables, from one covariance matrix: the fast path.

`o_information` holds the definition, Omega = (m - 2) H(A) + sum_j [H(B_j) - H(A without B_j)], and its
`search_by_definition` applies it to one union at a time. Here all unions share their work, in two ways.

First, let every column of a union A be a variable of its own. With n columns in all and covariance S, the
definition is, in nats,

    TC    = 1/2 (sum_i ln S_ii - ln det S)
    DTC   = 1/2 (ln det S + sum_i ln (S^-1)_ii)
    Omega = TC - DTC = 1/2 sum_i ln S_ii - ln det S - 1/2 sum_i ln (S^-1)_ii

So Omega(A) needs ln det S_A and the diagonal of S_A^-1. `UnionWalk` finds them for all unions in one walk.

Second, let each block be one multivariate variable. The sets A, B_j and A without B_j are then all unions, so
the walk has found every ln det. With blocks of one variable both cases give the same Omega, and every ln det
is a principal minor (`log_minors`).
"""

import numpy as np

from grokking_phases.synergy.cholesky import pivot_floor
from grokking_phases.synergy.principal_minors import log_minors
from grokking_phases.synergy.union_walk import UnionWalk, subsets


def union_o_information(S: np.ndarray, blocks: list[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Return O-information of every union of two blocks or more; each column is a variable of its own.

    S: covariance (n_features x n_features), or covariances (..., n_features, n_features) if all blocks are of
    one variable. blocks: k disjoint, non-empty arrays of column numbers of S.

    The result is `membership` (n_unions x k, bool: which blocks are in) and `o_information` (..., n_unions)
    in nats. Both have the order of the binary number whose bit b says that block b is in. A value is NaN
    where the union's factorisation failed, and nowhere else. Blocks of one variable give NaN as
    `block_o_information` does.
    """
    if _have_one_variable(blocks):
        return block_o_information(S, blocks)
    membership, walk = subsets(len(blocks)), UnionWalk(S, blocks)
    with np.errstate(divide="ignore"):  # the logarithm of a constant's variance is never used
        block_sums = [np.log(S.diagonal()[block]).sum() for block in blocks]
        log_variances = np.where(membership, block_sums, 0).sum(axis=1)
    omega = 0.5 * log_variances - walk.log_det - 0.5 * walk.log_inverse
    # Two variables have no O-information. Rounding must not choose between such pairs.
    pairs = membership @ [len(block) for block in blocks] == 2
    omega[pairs & np.isfinite(omega)] = 0.0
    unions = membership.sum(axis=1) >= 2
    return membership[unions], omega[unions]


def block_o_information(S: np.ndarray, blocks: list[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Return O-information of every union of two blocks or more; each block is one multivariate variable.

    Arguments and results are those of `union_o_information`. A value is NaN also where the factorisation of
    the union without one of its blocks failed. Only rounding can cause that, because the conditional
    variances of the whole union are smaller. Pairs have exactly 0.
    """
    if _have_one_variable(blocks):
        columns = np.concatenate(blocks)
        S = S[..., columns[:, None], columns]
        log_det = log_minors(S, pivot_floor(S))
    else:
        log_det = UnionWalk(S, blocks).log_det
    membership = subsets(len(blocks))
    return membership[membership.sum(axis=1) >= 2], np.moveaxis(combine_entropies(log_det / 2), 0, -1)


def _have_one_variable(blocks: list[np.ndarray]) -> bool:
    return all(len(block) == 1 for block in blocks)


def combine_entropies(entropies: np.ndarray) -> np.ndarray:
    """Return (m - 2) H(A) + sum_j [H(B_j) - H(A without B_j)] for every union A of two blocks or more.

    entropies: H of each of the 2^k unions (2^k, ...), the empty one first, in the order of `subsets`. The
    result (n_unions, ...) has that order too. It is computed as (2 - m) TC(A) + sum_j TC(A without B_j), with
    the total correlation TC(A) = sum_j H(B_j) - H(A). The TC of one block is exactly 0, and so the Omega of a
    pair is exactly 0 too.
    """
    n_blocks = subsets(len(entropies).bit_length() - 1).sum(axis=1)  # 2^k
    bits = [1 << b for b in range(n_blocks[-1])]
    total_correlation = np.zeros(entropies.shape)
    for bit in bits:  # first sum H(B_j) over the union's blocks
        np.add(total_correlation[:bit], entropies[bit], out=total_correlation[bit : 2 * bit])
    total_correlation -= entropies
    omega = total_correlation * (2.0 - n_blocks).reshape(-1, *[1] * (entropies.ndim - 1))
    for bit in bits:
        halves = (-1, 2, bit, *entropies.shape[1:])  # axis 1 says whether the block is in; all are views
        omega_with_block = omega.reshape(halves)[:, 1]
        omega_with_block += total_correlation.reshape(halves)[:, 0]
    return omega[n_blocks >= 2]
