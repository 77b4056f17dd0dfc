"""Entropy of binned activations, on principal components fixed for the whole run.

A layer T (n_samples, width) is projected on its first k principal components. These are fitted on the LAST snapshot
(mean and axes) and kept for every step. Each component is cut into bins. With X the probe samples, all distinct and
equally likely, the bin T_b is a function of X, so that

    I(T_b; X) = H(T_b)          I(T_b; Y) = H(T_b) - sum_y p_y H(T_b | y) = H(T_b) + H(Y) - H(T_b, Y)

in nats, from counts. With few samples a cell, I(T_b; Y) is well above 0 even for random labels: compare it with that of
shuffled ones. `equal_width` edges span the component's range over all snapshots: a layer that shrinks loses entropy.
`quantile` edges are those of the layer at the SAME step: each bin of a component holds equally many samples whatever
the layer's scale, so that only the arrangement of the samples moves H(T_b). With one component that is its ceiling.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

Edges = Literal["equal_width", "quantile"]


def binned_entropy(T: np.ndarray, edges: np.ndarray | Sequence[np.ndarray]) -> float:
    """Entropy in nats of the joint bin index of T (n_samples, k).

    `edges` is one ascending array of bin edges for all columns, or one per column. Bin i is [edges[i], edges[i + 1]),
    and a value outside the edges falls into the outermost bin. ValueError where the edges do not fit the columns.
    """
    return entropy(cells(T, edges))


def entropy(labels: np.ndarray) -> float:
    """Plug-in entropy in nats of integer labels (n_samples,)."""
    p = np.unique(labels, return_counts=True)[1] / len(labels)
    return float(-(p * np.log(p)).sum()) + 0.0  # + 0.0: a single label gives 0, not -0


def joint(labels: np.ndarray, others: np.ndarray) -> np.ndarray:
    """One label (n_samples,) for each pair of labels from 0; `others` are renumbered, so that no product overflows."""
    return np.unique(others, return_inverse=True)[1] * (int(labels.max()) + 1) + labels


def cells(T: np.ndarray, edges: np.ndarray | Sequence[np.ndarray]) -> np.ndarray:
    """The joint bin of each sample of T (n_samples, k), as a label (n_samples,); `edges` as in `binned_entropy`."""
    T = np.asarray(T, dtype=np.float64)
    cell = np.zeros(len(T), dtype=np.int64)
    for column, edge in zip(T.T, _edges_per_column(T, edges), strict=True):
        # Only the inner edges are compared: so the values beyond the outer ones fall into the outermost bins.
        cell = joint(np.searchsorted(edge[1:-1], column, side="right"), cell)
    return cell


def _edges_per_column(T: np.ndarray, edges: np.ndarray | Sequence[np.ndarray]) -> list[np.ndarray]:
    shared = np.ndim(edges[0]) == 0
    columns = [np.asarray(edge, dtype=np.float64) for edge in ([edges] * T.shape[1] if shared else edges)]
    if len(columns) != T.shape[1]:
        raise ValueError(f"edges must be one array, or one for each of {T.shape[1]} columns, not {len(columns)}.")
    if any(len(edge) < 2 or not (np.diff(edge) >= 0).all() for edge in columns):
        raise ValueError("edges must hold at least two ascending numbers for each column.")
    return columns


def binned_information(
    T: np.ndarray, targets: np.ndarray, edges: np.ndarray | Sequence[np.ndarray]
) -> tuple[float, float]:
    """I(T_b; X) and I(T_b; Y) in nats, for T (n_samples, k) and the samples' classes `targets` (n_samples,)."""
    cell = cells(T, edges)
    return entropy(cell), entropy(cell) + entropy(targets) - entropy(joint(cell, others=targets))


def column_means(T: np.ndarray) -> np.ndarray:
    """Mean of each column of T (n_samples, width), in float64; exactly its value where the column is constant."""
    T = np.asarray(T, dtype=np.float64)
    return T[0] + (T - T[0]).mean(axis=0)


