"""Bins of units: clusterings compared with scikit-learn's, and the choice of live units."""

import warnings

import numpy as np
import pytest
from relu_features import relu_features
from sklearn.cluster import AgglomerativeClustering

from grokking_phases.synergy.clustering import cluster_units, live_units
from grokking_phases.synergy.normal_scores import rank_columns


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def partition(labels):
    """Return the bins as a set of sets of units."""
    return {frozenset(np.flatnonzero(labels == b).tolist()) for b in np.unique(labels)}


@pytest.mark.parametrize("linkage", ["ward", "average", "complete"])
@pytest.mark.parametrize("n_bins", [2, 7, 10, 60])
def test_bins_equal_those_of_scikit_learn(rng, linkage, n_bins):
    X = relu_features(rng)
    peer = AgglomerativeClustering(n_bins, linkage=linkage).fit(X.T.astype(np.float64))
    labels = cluster_units(X, n_bins, linkage)
    np.testing.assert_array_equal(np.unique(labels), np.arange(n_bins))
    assert partition(labels) == partition(peer.labels_)


def test_the_number_of_bins_is_exact_where_distances_tie():
    corners = np.eye(8)  # all distances are equal
    for n_bins in (2, 3, 5, 8):
        assert len(np.unique(cluster_units(corners, n_bins))) == n_bins


def test_spectral_bins_are_groups_of_correlated_units_of_any_scale_and_sign(rng):
    groups = rng.permutation(np.repeat(np.arange(4), [5, 7, 8, 10]))
    X = rng.normal(size=(500, 4))[:, groups] + 0.5 * rng.normal(size=(500, 30))
    X *= rng.choice([-1, 1], size=30) * 10 ** rng.uniform(-3, 3, size=30)
    assert partition(cluster_units(X, 4, "spectral")) == partition(groups)
    assert partition(cluster_units(X, 4)) != partition(groups)


@pytest.mark.parametrize("n_bins", [2, 7, 10, 59, 60])
def test_spectral_bins_are_numbered_and_reproducible(rng, n_bins):
    X = relu_features(rng)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        labels = cluster_units(X, n_bins, "spectral")
    np.testing.assert_array_equal(np.unique(labels), np.arange(n_bins))
    np.testing.assert_array_equal(cluster_units(X, n_bins, "spectral"), labels)


@pytest.mark.parametrize("ties", ["average", "paper", "index", "random"])
def test_live_units_are_neither_constant_nor_copies_under_every_rule_for_ties(rng, ties):
    X = np.insert(relu_features(rng, width=20), [3, 7, 10, 17], 0, axis=1)
    X[:, 8], X[:, 12], X[:, 20] = 2.5, X[:, 0], X[:, 5] ** 3  # a constant, a copy and a monotone copy
    live, n_constant = live_units(rank_columns(X, ties))
    np.testing.assert_array_equal(live, np.delete(np.arange(24), [3, 8, 12, 20]))
    assert n_constant == 2


@pytest.mark.parametrize("ties", ["average", "paper", "index", "random"])
def test_the_negative_of_a_unit_is_a_duplicate(rng, ties):
    """A unit that falls as another rises has opposite scores, and makes their covariance singular."""
    X = np.maximum(rng.normal(size=(400, 6)), 0)
    X[:, 4], X[:, 5] = -X[:, 1], np.exp(-X[:, 2])
    np.testing.assert_array_equal(live_units(rank_columns(X, ties))[0], [0, 1, 2, 3])
    X[0, 4] += 5  # no longer opposite
    np.testing.assert_array_equal(live_units(rank_columns(X, ties))[0], [0, 1, 2, 3, 4])
