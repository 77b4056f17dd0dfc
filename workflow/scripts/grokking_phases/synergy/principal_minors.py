"""All principal minors of covariance matrices: ln det of every subset of variables, for many at once.

Variables are decided on one by one: each is left out of the set A or included. Let C be the covariance, given
A, of the variables still to be decided on. Let p be the conditional variance of the first of them, and c its
covariances with the rest R. Then

    without it    C <- C_RR                ln det S_A stays
    with it       C <- C_RR - c c^T / p    ln det S_A gains ln p

and each decision doubles the number of sets. All sets and all matrices are decided on together, as the last
axes of one array. This takes about 3 * 2^n products a matrix. Factorising each subset would take n^3 / 48 *
2^n. The scheme is that of Griffin & Tsatsomeros (2006, doi:10.1016/j.laa.2006.04.008).
"""

import numpy as np


def log_minors(S: np.ndarray, floor: np.ndarray) -> np.ndarray:
    """Return ln det of the covariance of each subset of variables (2^n, ...).

    The order is that of the binary number whose bit j says that variable j is in.

    S: covariances (..., n, n). floor (..., n): a conditional variance at or below it is rounding error. The
    ln det of that set, and of all sets that contain it, is then NaN.
    """
    n, matrices = S.shape[-1], S.shape[:-2]
    log_det = np.zeros((1 << n, *matrices))
    C = np.moveaxis(S, (-2, -1), (0, 1))[:, :, None]  # undecided x undecided x sets x ...
    for i in range(n):
        variance, c, rest = np.where(C[0, 0] > floor[..., i], C[0, 0], np.nan), C[1:, 0], C[1:, 1:]
        sets_without, sets_with = slice(1 << i), slice(1 << i, 2 << i)
        np.add(log_det[sets_without], np.log(variance), out=log_det[sets_with])
        # Filled in place, because large temporaries are slow.
        C = np.empty((*rest.shape[:2], 2 << i, *matrices))
        C[:, :, sets_without] = rest
        np.multiply(c[:, None], c / variance, out=C[:, :, sets_with])
        np.subtract(rest, C[:, :, sets_with], out=C[:, :, sets_with])
    return log_det
