"""Search with the samples in random orders, which matters where a rule for ties ranks by place.

The bins are those of the samples' own order: clustering does not depend on it.
"""

from collections.abc import Iterator

import numpy as np

from grokking_phases.synergy.layer_search import LayerSearch, SearchResult


def search_random_orders(
    X: np.ndarray, result: SearchResult, layer_search: LayerSearch, n_orders: int
) -> Iterator[SearchResult]:
    """Yield `n_orders` results of the search in X (n_samples x width), each with its samples reordered.

    `result` is that of the samples' own order. Where it has no multiplets, the others have none.
    """
    estimator = layer_search.estimator
    for number in range(1, n_orders + 1):
        reordered = X[random_order(len(X), estimator.seed, number)]
        covariances = estimator.covariances(estimator.ranks(reordered))
        found = result.multiplets and estimator.search(reordered, result.labels, covariances)
        yield SearchResult(found, result.labels, {})


def random_order(n_samples: int, seed: int, number: int) -> np.ndarray:
    """Return the random order of this number, 1, 2, …: a permutation (n_samples,)."""
    return np.random.default_rng([seed, number]).permutation(n_samples)
