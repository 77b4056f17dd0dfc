"""A layer at one step, and what the search in it needs of its activations, whatever the number of bins.

These parts are the live units, the trees of their clustering, and the covariance of their normal scores.
They can be stored, so that a search with other bins costs the cut of a tree and the walk over unions alone.
"""

from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import Any

import numpy as np

from grokking_phases.samples import take_samples
from grokking_phases.synergy.clustering import (
    TREES,
    cluster_by_correlation,
    cut_tree,
    live_units,
    merge_tree,
    unit_distances,
)
from grokking_phases.synergy.multiplet_search import Estimator
from grokking_phases.synergy.normal_scores import Ranks
from grokking_phases.threads import one_thread

NO_TREE = np.empty((0, 4))


class SearchedLayer:
    """Activations X (n_samples x width) of a layer; each part is computed when it is first asked for."""

    def __init__(self, X: np.ndarray, estimator: Estimator, ranks: Ranks | None = None) -> None:
        self.X, self.estimator = X, estimator
        if ranks is not None:
            self.ranks = ranks

    @cached_property
    def ranks(self) -> Ranks:
        return self.estimator.ranks(self.X)

    @cached_property
    def units(self) -> tuple[np.ndarray, int]:
        """Return the live units, and the number of constant ones (`live_units`)."""
        return live_units(self.ranks)

    @cached_property
    def covariances(self) -> list[np.ndarray]:
        """Return the covariances of the normal scores (width x width), one for each draw of random ties."""
        return list(self.estimator.covariances(self.ranks))

    @cached_property
    def distances(self) -> np.ndarray:
        """Return the distances between the live units, two or more (`unit_distances`)."""
        return unit_distances(self.X[:, self.units[0]])

    def tree(self, linkage: str) -> np.ndarray:
        """Return the tree of the live units, two or more, under a linkage of `TREES` (`merge_tree`)."""
        return merge_tree(self.distances, linkage)

    def cluster(self, n_bins: int, linkage: str) -> np.ndarray:
        """Return the bin of each live unit, of which there are n_bins at least (`cluster_units`)."""
        if linkage in TREES:
            return cut_tree(self.tree(linkage), n_bins)
        return cluster_by_correlation(self.X[:, self.units[0]], n_bins)


class StoredLayer(SearchedLayer):
    """A layer whose parts were stored; X is NaN if only these are at hand."""

    def __init__(self, X: np.ndarray | None, estimator: Estimator, parts: dict[str, Any]) -> None:
        shape = parts["n_samples"], parts["width"]
        super().__init__(np.broadcast_to(np.nan, shape) if X is None else X, estimator)
        self.parts, self.units = parts, (parts["live"], parts["n_constant"])

    @cached_property
    def covariances(self) -> list[np.ndarray]:
        """Return the covariance of the normal scores (width x width), NaN where a unit is not live."""
        live = self.parts["live"]
        S = np.full((self.parts["width"],) * 2, np.nan)
        S[np.ix_(live, live)] = unpacked(self.parts["covariance"], len(live))
        return [S]

    def tree(self, linkage: str) -> np.ndarray:
        return unpacked_tree(self.parts[linkage])


@one_thread
def parts_of(layer: SearchedLayer) -> dict[str, Any]:
    """Return the parts of a layer to store.

    ties        the rule for ties
    live        the live units (n_live,), of n_samples activations in a layer of this width
    n_constant  the number of constant units
    covariance  the lower triangle of the covariance of the live units' scores, row by row
    ward, …     for each linkage in `TREES`: for each merge in the tree, the two clusters and their joint size

    Ties may not be random, since each draw has a covariance of its own.
    """
    live, n_constant = layer.units
    n_samples, width = layer.X.shape
    (S,) = layer.covariances
    trees = {linkage: packed_tree(layer.tree(linkage) if len(live) > 1 else NO_TREE) for linkage in TREES}
    said = {"ties": layer.estimator.ties, "n_samples": n_samples, "width": width, "n_constant": n_constant}
    return {**said, "live": live, "covariance": packed(S[np.ix_(live, live)]), **trees}


def packed(S: np.ndarray) -> np.ndarray:
    """Return the lower triangle of a symmetric matrix (n x n), row by row."""
    return S[np.tril_indices(len(S))]


def unpacked(triangle: np.ndarray, n: int) -> np.ndarray:
    """Return the symmetric matrix (n x n) of a lower triangle."""
    S = np.empty((n, n))
    rows, columns = np.tril_indices(n)
    S[rows, columns] = S[columns, rows] = triangle
    return S


def packed_tree(tree: np.ndarray) -> np.ndarray:
    """Return what a tree (n_merges x 4) has besides its heights, which count its merges."""
    return tree[:, [0, 1, 3]].astype(np.int32).ravel()


def unpacked_tree(merges: np.ndarray) -> np.ndarray:
    """Return the tree (n_merges x 4) of packed merges."""
    clusters = merges.reshape(-1, 3).astype(float)
    return np.column_stack([clusters[:, :2], np.arange(1, len(clusters) + 1), clusters[:, 2]])


def searched_layers(snapshots: Iterable, estimator: Estimator) -> Iterator[tuple[int, str, SearchedLayer]]:
    """Yield (step, layer's name, layer) of all snapshots.

    A snapshot may hold the stored parts of its layers as `scores`, {layer: parts}. They are used if
    `parts["ties"]`, the rule for ties under which they were made, is the estimator's. Its activations may
    then be None.

    Raise ValueError if an activation is not finite.
    """
    for snapshot in snapshots:
        stored = getattr(snapshot, "scores", None) or {}
        for name, X in snapshot.activations.items():
            X = X if X is None else finite(X, name, snapshot.step)
            if name in stored and stored[name]["ties"] == estimator.ties:
                yield snapshot.step, name, StoredLayer(X, estimator, stored[name])
            else:
                yield snapshot.step, name, SearchedLayer(X, estimator)


def finite(X: Any, name: str, step: int) -> np.ndarray:
    """Return a layer's activations as samples; raise ValueError if one is not finite."""
    X, _ = take_samples(X, names=(f"layer {name} at step {step}", ""), finite=False)
    if not np.isfinite(X).all():
        raise ValueError(
            f"Layer {name} has activations that are not finite at step {step}; measure other steps or layers."
        )
    return X
