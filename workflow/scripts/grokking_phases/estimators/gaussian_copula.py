"""Gaussian copula: mutual information between a few continuous variables T and a label V, in nats.

    I(T;V) = H(T) - sum_v p_v H(T|v)

H(T) is the entropy of a Gaussian with the covariance of T's normal scores. H(T|v) is that of the scores of
the samples with label v. The bias of each is subtracted (Ince et al. 2017, doi:10.1002/hbm.23471, section
2.4). Normal scores need not make T or T|v jointly Gaussian. So I(T;V) is no bound, and may be negative. T is
a layer's principal components.
"""

import numpy as np

from grokking_phases.arguments import check_counts
from grokking_phases.estimators._operands_of_components import OperandsOfComponents
from grokking_phases.synergy.entropy_bias import entropy_bias
from grokking_phases.synergy.normal_scores import normal_scores

LIMITS = {"n_components": (1, None)}


def gaussian_copula_information(T: np.ndarray, labels: np.ndarray) -> float:
    """Return I(T;V) in nats of T (n_samples, k) and `labels` (n_samples,).

    Labels with no more than k + 1 samples are left out of the second term. The value is NaN if no label has
    more.
    """
    scores = normal_scores(T)
    members = [scores[labels == label] for label in np.unique(labels)]
    enough = [each for each in members if len(each) > T.shape[1] + 1]
    if not enough:
        return np.nan
    conditional = sum(len(each) * gaussian_entropy(each) for each in enough) / sum(map(len, enough))
    return gaussian_entropy(scores) - conditional


def gaussian_entropy(X: np.ndarray) -> float:
    """Return the entropy in nats of Gaussian variables with the covariance of X (n_samples, n).

    The constant n/2 ln(2 pi e) is left out, and the bias is subtracted.
    """
    covariance = np.atleast_2d(np.cov(X, rowvar=False))
    return 0.5 * np.linalg.slogdet(covariance)[1] - entropy_bias(X.shape[1], len(X))[-1]


def prepare(snapshots, *, n_components: int = 2) -> OperandsOfComponents:
    """Return the estimator on `n_components` principal components.

    Raise ValueError for an unusable option.
    """
    check_counts(LIMITS, n_components=n_components)
    return OperandsOfComponents(snapshots, n_components, gaussian_copula_information)
