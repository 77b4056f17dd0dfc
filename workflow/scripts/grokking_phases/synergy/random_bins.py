"""Null of random bins: the same activations, with the live units in random bins of the same sizes."""

from collections.abc import Iterator

import numpy as np

from grokking_phases.synergy.layer_search import LayerSearch, SearchResult
from grokking_phases.synergy.normal_scores import Ranks


def search_random_bins(
    X: np.ndarray, ranks: Ranks, labels: np.ndarray, layer_search: LayerSearch, rng: np.random.Generator
) -> Iterator[SearchResult]:
    """Yield search results without end, each with the labelled units in random bins.

    X: activations (n_samples x width), with the ranks of its columns. labels: the bin of each unit, -1 where
    it is not live.
    """
    estimator = layer_search.estimator
    covariances = list(estimator.covariances(ranks))
    for drawn in random_labels(labels, rng):
        yield SearchResult(estimator.search(X, drawn, covariances), drawn, {})


def random_labels(labels: np.ndarray, rng: np.random.Generator) -> Iterator[np.ndarray]:
    """Yield random labels without end, with bins of the same sizes; -1 stays where it is."""
    live = labels >= 0
    while True:
        drawn = labels.copy()
        drawn[live] = rng.permutation(labels[live])
        yield drawn
