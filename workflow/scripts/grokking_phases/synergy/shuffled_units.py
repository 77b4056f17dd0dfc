"""Null of shuffled units: independent units with the same values, clustered and searched anew."""

from collections.abc import Iterator

import numpy as np

from grokking_phases.synergy.layer_search import LayerSearch, SearchResult
from grokking_phases.synergy.normal_scores import Ranks, restore_order


def search_shuffled_units(
    X: np.ndarray, ranks: Ranks, labels: np.ndarray, layer_search: LayerSearch, rng: np.random.Generator
) -> Iterator[SearchResult]:
    """Yield search results without end, each with the samples of every live unit permuted separately.

    X: activations (n_samples x width), with the ranks of its columns. labels: the bin of each unit, -1 where
    it is not live.
    """
    live = labels >= 0
    ranks = ranks.select(live)
    ascending = np.take_along_axis(X.T[live], ranks.order, axis=1)  # n_live x n_samples
    while True:
        shuffled_ranks = ranks.shuffled(rng)
        shuffled = restore_order(shuffled_ranks.order, ascending, ascending.dtype)
        if layer_search.estimator.ties in ("paper", "index"):  # these rules rank ties by position
            shuffled_ranks = layer_search.estimator.ranks(shuffled)
        yield layer_search.search(shuffled, shuffled_ranks)
