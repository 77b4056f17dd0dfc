"""Walk over all unions of blocks of Gaussian variables: ln det of covariances, diagonals of inverses.

For a set A of variables, with the variables R still to be decided on, the walk keeps

    M = S_RR - S_RA S_A^-1 S_AR      covariance of R given A            (r x r)
    B = S_RA S_A^-1                  regression of R on A               (r x a)
    d = diag S_A^-1                                                     (a)

To include a block b, split R into the rest R' and b, take the Cholesky factor M_bb = L L^T, and let K = L^-1.
By the block inverse, S_{b+A}^-1 = [[C, -C B_b], [-B_b^T C, S_A^-1 + B_b^T C B_b]] with C = M_bb^-1 = K^T K.
With

    [Z, Y] = K [M_bR', (I, -B_b)]                                       (n_b x r', n_b x (n_b + a))

every update is one product:

    ln det S_{b+A} = ln det S_A + 2 sum ln diag L
    d <- (0, d) + column sums of Y^2         squares: nothing cancels
    M <- M_R'R' - Z^T Z
    B <- (0, B_R') + Z^T Y

The depth-first walk decides on one block after another. It either leaves the block out (a view) or includes
it (the updates). So each set shares all earlier work with its neighbours.

Most sets differ in the blocks decided on last. So the walk decides on the largest blocks first, and on the
final three, 0, 1 and 2, at once. After these it needs no M and B. The factor of 0 1 2 begins with the factors
of 0 and of 0 1. The factor of 1 2 begins with that of 1, and the factor of 2 0 with that of 2. So three
factors, with their rows of Y stacked in one array, hold all seven unions.
"""

from typing import NamedTuple

import numpy as np

from grokking_phases.synergy.cholesky import leading_factor, pivot_floor, solve_in_place

N_FINAL = 3
RUNS = ((0, 1, 2), (1, 2), (2, 0))  # every union of the three final blocks is the beginning of one of these


class _Node(NamedTuple):
    """A set A of `a` included variables, with `r` variables still to be decided on."""

    code: int  # bit b is set when block b is in A
    M: np.ndarray  # r x r
    B: np.ndarray  # r x a
    d: np.ndarray  # a
    log_det: float


class _FinalBlocks:
    """The n <= 3 blocks that are decided on at once, and their 2^n unions.

    A run is a sequence of blocks, and a row is a variable of a run. The rows of all runs are stacked.
    """

    def __init__(self, sizes: list[int]):
        n = len(sizes)
        columns = np.split(np.arange(sum(sizes)), np.cumsum(sizes)[:-1])
        runs = [[b for b in run if b < n] for run in RUNS[:n]]
        self.runs = [np.concatenate([columns[b] for b in run]) for run in runs]
        self.rows = np.concatenate(self.runs)  # each row's column, of which there are n_units
        self.identity = np.eye(sum(sizes))[self.rows]  # n_rows x n_units
        self.unions = np.zeros((1 << n, len(self.rows)))  # 1 at a union's rows, which begin a run
        row = 0
        for run in runs:
            union, start = 0, row
            for b in run:
                union, row = union | 1 << b, row + sizes[b]
                self.unions[union, start:row] = 1
        self.absent = 1.0 - np.repeat(subsets(n), sizes, axis=1)  # 2^n x n_units: 1 if not in the union


