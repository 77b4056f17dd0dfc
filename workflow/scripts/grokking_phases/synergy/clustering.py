"""Bins of units: the choice of a layer's live units, and their clustering by activations."""

from typing import Literal

import numpy as np
from scipy.cluster import hierarchy
from scipy.spatial.distance import squareform

from grokking_phases.synergy.normal_scores import Ranks
from grokking_phases.threads import one_thread

Linkage = Literal["ward", "average", "complete", "spectral"]
TREES = ("ward", "average", "complete")  # the linkages of agglomerative clustering


def live_units(ranks: Ranks) -> tuple[np.ndarray, int]:
    """Return the live units, and the number of constant ones.

    A unit is live when it is not constant and does not repeat a lower-numbered unit rank for rank, in the
    same or in the opposite order: a unit and its negative are duplicates. Mean ranks decide this under every
    rule for ties, because under another rule the ranks of a constant unit are arbitrary.
    """
    places = ranks.mean_places  # n_samples x n_units
    varying = np.flatnonzero(np.ptp(places, axis=0))
    first = {}
    for unit in varying:
        ascending = places[:, unit]
        descending = 2 * (len(places) - 1) - ascending
        first.setdefault(min(ascending.tobytes(), descending.tobytes()), unit)
    return np.array(list(first.values()), dtype=int), places.shape[1] - len(varying)


@one_thread
def cluster_units(X: np.ndarray, n_bins: int, linkage: Linkage = "ward") -> np.ndarray:
    """Return the bin, 0 .. n_bins-1, of each column of X (n_samples x n_units); n_bins is at most n_units.

    `ward`, `average` and `complete` are agglomerative clustering with Euclidean distances, into exactly
    n_bins bins. `spectral` clusters by correlation. It needs columns that are not constant, and it may leave
    a bin empty.
    """
    if linkage in TREES:
        return cut_tree(merge_tree(unit_distances(X), linkage), n_bins)
    return cluster_by_correlation(X, n_bins)


def unit_distances(X: np.ndarray) -> np.ndarray:
    """Return the Euclidean distances between the columns of X, two or more, as scipy's `squareform` does."""
    # Subtracting the mean unit changes no distance, and avoids most cancellation in the matrix product.
    X = X - X.mean(axis=1, dtype=np.float64, keepdims=True)
    G = X.T @ X  # n_units x n_units
    squares = np.diagonal(G)[:, None] + np.diagonal(G) - 2 * G
    return squareform(np.sqrt(np.maximum(squares, 0)), checks=False)


def merge_tree(distances: np.ndarray, linkage: str) -> np.ndarray:
    """Return the tree (n_units - 1 x 4) of agglomerative clustering, from the distances between units.

    The tree is one of `scipy.cluster.hierarchy`, except that its heights count its merges.
    """
    tree = hierarchy.linkage(distances, linkage)
    # The tree is cut by the order of its merges: if two had equal height, the number of bins would jump.
    tree[:, 2] = np.arange(1, len(tree) + 1)
    return tree


def cut_tree(tree: np.ndarray, n_bins: int) -> np.ndarray:
    """Return the bin, 0 .. n_bins-1, of each unit in a tree (`merge_tree`)."""
    return hierarchy.fcluster(tree, n_bins, "maxclust") - 1


def cluster_by_correlation(X: np.ndarray, n_bins: int) -> np.ndarray:
    """Return the bins of scikit-learn's spectral clustering, by the columns' absolute correlation.

    The correlation is that of activations, not of normal scores. So these bins, like those of the linkages,
    do not depend on the rule for ties. Pivoted QR reads the clusters off the eigenvectors without a random
    start (Damle, Minden & Ying 2019, doi:10.1093/imaiai/iay008); `random_state` only starts the eigensolver.
    A bin that stays empty is unlikely but possible.
    """
    if n_bins == X.shape[1]:
        return np.arange(n_bins)
    from sklearn.cluster import SpectralClustering  # imported here because it takes 1.8 s

    affinity = np.abs(np.corrcoef(X, rowvar=False, dtype=np.float64))
    model = SpectralClustering(n_bins, affinity="precomputed", assign_labels="cluster_qr", random_state=0)
    return model.fit_predict(affinity)
