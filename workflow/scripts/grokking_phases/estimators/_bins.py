"""Bins of the columns of a layer, or of its components: their edges, and the bin that each sample falls into.

`equal_width` edges span a column's range. That over all snapshots of a run is fixed, so a layer that shrinks
loses entropy. That of a snapshot follows the layer's scale.
`quantile` edges are taken from the layer at the same step. Unless values are tied, each bin of a column
then holds about equally many samples, so that only the arrangement of the samples moves the entropy.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Literal, NamedTuple

import numpy as np

from grokking_phases.estimators._entropy import joint

BinEdges = Literal["equal_width", "quantile"]


class Span(NamedTuple):
    """The range of each column: `low` and `high`, (k,)."""

    low: np.ndarray
    high: np.ndarray


def span_of(X: np.ndarray) -> Span:
    """Return the range of each column of X (n_samples, k)."""
    return Span(X.min(axis=0), X.max(axis=0))


def spans(snapshots: Iterable, columns: Callable[[np.ndarray, str], np.ndarray]) -> dict[str, Span]:
    """Return the range of each column over the run, for each layer.

    `columns(T, layer)` makes the columns (n_samples, k) from activations T. Activations that are not finite
    are left out.
    """
    found: dict[str, Span] = {}
    for snapshot in snapshots:
        for layer, T in snapshot.activations.items():
            if np.isfinite(T).all():
                now = span_of(columns(T, layer).astype(np.float64))
                before = found.get(layer, now)
                found[layer] = Span(np.minimum(before.low, now.low), np.maximum(before.high, now.high))
    return found


def edges_of(X: np.ndarray, span: Span, bins: int, bin_edges: BinEdges) -> np.ndarray:
    """Return edges (k, bins + 1) of the columns of X (n_samples, k), by span or by quantiles."""
    if bin_edges == "equal_width":
        return np.linspace(span.low, span.high, bins + 1, axis=1)
    return np.quantile(X, np.linspace(0, 1, bins + 1), axis=0).T


def cells(X: np.ndarray, edges: np.ndarray | Sequence[np.ndarray]) -> np.ndarray:
    """Return the joint bin of each sample of X (n_samples, k), as a label (n_samples,).

    `edges` is one ascending array of bin edges for all columns, or one per column. Bin i is
    [edges[i], edges[i + 1]); the outermost bins also take everything beyond. Raise
    ValueError if the edges do not fit the columns.
    """
    X = np.asarray(X, dtype=np.float64)
    cell = np.zeros(len(X), dtype=np.int64)
    for column, edge in zip(X.T, _edges_per_column(X, edges), strict=True):
        # Only inner edges are compared, so values beyond the outer edges fall into the outermost bins.
        cell = joint(np.searchsorted(edge[1:-1], column, side="right"), cell)
    return cell


def _edges_per_column(X: np.ndarray, edges: np.ndarray | Sequence[np.ndarray]) -> list[np.ndarray]:
    """Return one array of edges for each column of X (n_samples, k)."""
    shared = np.ndim(edges[0]) == 0
    columns = [np.asarray(edge, dtype=np.float64) for edge in ([edges] * X.shape[1] if shared else edges)]
    if len(columns) != X.shape[1]:
        raise ValueError(
            f"edges must be one array, or one for each of the {X.shape[1]} columns, not {len(columns)}."
        )
    if any(len(edge) < 2 or not (np.diff(edge) >= 0).all() for edge in columns):
        raise ValueError("edges must hold at least two ascending numbers for each column.")
    return columns
