"""Principal components of each layer, fitted on the last snapshot and used at every step of a run."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from grokking_phases.estimators._column_means import column_means
from grokking_phases.estimators._scale import power_of_two


@dataclass(frozen=True)
class PrincipalComponents:
    """The first k principal components of a layer: its `mean` (width,) and the `axes` (width, k).

    Components are in units of `scale`, a power of two near the layer's largest distance from the mean.
    """

    mean: np.ndarray
    axes: np.ndarray
    scale: float = 1.0

    @property
    def n_components(self) -> int:
        return self.axes.shape[1]

    @property
    def unmeasured(self) -> dict | None:
        """Return the measurement of a layer without components.

        It is None for a constant layer, and {} for a layer that is not finite.
        """
        return None if np.isfinite(self.mean).all() else {}

    def project(self, T: np.ndarray) -> np.ndarray:
        """Return the projection of T (n_samples, width) on the axes: (n_samples, k), float32.

        It is in units of `scale`. Samples that differ by less than 6e-8 of the layer's spread become equal.
        """
        # Equal samples differ in the last bits of the product. Without rounding, a quantile would cut
        # between them.
        return ((T - self.mean) / self.scale @ self.axes).astype(np.float32)


def principal_components(T: np.ndarray, n_components: int) -> PrincipalComponents:
    """Return the principal components of T (n_samples, width): `n_components`, or as many as the rank of T.

    A constant layer has none. A layer with a value that is not finite has none either, and its mean is NaN.
    """
    T = np.asarray(T, dtype=np.float64)
    if not np.isfinite(T).all():
        return PrincipalComponents(np.full(T.shape[1], np.nan), np.empty((T.shape[1], 0)))
    mean = column_means(T)
    scale = float(power_of_two(T - mean))
    centred = (T - mean) / scale
    variances, axes = np.linalg.eigh(centred.T @ centred)
    rank = int((variances > variances[-1] * len(variances) * np.finfo(np.float64).eps).sum())
    return PrincipalComponents(mean, axes[:, ::-1][:, : min(n_components, rank)], scale)


def fit_components(snapshots: Iterable, n_components: int) -> dict[str, PrincipalComponents]:
    """Return the components of each layer, fitted on the last snapshot."""
    last = snapshots[snapshots.steps[-1]].activations
    return {layer: principal_components(T, n_components) for layer, T in last.items()}
