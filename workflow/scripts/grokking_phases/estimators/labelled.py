"""Mutual information of continuous variables with a label, I(T;V), in nats: two estimators for few dimensions.

gaussian  H(T) - sum_v p_v H(T|v), each the entropy of a Gaussian with the covariance of T's normal scores (`copula`),
          of all samples and of those with each label, its bias taken off (`bias`): a Gaussian
          copula for a label (Ince et al. 2017, doi:10.1002/hbm.23471, section 2.4). As neither T nor T|v need be
          Gaussian once it has normal scores, it is no bound, and may be negative.
nearest   Kraskov's estimator for a label (Ross 2014, doi:10.1371/journal.pone.0087357, equation 2): with d_i the
          distance from sample i to the k-th nearest of its own label (in the maximum norm), m_i the number of samples,
          itself included, that lie nearer than d_i, and N_v those with a label,

              I = psi(N) + psi(k) - <psi(N_v)> - <psi(m_i)>

          Where a label has fewer than k + 1 samples k is one less than their number, and a sample alone with its label
          is left out. A small negative value is an estimate of 0.
"""

import numpy as np
from scipy.spatial import KDTree
from scipy.special import digamma

from grokking_phases.synergy.entropy_bias import entropy_bias
from grokking_phases.synergy.normal_scores import normal_scores


def gaussian(T: np.ndarray, labels: np.ndarray) -> float:
    """I(T;V) of T (n_samples, k) and `labels` (n_samples,); NaN: no label has more samples than T has variables + 1."""
    scores = normal_scores(T)
    enough = [scores[labels == label] for label in np.unique(labels)]
    enough = [of for of in enough if len(of) > T.shape[1] + 1]
    if not enough:
        return np.nan
    sizes = np.array([len(of) for of in enough])
    within = sum(len(of) * gaussian_entropy(of) for of in enough) / sizes.sum()
    return gaussian_entropy(scores) - within


def gaussian_entropy(X: np.ndarray) -> float:
    """Entropy in nats, up to n/2 ln(2 pi e), of Gaussian variables with the covariance of X (n_samples, n)."""
    covariance = np.atleast_2d(np.cov(X, rowvar=False))
    return 0.5 * np.linalg.slogdet(covariance)[1] - entropy_bias(X.shape[1], len(X))[-1]


def nearest(T: np.ndarray, labels: np.ndarray, n_neighbours: int) -> float:
    """I(T;V) of T (n_samples, k) and `labels` (n_samples,); NaN: no two samples have one label."""
    _, label, sizes = np.unique(labels, return_inverse=True, return_counts=True)
    paired = sizes[label] > 1
    T, label = T[paired], label[paired]
    if not len(T):
        return np.nan
    neighbours, radius = np.minimum(n_neighbours, sizes - 1)[label], np.empty(len(T))
    for v in np.unique(label):
        own = label == v
        k = neighbours[own][0]
        radius[own] = KDTree(T[own]).query(T[own], [k + 1], p=np.inf)[0][:, 0]  # the nearest is the sample itself
    nearer = np.nextafter(radius, 0)
    m = KDTree(T).query_ball_point(T, nearer, p=np.inf, return_length=True)
    return float(digamma(len(T)) + np.mean(digamma(neighbours) - digamma(sizes[label]) - digamma(m)))
