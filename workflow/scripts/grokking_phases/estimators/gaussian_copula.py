"""Gaussian copula: mutual information between a few continuous variables T and a label V, in nats.

    I(T;V) = H(T) - sum_v p_v H(T|v)

H(T) is the entropy of a Gaussian with the covariance of T's normal scores. H(T|v) is that of the scores of
the samples with label v. The bias of each is subtracted (Ince et al. 2017, doi:10.1002/hbm.23471, section
2.4). T is a layer's principal components.

Normal scores need not make T or T|v jointly Gaussian. So the estimate is no bound: it may be negative, and it
grows without limit as classes collapse. It is cut at H(V). Where the scores of a class coincide or lie on a
line or plane, its H(T|v) is minus infinity. The estimate is then undefined, NaN, and `n_collapsed` counts
these classes. Constant or repeated columns of T, and two samples, are undefined too. A single class gives 0.
Equal values get their mean rank, so ties invent no dependence. The scale of a column does not matter.
"""

import numpy as np

from grokking_phases.arguments import check_counts
from grokking_phases.estimators._operands_of_components import Estimate, OperandsOfComponents
from grokking_phases.samples import take_samples
from grokking_phases.synergy.cholesky import leading_factor, pivot_floor
from grokking_phases.synergy.entropy_bias import entropy_bias
from grokking_phases.synergy.normal_scores import normal_scores

LIMITS = {"n_components": (1, None)}


def gaussian_copula_information(T: np.ndarray, labels: np.ndarray) -> float:
    """Return I(T;V) in nats of T (n_samples, k) and `labels` (n_samples,), at most H(V).

    Labels with no more than k + 1 samples are left out of the second term. The value is NaN if no label has
    more, if the scores of a class are collapsed, or if those of all samples are.
    """
    T, labels = take_samples(T, labels)
    return estimate(T, labels).cut(labels)


def estimate(T: np.ndarray, labels: np.ndarray) -> Estimate:
    """Return the estimate of `gaussian_copula_information` before it is cut."""
    scores = normal_scores(T)
    members = [scores[labels == label] for label in np.unique(labels)]
    enough = [each for each in members if len(each) > T.shape[1] + 1]
    if not enough:
        return Estimate(np.nan)
    floor = pivot_floor(covariance(scores))
    entropies = np.array([gaussian_entropy(each, floor) for each in enough])
    conditional = np.average(entropies, weights=[len(each) for each in enough])
    return Estimate(float(gaussian_entropy(scores, floor) - conditional), int(np.isnan(entropies).sum()))


def gaussian_entropy(X: np.ndarray, floor: np.ndarray) -> float:
    """Return the entropy in nats of Gaussian variables with the covariance of X (n_samples, n).

    floor: a conditional variance at or below it (n,) is rounding error, and the entropy is NaN. The constant
    n/2 ln(2 pi e) is left out, and the bias is subtracted.
    """
    L = leading_factor(covariance(X), floor)
    if len(L) < X.shape[1]:
        return np.nan
    return np.log(L.diagonal()).sum() - entropy_bias(X.shape[1], len(X))[-1]


def covariance(X: np.ndarray) -> np.ndarray:
    """Return the covariance (n, n) of X (n_samples, n)."""
    return np.atleast_2d(np.cov(X, rowvar=False))


def prepare(snapshots, *, n_components: int = 2) -> OperandsOfComponents:
    """Return the estimator on `n_components` principal components.

    Raise ValueError for an unusable option.
    """
    check_counts(LIMITS, n_components=n_components)
    return OperandsOfComponents(snapshots, n_components, estimate)