def principal_axes(T: np.ndarray, n_components: int) -> tuple[np.ndarray, np.ndarray]:
    """Mean (width,) and first principal axes (width, k) of T (n_samples, width), k = n_components or the rank of T.

    A constant layer has no axes: k = 0. Nor has one with a value that is not finite, whose mean is NaN.
    """
    T = np.asarray(T, dtype=np.float64)
    if not np.isfinite(T).all():
        return np.full(T.shape[1], np.nan), np.empty((T.shape[1], 0))
    mean = column_means(T)
    variances, axes = np.linalg.eigh((T - mean).T @ (T - mean))
    rank = int((variances > variances[-1] * len(variances) * np.finfo(np.float64).eps).sum())
    return mean, axes[:, ::-1][:, : min(n_components, rank)]


@dataclass(frozen=True)
class Projection:
    """One layer's components: `mean` (width,), `axes` (width, k), and their range over the run, `low`, `high` (k,)."""

    mean: np.ndarray
    axes: np.ndarray
    low: np.ndarray
    high: np.ndarray

    @property
    def n_components(self) -> int:
        return self.axes.shape[1]

    @property
    def nothing(self) -> dict | None:
        """Of a run without components: None where the layer is constant, {} where it is not finite."""
        return None if np.isfinite(self.mean).all() else {}

    def each(self) -> Iterator["Projection"]:
        """Its components, one by one."""
        for i in range(self.n_components):
            yield Projection(self.mean, self.axes[:, i : i + 1], self.low[i : i + 1], self.high[i : i + 1])

    def of(self, T: np.ndarray) -> np.ndarray:
        """T (n_samples, width) on the axes: (n_samples, k)."""
        return project(T, self.mean, self.axes)

    def edges(self, projected: np.ndarray, bins: int, bin_edges: Edges) -> np.ndarray:
        """Edges (k, bins + 1), over the run's range or at the quantiles of `projected` (n_samples, k)."""
        if bin_edges == "equal_width":
            return np.linspace(self.low, self.high, bins + 1, axis=1)
        return np.quantile(projected, np.linspace(0, 1, bins + 1), axis=0).T

    def information(
        self, T: np.ndarray, targets: np.ndarray, bins: int, bin_edges: Edges
    ) -> tuple[float, float, float]:
        """I(T_b; X), I(T_b; Y) and the width of the first component's bins, NaN for quantiles."""
        projected = self.of(T)
        edges = self.edges(projected, bins, bin_edges)
        width = edges[0, 1] - edges[0, 0] if bin_edges == "equal_width" else np.nan
        return *binned_information(projected, targets, edges), width


def project(T: np.ndarray, mean: np.ndarray, axes: np.ndarray) -> np.ndarray:
    """T (n_samples, width) on the axes (width, k): (n_samples, k)."""
    # Activations are float32. Rounded to it again, equal samples stay equal; a quantile would cut between roundings.
    return ((T - mean) @ axes).astype(np.float32)


def fit_projections(snapshots: Iterable, n_components: int) -> dict[str, Projection]:
    """The projection of each layer: axes of the last snapshot, range over all of them (one pass)."""
    last = snapshots[snapshots.steps[-1]].activations
    return with_ranges(snapshots, {layer: principal_axes(T, n_components) for layer, T in last.items()})


def ranges(snapshots: Iterable) -> dict[str, Projection]:
    """The same with each unit for a component."""
    last = snapshots[snapshots.steps[-1]].activations
    return with_ranges(snapshots, {layer: (np.zeros(T.shape[1]), np.eye(T.shape[1])) for layer, T in last.items()})


def with_ranges(snapshots: Iterable, axes: dict[str, tuple[np.ndarray, np.ndarray]]) -> dict[str, Projection]:
    """{layer: (mean, axes)} with the range of each component over the run."""
    low = {layer: np.full(of.shape[1], np.inf) for layer, (_, of) in axes.items()}
    high = {layer: -low[layer] for layer in axes}
    for snapshot in snapshots:
        for layer, T in snapshot.activations.items():
            if np.isfinite(T).all():
                projected = project(T, *axes[layer])
                low[layer] = np.minimum(low[layer], projected.min(axis=0))
                high[layer] = np.maximum(high[layer], projected.max(axis=0))
    return {layer: Projection(*axes[layer], low[layer], high[layer]) for layer in axes}
