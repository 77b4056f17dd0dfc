"""Principal components of each layer, fitted on the last snapshot and used at every step of a run."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from grokking_phases.estimators._column_means import column_means


@dataclass(frozen=True)
class PrincipalComponents:
    """The first k principal components of a layer: its `mean` (width,) and the `axes` (width, k)."""

    mean: np.ndarray
    axes: np.ndarray

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
        """Return the projection of T (n_samples, width) on the axes: (n_samples, k), float32."""
        # Activations are float32. Rounding to float32 again keeps equal samples equal. Otherwise a quantile
        # would cut between roundings.
        return ((T - self.mean) @ self.axes).astype(np.float32)


def principal_components(T: np.ndarray, n_components: int) -> PrincipalComponents:
    """Return the principal components of T (n_samples, width): `n_components`, or as many as the rank of T.

    A constant layer has none. A layer with a value that is not finite has none either, and its mean is NaN.
    """
    T = np.asarray(T, dtype=np.float64)
    if not np.isfinite(T).all():
        return PrincipalComponents(np.full(T.shape[1], np.nan), np.empty((T.shape[1], 0)))
    mean = column_means(T)
    variances, axes = np.linalg.eigh((T - mean).T @ (T - mean))
    rank = int((variances > variances[-1] * len(variances) * np.finfo(np.float64).eps).sum())
    return PrincipalComponents(mean, axes[:, ::-1][:, : min(n_components, rank)])


def fit_components(snapshots: Iterable, n_components: int) -> dict[str, PrincipalComponents]:
    """Return the components of each layer, fitted on the last snapshot."""
    last = snapshots[snapshots.steps[-1]].activations
    return {layer: principal_components(T, n_components) for layer, T in last.items()}
