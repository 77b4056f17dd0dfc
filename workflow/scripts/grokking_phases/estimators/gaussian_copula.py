"""Gaussian copula: mutual information of few continuous variables T with a label V, in nats.

    I(T;V) = H(T) - sum_v p_v H(T|v)

Each is the entropy of a Gaussian with the covariance of T's normal scores, of all samples and of those with each label,
its bias taken off (Ince et al. 2017, doi:10.1002/hbm.23471, section 2.4). As neither T nor T|v need be Gaussian once it
has normal scores, it is no bound, and may be negative. T is a layer's principal components.
"""

import numpy as np

from grokking_phases.arguments import check_counts
from grokking_phases.estimators._operands_of_components import OperandsOfComponents
from grokking_phases.synergy.entropy_bias import entropy_bias
from grokking_phases.synergy.normal_scores import normal_scores

LIMITS = {"n_components": (1, None)}


def gaussian_copula_information(T: np.ndarray, labels: np.ndarray) -> float:
    """I(T;V) in nats of T (n_samples, k) and `labels` (n_samples,).

    Labels with no more than k + 1 samples are left out of the second term; NaN where none has more.
    """
    scores = normal_scores(T)
    members = [scores[labels == label] for label in np.unique(labels)]
    enough = [each for each in members if len(each) > T.shape[1] + 1]
    if not enough:
        return np.nan
    conditional = sum(len(each) * gaussian_entropy(each) for each in enough) / sum(map(len, enough))
    return gaussian_entropy(scores) - conditional


def gaussian_entropy(X: np.ndarray) -> float:
    """Entropy in nats, less n/2 ln(2 pi e), of Gaussian variables with the covariance of X (n_samples, n)."""
    covariance = np.atleast_2d(np.cov(X, rowvar=False))
    return 0.5 * np.linalg.slogdet(covariance)[1] - entropy_bias(X.shape[1], len(X))[-1]


def prepare(snapshots, *, n_components: int = 2) -> OperandsOfComponents:
    """Fit `n_components` principal components, from which the information is estimated."""
    check_counts(LIMITS, n_components=n_components)
    return OperandsOfComponents(snapshots, n_components, gaussian_copula_information)
