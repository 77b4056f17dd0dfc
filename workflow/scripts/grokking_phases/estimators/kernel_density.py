"""Kernel density: mutual information between a noisy layer and the input or the label, in nats.

X is the samples, all distinct and equally likely. T' = T + N(0, s^2 I) is a mixture of N Gaussians. With d_ij
= |t_i - t_j|, in nats,

    U = -1/N sum_i ln 1/N sum_j exp(-d_ij^2 / (2 s^2)),    L = the same with 8 s^2,    L <= I(T';X) <= U

(Kolchinsky & Tracey 2017, arXiv 1706.02419, sections 3 and 4: the pairwise distance is the Kullback-Leibler
divergence in U, and the Bhattacharyya distance in L; the entropy of the noise cancels). I(T;X) is drawn as U.
With U_y, L_y the same within class y, I(T;Y) is drawn as U - sum_y p_y U_y, which is no bound itself. The
bounds are

    L - sum_y p_y U_y  <=  I(T';Y)  <=  U - sum_y p_y L_y.

A constant T has no information, 0. Ties are distances of 0 and need no care. With one class, I(T;Y) is 0. Two
samples have at most ln 2. T and s times the same number give the same values.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy.spatial.distance import cdist

from grokking_phases.arguments import check_choice, check_limits
from grokking_phases.estimators._entropy import entropy
from grokking_phases.estimators._noise import Noise, NoiseScale, in_widths
from grokking_phases.samples import take_samples
from grokking_phases.threads import one_thread

LIMITS = {"noise": (1e-9, None)}
KDE = ("information_x", "information_y", "information_x_lower", "information_y_lower", "information_y_upper")

BLOCK = 2**20  # pairs of samples held at once: 8 MB
# exp(-170) is lost beside the diagonal's 1, and its fourth power is not yet a (slow) denormal number.
FAR = 170.0
# Squared distances from matrix products lose digits of the largest square: here, the ninth after the point.
LARGEST = 1e6


@one_thread
def kde_bounds(T: np.ndarray, noise: float) -> tuple[float, float]:
    """Return the lower and the upper bound, in nats, on I(T + N(0, noise^2 I); X) for T (n_samples, width).

    Each row of T belongs to an x of its own. `noise` is a standard deviation. Raise ValueError unless it is
    positive.
    """
    T, _ = take_samples(T)
    upper, lower = 0.0 - _log_means(_points(T, noise)).mean(axis=1)
    return float(lower), float(upper)


@one_thread
def kde_information(T: np.ndarray, targets: np.ndarray, noise: float) -> dict[str, float]:
    """Return the values of `KDE`, in nats, for T (n_samples, width) and classes `targets` (n_samples,).

    `noise` is the standard deviation of the Gaussian noise. The function passes once over the pairs of
    samples, and once over those within a class. It works in blocks: memory grows with n_samples, not with its
    square.
    """
    T, targets = take_samples(T, targets, names=("T", "targets"))
    points = _points(T, noise)
    upper, lower = 0.0 - _log_means(points).mean(axis=1)
    in_class = np.concatenate([_log_means(points[targets == y]) for y in np.unique(targets)], axis=1)
    upper_in_class, lower_in_class = 0.0 - in_class.mean(axis=1)
    values = (upper, upper - upper_in_class, lower, lower - upper_in_class, upper - lower_in_class)
    return dict(zip(KDE, map(float, values), strict=True))


def prepare(snapshots, *, noise: float = 0.35, noise_scale: NoiseScale = "relative") -> "KernelDensity":
    """Return the estimator. Raise ValueError for an unusable option.

    noise: c if `noise_scale` is relative, s in activation units if it is absolute.
    """
    check_choice("noise_scale", noise_scale, NoiseScale)
    check_limits(LIMITS, noise=noise)
    return KernelDensity(snapshots.targets, Noise(noise, noise_scale))


@dataclass(frozen=True)
class KernelDensity:
    """Estimator of the values and bounds of one run. The resolution is s."""

    targets: np.ndarray
    noise: Noise
    names = KDE

    def ceilings(self, _layer: str) -> tuple[float, float]:
        """Return ln of the number of samples for X, and H(Y) for Y."""
        return np.log(len(self.targets)), entropy(self.targets)

    def measure(self, T: np.ndarray, _layer: str) -> dict[str, float] | None:
        s = self.noise.deviation(T)
        return kde_information(T, self.targets, s) | {"resolution": s} if s > 0 else None


def _points(T: np.ndarray, noise: float) -> np.ndarray:
    """Return T / sqrt(8 s^2), centred: the kernel of L is then exp(-distance^2)."""
    if not noise > 0:
        raise ValueError(f"noise must be a positive standard deviation, not {noise}.")
    return in_widths(T, np.sqrt(8) * noise)


def _log_means(points: np.ndarray) -> np.ndarray:
    """Return ln of the mean kernel from each point to all points (2, n_points).

    The first row is for the kernel of U, the second for that of L.
    """
    sums = np.zeros((2, len(points)))
    for first, kernel in _kernel_blocks(points):
        _add(kernel, sums[1, first:])
        np.square(kernel, out=kernel)
        np.square(kernel, out=kernel)  # exp(-d^2/(8 s^2))^4 = exp(-d^2/(2 s^2)): cheaper than a second exp
        _add(kernel, sums[0, first:])
    return np.log(sums / len(points))


def _add(kernel: np.ndarray, sums: np.ndarray) -> None:
    """Add a block's sums to `sums`.

    By symmetry, an entry beyond the first square counts for its row and for its column.
    """
    n_rows = len(kernel)
    sums[:n_rows] += kernel.sum(axis=1)
    sums[n_rows:] += kernel[:, n_rows:].sum(axis=0)


def _kernel_blocks(points: np.ndarray) -> Iterator[tuple[int, np.ndarray]]:
    """Yield the number of each block's first point, and the block of exp(-distance^2).

    The rows of a block are its own points. Its columns are these points and all points after them. Each block
    (n_rows, n_columns) is valid only until the next one.
    """
    n_points = len(points)
    squares = np.einsum("ij,ij->i", points, points)
    n_rows = min(n_points, max(1, BLOCK // n_points))
    buffer = np.empty(n_rows * n_points)
    for first in range(0, n_points, n_rows):
        rows, columns = points[first : first + n_rows], points[first:]
        block = buffer[: len(rows) * len(columns)].reshape(len(rows), len(columns))
        if squares.max() > LARGEST:
            np.negative(cdist(rows, columns, "sqeuclidean"), out=block)
        else:
            np.matmul(2 * rows, columns.T, out=block)
            block -= squares[first : first + n_rows, None]
            block -= squares[first:]
        np.clip(block, -FAR, 0.0, out=block)
        # The distance from a sample to itself is exactly 0, so each sum of kernels is at least 1.
        np.fill_diagonal(block, 0.0)
        yield first, np.exp(block, out=block)
