"""Cholesky factors C = L L^T of covariances, up to where rounding error takes over.

The square of a pivot, an entry on the diagonal of L, is the variance of its variable given those before it. One that is
at its floor is rounding error: the factor ends before it.
"""

import numpy as np
from scipy.linalg.blas import dtrsm
from scipy.linalg.lapack import dpotrf


def pivot_floor(S: np.ndarray) -> np.ndarray:
    """Conditional variances at or below these (..., n_features) are rounding error, for covariances S (..., n, n)."""
    return S.shape[-1] * np.finfo(float).eps * np.diagonal(S, axis1=-2, axis2=-1)


def leading_factor(C: np.ndarray, floor: np.ndarray) -> np.ndarray:
    """L of the variables of C (n x n) before the first that is at its floor (n,): p x p, where p <= n."""
    L, info = dpotrf(C, lower=1)
    whole = L.diagonal() ** 2 > floor
    if info == 0 and whole.all():
        return L
    p = np.append(whole[: info - 1 if info else None], False).argmin()
    return L[:p, :p]


def solve_in_place(L: np.ndarray, X: np.ndarray) -> None:
    """X <- L^-1 X, for X (p x m) with rows that are contiguous."""
    # To BLAS, an array in C order is a transpose in Fortran's; a copy, were it made, would take the solution with it.
    dtrsm(1.0, L, X.T, side=1, lower=1, trans_a=1, overwrite_b=1)
