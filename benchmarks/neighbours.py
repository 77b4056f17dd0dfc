"""Mutual information by nearest neighbours (KSG): ours beside scikit-learn and one written with its trees.

scikit-learn estimates one component at a time, and is compared on each. For two components together the peer
follows scikit-learn's steps: a tree for each label, then a count in the tree of all samples. Where samples do
not tie, all three are Ross's estimator.
"""

from collections.abc import Iterator

import numpy as np
from pairs import Agreement, Pair
from scipy.special import digamma
from sklearn.feature_selection import mutual_info_classif
from sklearn.neighbors import KDTree, NearestNeighbors

from grokking_phases.estimators.ksg import ksg_information

N, N_CLASSES, K = 4000, 95, 3


def pairs() -> Iterator[Pair]:
    rng = np.random.default_rng(0)
    labels = rng.integers(N_CLASSES, size=N)
    T = rng.normal(size=(N_CLASSES, 2))[labels] + rng.normal(size=(N, 2))
    T /= T.std(axis=0)
    same = Agreement(lambda ours, theirs: float(np.abs(np.subtract(ours, theirs)).max()), 1e-9, "nats")
    yield Pair(
        f"KSG, {N} samples, two components together",
        "trees of scikit-learn",
        lambda: ksg_information(T, labels, K, unit_spread=False),
        lambda: by_trees(T, labels),
        same,
        at_least=1,
        aim=3,
    )
    yield Pair(
        f"KSG, {N} samples, two components in turn",
        "scikit-learn",
        lambda: [ksg_information(T[:, [i]], labels, K) for i in range(2)],
        lambda: mutual_info_classif(T, labels, discrete_features=False, n_neighbors=K, random_state=0),
        Agreement(same.difference, 1e-4, "nats"),
        at_least=1,
        aim=3,
        note="scikit-learn adds noise of 1e-10 to break ties",
    )


def by_trees(T: np.ndarray, labels: np.ndarray) -> float:
    """Return I(T;V) in nats of T (n_samples, k) and `labels` (n_samples,), of K + 1 samples or more each."""
    radius, size = np.empty(len(T)), np.bincount(labels)[labels]
    for label in np.unique(labels):
        members = labels == label
        nearest = NearestNeighbors(metric="chebyshev", n_neighbors=K).fit(T[members])
        radius[members] = np.nextafter(nearest.kneighbors()[0][:, -1], 0)
    rank = KDTree(T, metric="chebyshev").query_radius(T, radius, count_only=True)
    return digamma(len(T)) + digamma(K) - digamma(size).mean() - digamma(rank).mean()
