"""KSG: mutual information between a few variables T, continuous or not, and a label V, in nats.

This is Kraskov's nearest-neighbour estimator for a label (Ross 2014, doi:10.1371/journal.pone.0087357,
equation 2). Order all samples by their distance from sample i, in the maximum norm, with i itself first. Let
d_i be the distance of its k-th nearest sample of its own label, and m_i the number of samples that come
before that one. Let N_v be the number of samples with a label. Then

    I(T;V) = psi(N) + psi(k) - <psi(N_v)> - <psi(m_i)>

Several samples may lie at the distance d_i: zeros of a ReLU, or collapsed classes. Their order is arbitrary,
so psi(m_i) is averaged over all their orders. Among o samples of other labels and t of the own label, the
number of others before the j-th own sample is beta-binomial (o, j, t - j + 1). Where d_i is 0, this gives
exactly psi(k) - psi(m_i) = psi(number of own samples there) - psi(number of all samples there),
the rule of Gao et al. (2017, arXiv 1709.06212). Without ties it is Ross's estimator.

Distances depend on the units of T. With `unit_spread` each variable is first divided by its standard
deviation, so that multiplying one of them changes nothing.

Where a label has fewer than k + 1 samples, k is one less than their number. A sample that is alone with its
label is left out. The value is cut at H(V), which it may exceed by about 1 / (2 N_v). A small negative value
is an estimate of 0. A constant T, or a single class, gives 0. Classes that collapse onto points give H(V).
Two samples give 0 if they share a label, and otherwise NaN. T is a layer's principal components.
"""

from functools import partial

import numpy as np
from scipy.spatial import KDTree
from scipy.special import betaln, digamma

from grokking_phases.arguments import check_counts
from grokking_phases.estimators import _scale
from grokking_phases.estimators._operands_of_components import Estimate, OperandsOfComponents
from grokking_phases.samples import take_samples

LIMITS = {"n_components": (1, None), "n_neighbours": (1, None)}

SAME = 1e-10  # relative difference up to which two distances are equal
LEAF = 32  # samples in a leaf of a tree: counting in leaves is faster than descending further


def ksg_information(
    T: np.ndarray, labels: np.ndarray, n_neighbours: int = 3, *, unit_spread: bool = True
) -> float:
    """Return I(T;V) in nats of T (n_samples, k) and `labels` (n_samples,).

    unit_spread: whether each column of T is first divided by its standard deviation.

    The value is NaN if no two samples have the same label.
    """
    check_counts(LIMITS, n_neighbours=n_neighbours)
    T, labels = take_samples(T, labels)
    return estimate(T, labels, n_neighbours, unit_spread).cut(labels)


def estimate(T: np.ndarray, labels: np.ndarray, n_neighbours: int, unit_spread: bool) -> Estimate:
    """Return the estimate of `ksg_information` before it is cut; labels count from 0."""
    sizes = np.bincount(labels)
    paired = sizes[labels] > 1
    if not paired.any():
        return Estimate(np.nan)
    T, labels = (_scale.unit_spread(T) if unit_spread else T)[paired], labels[paired]
    k = np.minimum(n_neighbours, sizes - 1)[labels]
    information = digamma(len(T)) + np.mean(
        digamma(k) - digamma(sizes[labels]) - expected_log_ranks(T, labels, k)
    )
    return Estimate(float(information))


def expected_log_ranks(T: np.ndarray, labels: np.ndarray, k: np.ndarray) -> np.ndarray:
    """Return the mean of psi(m_i) over the orders of ties (n_samples,).

    k: which neighbour of its own label each sample has its distance from (n_samples,).
    """
    distance, own = np.empty(len(T)), np.empty((2, len(T)), int)
    rounding = 4 * np.finfo(float).eps * np.abs(T).max()
    for label in np.unique(labels):
        members = labels == label
        tree = KDTree(T[members], LEAF)
        # The nearest neighbour is the sample itself.
        distance[members] = tree.query(T[members], [k[members][0] + 1], p=np.inf)[0][:, 0]
        own[:, members] = counts(tree, T[members], distance[members], rounding)
    (own_nearer, own_within), (nearer, within) = own, counts(KDTree(T, LEAF), T, distance, rounding)
    j, t = k + 1 - own_nearer, own_within - own_nearer
    return mean_digamma(nearer + j - 1, j, t, within - nearer - t)


def counts(
    tree: KDTree, T: np.ndarray, distance: np.ndarray, rounding: float
) -> tuple[np.ndarray, np.ndarray]:
    """Return how many samples are nearer than a distance, and how many within it (n_samples,).

    rounding: of a distance of 0. Distances that differ by rounding are equal. Each sample counts itself as
    nearer.
    """
    rounding = rounding + SAME * distance
    nearer, within = (
        tree.query_ball_point(T, radius, p=np.inf, return_length=True)
        for radius in (np.maximum(distance - rounding, 0), distance + rounding)
    )
    return np.where(distance > rounding, nearer, 1), within


def mean_digamma(least: np.ndarray, j: np.ndarray, t: np.ndarray, o: np.ndarray) -> np.ndarray:
    """Return the mean of psi(least + n), with n beta-binomial (o, j, t - j + 1); all are (n_samples,)."""
    means, tied = digamma(least), o > 0  # n is 0 where o is
    cases, case = np.unique(np.column_stack([least, j, t, o])[tied], axis=0, return_inverse=True)
    tied_means = np.empty(len(cases))
    for i, (first, a, ties, others) in enumerate(cases):
        n, b = np.arange(others + 1), ties - a + 1
        log_choices = -np.log(others + 1) - betaln(n + 1, others - n + 1)
        p = np.exp(log_choices + betaln(n + a, others - n + b) - betaln(a, b))
        tied_means[i] = p @ digamma(first + n)
    means[tied] = tied_means[case.reshape(-1)]
    return means


def prepare(
    snapshots, *, n_components: int = 2, n_neighbours: int = 3, unit_spread: bool = True
) -> OperandsOfComponents:
    """Return the estimator on `n_components` principal components; `n_neighbours` is k.

    unit_spread: whether each component is first divided by its standard deviation. Raise ValueError for an
    unusable option.
    """
    check_counts(LIMITS, n_components=n_components, n_neighbours=n_neighbours)
    measured = partial(estimate, n_neighbours=n_neighbours, unit_spread=unit_spread)
    return OperandsOfComponents(snapshots, n_components, measured)
