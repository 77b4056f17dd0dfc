"""Cholesky factors C = L L^T of covariances, up to where rounding error takes over.

A pivot is an entry on the diagonal of L. Its square is the variance of its variable, given the variables
before it. A variance at or below its floor is rounding error, and the factor ends before it.
"""

import numpy as np
from scipy.linalg.blas import dtrsm
from scipy.linalg.lapack import dpotrf


def pivot_floor(S: np.ndarray) -> np.ndarray:
    """Return the bounds (..., n) at or below which a conditional variance is rounding error.

    S: covariances (..., n, n).
    """
    return S.shape[-1] * np.finfo(float).eps * np.diagonal(S, axis1=-2, axis2=-1)


def is_singular(n_variables: int | np.ndarray, n_samples: int) -> bool | np.ndarray:
    """Return whether a covariance estimated from so few samples is singular, whatever their values.

    Its last pivot is then rounding error, which may be above its floor.
    """
    return n_variables >= n_samples


def leading_factor(C: np.ndarray, floor: np.ndarray) -> np.ndarray:
    """Return the Cholesky factor of the variables of C (n x n) before the first one at its floor (n,).

    The factor is p x p, with p <= n.
    """
    L, info = dpotrf(C, lower=1)
    whole = L.diagonal() ** 2 > floor
    if info == 0 and whole.all():
        return L
    p = np.append(whole[: info - 1 if info else None], False).argmin()
    return L[:p, :p]


def solve_in_place(L: np.ndarray, X: np.ndarray) -> None:
    """Replace X (p x m, rows contiguous) by L^-1 X."""
    # BLAS sees an array in C order as a transpose. If it made a copy here, the solution would be lost.
    dtrsm(1.0, L, X.T, side=1, lower=1, trans_a=1, overwrite_b=1)
