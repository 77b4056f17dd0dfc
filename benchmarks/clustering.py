"""Ward clustering of a layer's units: ours from one matrix product, scikit-learn's from the vectors.

scikit-learn gets the units as rows, as its users call it. Both trees are cut into the same number of
clusters. The two must give the same sets of units, whatever their labels are.
"""

from collections.abc import Iterator

import numpy as np
from made_up_layers import relu_layer
from pairs import Agreement, Pair

from grokking_phases.synergy.clustering import cluster_units

N_SAMPLES, N_UNITS, N_BINS = 3763, 250, 10


def pairs() -> Iterator[Pair]:
    from sklearn.cluster import AgglomerativeClustering

    X = relu_layer(np.random.default_rng(0), N_SAMPLES, N_UNITS)
    units = np.ascontiguousarray(X.T)
    yield Pair(
        f"Ward, {N_UNITS} vectors of {N_SAMPLES} into {N_BINS}",
        "scikit-learn",
        lambda: cluster_units(X, N_BINS),
        lambda: AgglomerativeClustering(N_BINS, linkage="ward").fit(units).labels_,
        Agreement(unlike, 0, "sets of units"),
        at_least=3,
        aim=6,
    )


def unlike(ours: np.ndarray, theirs: np.ndarray) -> int:
    """Return 0 where two labellings (n_units,) make the same sets of units, else a positive number."""
    common = len(set(zip(ours, theirs, strict=True)))
    return 2 * common - len(set(ours)) - len(set(theirs))
