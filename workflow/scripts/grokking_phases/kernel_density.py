"""Mutual information of a layer with input and label, from a kernel density estimate: the layer with Gaussian noise.

X is the samples, all distinct and equally likely. T' = T + N(0, s^2 I) is a mixture of N Gaussians. With d_ij =
|t_i - t_j|, in nats,

    U = -1/N sum_i ln 1/N sum_j exp(-d_ij^2 / (2 s^2)),    L = the same with 8 s^2,    L <= I(T';X) <= U

(Kolchinsky & Tracey 2017, arXiv 1706.02419, sections 3 and 4: the pairwise distance is the Kullback-Leibler divergence
in U, the Bhattacharyya distance in L; the entropy of the noise cancels). I(T;X) is drawn as U. With U_y, L_y the same
within class y, I(T;Y) is drawn as U - sum_y p_y U_y, no bound itself, and

    L - sum_y p_y U_y  <=  I(T';Y)  <=  U - sum_y p_y L_y.
"""

from collections.abc import Iterator

import numpy as np

from grokking_phases.binning import column_means

KDE = ("information_x", "information_y", "information_x_lower", "information_y_lower", "information_y_upper")

BLOCK = 2**21  # pairs of samples held at once: 16 MB
FAR = 170.0  # exp(-170) is lost beside the 1 of the diagonal, and its fourth power is still no (slow) denormal number


def kde_bounds(T: np.ndarray, noise: float) -> tuple[float, float]:
    """Lower and upper bound, in nats, on I(T + N(0, noise^2 I); X) for T (n_samples, width), a row for each x.

    `noise` is a standard deviation; ValueError unless it is positive.
    """
    information = kde_information(T, np.zeros(len(T), dtype=int), noise)
    return information["information_x_lower"], information["information_x"]


def kde_information(T: np.ndarray, targets: np.ndarray, noise: float) -> dict[str, float]:
    """The values of `KDE`, in nats, for T (n_samples, width), classes `targets` (n_samples,) and noise of s.d. `noise`.

    One pass over the pairs of samples, in blocks: memory grows with n_samples, not with its square.
    """
    if not noise > 0:
        raise ValueError(f"noise must be a positive standard deviation, not {noise}.")
    (upper, upper_in_class), (lower, lower_in_class) = _mean_log_kernels(
        (T - column_means(T)) / (np.sqrt(8) * noise), targets
    )
    values = (upper, upper - upper_in_class, lower, lower - upper_in_class, upper - lower_in_class)
    return dict(zip(KDE, map(float, values), strict=True))


def _mean_log_kernels(points: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """[[U, sum_y p_y U_y], [L, sum_y p_y L_y]] for points = T / sqrt(8 s^2), whose L kernel is exp(-distance^2)."""
    order = np.argsort(targets, kind="stable")  # each class becomes a range of columns, summed by one reduceat
    _, starts, own, sizes = np.unique(targets[order], return_index=True, return_inverse=True, return_counts=True)
    log_means = np.empty((2, 2, len(points)))  # (U or L, all or own class, sample)
    for rows, kernel in _kernel_blocks(points[order]):
        log_means[1, :, rows] = _log_means(kernel, starts, own[rows], sizes)
        np.square(kernel, out=kernel)
        np.square(kernel, out=kernel)  # exp(-d^2/(8 s^2))^4 = exp(-d^2/(2 s^2)): cheaper than a second exp
        log_means[0, :, rows] = _log_means(kernel, starts, own[rows], sizes)
    return 0.0 - log_means.mean(axis=2)


def _kernel_blocks(points: np.ndarray) -> Iterator[tuple[slice, np.ndarray]]:
    """Some rows, and exp(-distance^2) from these to all points (n_rows, n_samples), valid until the next ones."""
    n_samples = len(points)
    squares = np.einsum("ij,ij->i", points, points)
    n_rows = min(n_samples, max(1, BLOCK // n_samples))
    buffer = np.empty((n_rows, n_samples))
    for first in range(0, n_samples, n_rows):
        rows = slice(first, min(first + n_rows, n_samples))
        block = np.matmul(2 * points[rows], points.T, out=buffer[: rows.stop - first])
        block -= squares[rows, None]
        block -= squares
        np.clip(block, -FAR, 0.0, out=block)
        # Exactly 0 between a sample and itself: each sum of kernels is then at least 1, and its logarithm safe.
        block[np.arange(len(block)), np.arange(rows.start, rows.stop)] = 0.0
        yield rows, np.exp(block, out=block)


def _log_means(kernel: np.ndarray, starts: np.ndarray, own: np.ndarray, sizes: np.ndarray) -> np.ndarray:
    """ln of each row's mean (2, n_rows) over all columns, and over the columns of its own class."""
    per_class = np.add.reduceat(kernel, starts, axis=1)  # (n_rows, n_classes)
    in_class = per_class[np.arange(len(own)), own]
    return np.log([per_class.sum(axis=1) / sizes.sum(), in_class / sizes[own]])
