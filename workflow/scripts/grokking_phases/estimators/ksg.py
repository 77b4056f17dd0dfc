"""KSG: mutual information between a few continuous variables T and a label V, in nats.

This is Kraskov's nearest-neighbour estimator for a label (Ross 2014, doi:10.1371/journal.pone.0087357,
equation 2). Let d_i be the distance, in the maximum norm, from sample i to the k-th nearest sample of its own
label. Let m_i be the number of samples that lie nearer than d_i, sample i included, and N_v the number of
samples with a label. Then

    I(T;V) = psi(N) + psi(k) - <psi(N_v)> - <psi(m_i)>

Where a label has fewer than k + 1 samples, k is one less than their number. A sample that is alone with its
label is left out. A small negative value is an estimate of 0. T is a layer's principal components.
"""

from functools import partial

import numpy as np
from scipy.spatial import KDTree
from scipy.special import digamma

from grokking_phases.arguments import check_counts
from grokking_phases.estimators._operands_of_components import OperandsOfComponents

LIMITS = {"n_components": (1, None), "n_neighbours": (1, None)}


def ksg_information(T: np.ndarray, labels: np.ndarray, n_neighbours: int) -> float:
    """Return I(T;V) in nats of T (n_samples, k) and `labels` (n_samples,).

    The value is NaN if no two samples have the same label.
    """
    _, label, sizes = np.unique(labels, return_inverse=True, return_counts=True)
    paired = sizes[label] > 1
    T, label = T[paired], label[paired]
    if not len(T):
        return np.nan
    neighbours, radius = np.minimum(n_neighbours, sizes - 1)[label], np.empty(len(T))
    for v in np.unique(label):
        own = label == v
        k = neighbours[own][0]
        # The nearest neighbour is the sample itself.
        radius[own] = KDTree(T[own]).query(T[own], [k + 1], p=np.inf)[0][:, 0]
    nearer = np.nextafter(radius, 0)
    m = KDTree(T).query_ball_point(T, nearer, p=np.inf, return_length=True)
    return float(digamma(len(T)) + np.mean(digamma(neighbours) - digamma(sizes[label]) - digamma(m)))


def prepare(snapshots, *, n_components: int = 2, n_neighbours: int = 3) -> OperandsOfComponents:
    """Return the estimator on `n_components` principal components; `n_neighbours` is k.

    Raise ValueError for an unusable option.
    """
    check_counts(LIMITS, n_components=n_components, n_neighbours=n_neighbours)
    return OperandsOfComponents(snapshots, n_components, partial(ksg_information, n_neighbours=n_neighbours))
