"""Mutual information of a layer with the input, I(T;X), and with the label, I(T;Y), over training; in nats.

X is the probe samples, all distinct and equally likely, so H(X) = ln N. T is a deterministic function of X, and where
no two samples share an activation the true I(T;X) is ln N for ever: what moves is the estimator's own coarse graining
of T. So `estimator` is a named option, and each value stands beside its ceiling and its resolution. A value close to
its ceiling says nothing about the layer.

kde      T' = T + N(0, s^2 I) is a mixture of N Gaussians. With d_ij = |t_i - t_j|

             U = -1/N sum_i ln 1/N sum_j exp(-d_ij^2 / (2 s^2)),    L = the same with 8 s^2,    L <= I(T';X) <= U

         (Kolchinsky & Tracey 2017, arXiv 1706.02419, sections 3 and 4: the pairwise distance is the Kullback-Leibler
         divergence in U, the Bhattacharyya distance in L; the entropy of the noise cancels). I(T;X) is drawn as U. With
         U_y, L_y the same within class y, I(T;Y) is drawn as U - sum_y p_y U_y, no bound itself, and

             L - sum_y p_y U_y  <=  I(T';Y)  <=  U - sum_y p_y L_y.

         Relative noise is s = c sqrt(mean_i |t_i - mean t|^2): nothing changes when T is multiplied by a number.
         Absolute noise mistakes a layer that shrinks for one that compresses.
binning  entropies of the binned principal components: `grokking_phases.binning`.
"""

from collections.abc import Iterator
from typing import Literal, get_args

import numpy as np

from grokking_phases.binning import Edges, binned_entropy, column_means, entropy, fit_projections

__all__ = ["binned_entropy", "compute", "kde_bounds", "kde_information"]

Estimator = Literal["kde", "binning"]
NoiseScale = Literal["relative", "absolute"]
CHOICES = {"estimator": get_args(Estimator), "noise_scale": get_args(NoiseScale), "bin_edges": get_args(Edges)}
KDE = ("information_x", "information_y", "information_x_lower", "information_y_lower", "information_y_upper")

# Options bounded from below, from above, or not.
LIMITS = {"bins": (2, None), "n_components": (1, None), "noise": (1e-9, None)}

BLOCK = 2**21  # pairs of samples held at once: 16 MB
FAR = 170.0  # exp(-170) is lost beside the 1 of the diagonal, and its fourth power is still no (slow) denormal number


def compute(
    snapshots,
    *,
    estimator: Estimator = "kde",
    noise: float = 0.35,
    noise_scale: NoiseScale = "relative",
    bins: int = 30,
    bin_edges: Edges = "equal_width",
    n_components: int = 2,
) -> Iterator[dict]:
    """Rows {step, layer, metric, value} for each snapshot and layer; information and ceilings in nats.

    `snapshots` yields snapshots (`step`, `activations` by layer, each (n_samples, width)) in ascending step, as often
    as it is iterated, gives one by `snapshots[step]`, and has `steps` and the samples' classes `targets` (n_samples,).

    kde: `noise` is c where `noise_scale` is relative, s in activation units where it is absolute. binning: `bins` of
    each of `n_components` principal components; `bin_edges`: equal_width over the run, quantile of the layer at that
    step.

    information_x, information_y  the estimates; kde: also information_{x,y}_lower and information_y_upper
    ceiling_x, ceiling_y          kde: ln N, H(Y); binning: min(ln N, k ln bins), H(Y), with k components found
    resolution                    kde: s; binning: width of the first component's bins, NaN for quantile
    n_constant                    1 where a layer without variance leaves the estimator undefined (values NaN), else 0;
                                  relative noise: at this step; binning: at the last, where the components come from

    A layer that is not finite gives NaN: at that step or, at the last step and with binning, at all steps. ValueError,
    before anything is computed, for an unusable option.
    """
    _check_choices(estimator=estimator, noise_scale=noise_scale, bin_edges=bin_edges)
    _check_numbers(noise, bins=bins, n_components=n_components)
    _check_targets(snapshots)
    if estimator == "kde":
        return _kde_rows(snapshots, noise, noise_scale)
    return _binning_rows(snapshots, bins, bin_edges, n_components)


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


def _standard_deviation(T: np.ndarray, noise: float, noise_scale: str) -> float:
    """The noise s in activation units: 0 for a constant layer under relative noise, NaN for one that is not finite."""
    if not np.isfinite(T).all():
        return np.nan
    if noise_scale == "absolute":
        return noise
    return noise * np.sqrt(((T - column_means(T)) ** 2).sum(axis=1).mean())


def _kde_rows(snapshots, noise: float, noise_scale: str) -> Iterator[dict]:
    ceilings = {"ceiling_x": np.log(len(snapshots.targets)), "ceiling_y": entropy(snapshots.targets)}
    for snapshot in snapshots:
        for layer, T in snapshot.activations.items():
            s = _standard_deviation(T, noise, noise_scale)
            information = kde_information(T, snapshots.targets, s) if s > 0 else dict.fromkeys(KDE, np.nan)
            values = information | ceilings | {"resolution": s if s > 0 else np.nan, "n_constant": s == 0}
            yield from _rows(snapshot.step, layer, values)


def _binning_rows(snapshots, bins: int, bin_edges: Edges, n_components: int) -> Iterator[dict]:
    projections = fit_projections(snapshots, n_components)
    for snapshot in snapshots:
        for layer, T in snapshot.activations.items():
            values = projections[layer].information(T, snapshots.targets, bins, bin_edges)
            yield from _rows(snapshot.step, layer, values)


def _rows(step: int, layer: str, values: dict[str, float]) -> Iterator[dict]:
    for metric, value in values.items():
        yield {"step": step, "layer": layer, "metric": metric, "value": float(value)}


def _check_choices(**options: str) -> None:
    for name, value in options.items():
        if value not in CHOICES[name]:
            raise ValueError(f"{name} must be one of {', '.join(CHOICES[name])}, not {value!r}.")


def _check_numbers(noise: float, bins: int, n_components: int) -> None:
    if not isinstance(noise, int | float | np.number) or not 0 < noise < np.inf:
        raise ValueError(f"noise must be a positive number, not {noise!r}.")
    for name, value, least in (("bins", bins, 2), ("n_components", n_components, 1)):
        if not isinstance(value, int | np.integer) or value < least:
            raise ValueError(f"{name} must be a whole number of at least {least}, not {value!r}.")


def _check_targets(snapshots) -> None:
    for layer, T in snapshots[snapshots.steps[-1]].activations.items():
        if len(T) != len(snapshots.targets):
            raise ValueError(f"targets must hold one class per sample of {layer}, not {len(snapshots.targets)}.")