class UnionWalk:
    """The walk over the 2^k unions A of k blocks of variables with covariance S (n_features x n_features).

    It fills `log_det`, ln det S_A, and `log_inverse`, the sum of ln (S_A^-1)_ii (2^k each), in the order of
    the binary number whose bit b says that block b is in A. A value is NaN where a factorisation failed.
    """

    def __init__(self, S: np.ndarray, blocks: list[np.ndarray]):
        if S.ndim != 2:
            raise ValueError(
                "S must be one covariance matrix where a block has several variables; "
                "give one matrix at a time."
            )
        # The walk decides on the last block of this order first.
        order = sorted(range(len(blocks)), key=lambda b: len(blocks[b]))
        # The smallest block becomes number 2, which is in all three runs; 0 and 1 are in two.
        order[:N_FINAL] = reversed(order[:N_FINAL])
        columns = np.concatenate([blocks[b] for b in order])
        S = S[np.ix_(columns, columns)]
        self.floor = pivot_floor(S)
        self.bits, self.sizes = [1 << b for b in order], [len(blocks[b]) for b in order]
        self.identities = [np.eye(n) for n in self.sizes]
        self.final = _FinalBlocks(self.sizes[:N_FINAL])
        # The codes of the unions of the final blocks.
        self.final_codes = subsets(len(order[:N_FINAL])) @ np.array(self.bits[:N_FINAL])
        self.log_det, self.log_inverse = np.full((2, 1 << len(blocks)), np.nan)
        self.visit(len(blocks) - 1, _Node(0, S, np.empty((len(S), 0)), np.empty(0), 0.0))

    def visit(self, i: int, node: _Node) -> None:
        """Decide on block i, and on all blocks before it."""
        if i < N_FINAL:
            self.visit_final_blocks(node)
            return
        n = self.sizes[i]
        self.visit(i - 1, node._replace(M=node.M[:-n, :-n], B=node.B[:-n]))
        larger = self.include(i, node)
        if larger is not None:  # otherwise every union that contains it is singular too
            self.visit(i - 1, larger)

    def include(self, i: int, node: _Node) -> _Node | None:
        """Return the node of the union with block i; None when that union is singular."""
        n, r = self.sizes[i], len(node.M) - self.sizes[i]
        L = leading_factor(node.M[r:, r:], self.floor[r : r + n])
        if len(L) < n:
            return None
        ZY = np.concatenate([node.M[r:, :r], self.identities[i], -node.B[r:]], axis=1)
        solve_in_place(L, ZY)
        Z, Y = ZY[:, :r], ZY[:, r:]
        B = Z.T @ Y
        B[:, n:] += node.B[:r]
        d = np.square(Y).sum(axis=0)
        d[n:] += node.d
        log_det = node.log_det + 2 * np.log(L.diagonal()).sum()
        return _Node(node.code | self.bits[i], node.M[:r, :r] - Z.T @ Z, B, d, log_det)

    def visit_final_blocks(self, node: _Node) -> None:
        """Decide on the final blocks at once, and fill in the values of their unions."""
        final, n_units = self.final, len(node.M)
        B = node.B.take(final.rows, axis=0)
        Y = np.concatenate([final.identity, B], axis=1)  # n_rows x (n_units + a)
        diagonal, start = np.zeros(len(Y)), 0  # 0 where a factor has failed
        for run in final.runs:
            L = leading_factor(node.M.take(run, axis=0).take(run, axis=1), self.floor[run])
            whole, start = slice(start, start + len(L)), start + len(run)
            solve_in_place(L, Y[whole])
            diagonal[whole] = L.diagonal()
        d = final.unions @ np.square(Y, out=Y)  # 2^n x (n_units + a)
        d[:, :n_units] += final.absent  # 1, whose logarithm is 0
        d[:, n_units:] += node.d
        failed = diagonal == 0
        codes = node.code + self.final_codes
        self.log_inverse[codes] = np.log(d).sum(axis=1)
        self.log_det[codes] = node.log_det + 2 * (final.unions @ np.log(diagonal + failed))
        if failed.any():
            singular = codes[(final.unions[:, failed] > 0).any(axis=1)]
            self.log_inverse[singular] = self.log_det[singular] = np.nan


def subsets(n_blocks: int) -> np.ndarray:
    """Return which blocks are in each union (2^n_blocks x n_blocks, bool).

    The rows are the bits of 0, 1, 2, ...
    """
    return (np.arange(1 << n_blocks)[:, None] >> np.arange(n_blocks) & 1).astype(bool)
