"""Renyi information of a kernel matrix: clusters, isolated samples, and the spectrum of the whole matrix."""

import numpy as np
import pytest
from scipy.spatial.distance import cdist

from grokking_phases.estimators.renyi import renyi_entropy, renyi_information


@pytest.mark.parametrize("alpha", [0.5, 1.01, 2.0])
def test_far_clusters_are_counted(alpha):
    """K is a block of ones for each of five clusters, so the eigenvalues are 1/5 at any order."""
    targets = np.repeat(np.arange(5), 20)
    x, y = renyi_information(100.0 * np.eye(5)[targets], targets, 1.0, alpha)
    assert (x, y) == pytest.approx((np.log(5), np.log(5)), abs=1e-6)


def test_isolated_samples_are_told_apart_and_close_samples_are_not():
    targets = np.arange(60) % 4
    assert renyi_information(100.0 * np.eye(60), targets, 1.0, 1.01) == pytest.approx(
        (np.log(60), np.log(4)), abs=1e-6
    )
    assert renyi_information(1e-6 * np.eye(60), targets, 1.0, 1.01) == pytest.approx((0, 0), abs=1e-6)


def test_information_equals_the_definition_on_whole_matrices():
    rng = np.random.default_rng(0)
    T, targets, alpha = rng.normal(size=(50, 3)), rng.integers(0, 4, 50), 1.3
    K, same = np.exp(-cdist(T, T, "sqeuclidean") / (2 * 0.8**2)), targets[:, None] == targets

    def entropy(A):
        return np.log((np.abs(np.linalg.eigvalsh(A / np.trace(A))) ** alpha).sum()) / (1 - alpha)

    expected = entropy(K), entropy(K) + entropy(same.astype(float)) - entropy(K * same)
    assert renyi_information(T, targets, 0.8, alpha) == pytest.approx(expected, abs=1e-9)


def test_entropy_of_order_near_1_is_that_of_shannon():
    p = np.array([0.5, 0.25, 0.125, 0.125])
    assert renyi_entropy(p, 1.0001) == pytest.approx(1.75 * np.log(2), abs=1e-3)
    assert renyi_entropy(np.append(p, -1e-17), 0.5) == pytest.approx(renyi_entropy(p, 0.5))
