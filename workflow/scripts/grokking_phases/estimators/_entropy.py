"""Entropy and mutual information of labels, in nats, from how often each label occurs (plug-in estimates).

H(V) = -sum_v p_v ln p_v        I(V;W) = H(V) + H(W) - H(V, W)
"""

import numpy as np


def entropy(labels: np.ndarray) -> float:
    """Return the entropy in nats of integer labels (n_samples,)."""
    p = np.unique(labels, return_counts=True)[1] / len(labels)
    return float(-(p * np.log(p)).sum()) + 0.0  # + 0.0: a single label gives 0, not -0


def information(labels: np.ndarray, others: np.ndarray) -> float:
    """Return the mutual information in nats of labels from 0 (n_samples,) and other labels (n_samples,)."""
    return entropy(labels) + entropy(others) - entropy(joint(labels, others))


def joint(labels: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Return one label (n_samples,) for each pair of labels; `labels` count from 0.

    `others` are renumbered, so that no product overflows.
    """
    return np.unique(others, return_inverse=True)[1] * (int(labels.max()) + 1) + labels
