"""O-information by its definition: closed forms, signs, ties, singular covariances, and the fast search."""

import logging
import warnings
from typing import get_args

import numpy as np
import pytest
from scipy.special import ndtri
from thoi.measures.gaussian_copula import nplets_measures

from grokking_phases.synergy.multiplet_search import Variables, search_multiplets
from grokking_phases.synergy.normal_scores import Ties, normal_scores
from grokking_phases.synergy.o_information import gaussian_o_information, o_information, search_by_definition


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def equicorrelated(n, rho):
    """Return (n - 2) H(X) + n [H(X_j) - H(X_-j)] of n Gaussian variables with correlation rho.

    The determinant of m equicorrelated variables is (1 - rho)^(m-1) (1 + (m-1) rho).
    """

    def entropy(m):
        return 0.5 * ((m - 1) * np.log(1 - rho) + np.log(1 + (m - 1) * rho))

    return (n - 2) * entropy(n) + n * (entropy(1) - entropy(n - 1))


@pytest.mark.parametrize(("n", "rho"), [(3, 0.5), (6, 0.8), (5, -0.15)])
def test_equicorrelated_gaussians(rng, n, rho):
    S = np.full((n, n), rho) + (1 - rho) * np.eye(n)
    assert gaussian_o_information(S) == pytest.approx(equicorrelated(n, rho), abs=1e-12)
    # From 20,000 samples a correlation is known to about 0.005. Omega changes by at most a few nats per unit
    # of correlation.
    X = rng.multivariate_normal(np.zeros(n), S, size=20_000)
    assert o_information(np.exp(X)) == pytest.approx(equicorrelated(n, rho), abs=0.03)


def test_copies_are_redundant_a_sum_is_synergistic_and_parity_is_not_seen(rng):
    source = rng.normal(size=(2000, 1))
    assert o_information(source + 0.3 * rng.normal(size=(2000, 4))) > 1
    parts = rng.normal(size=(2000, 3))
    noisy_sum = parts.sum(axis=1) + 0.3 * rng.normal(size=2000)
    assert o_information(np.column_stack([parts, noisy_sum])) < -0.5
    # A parity has ln 2 of pure synergy, but no pair of variables is correlated.
    bits = rng.integers(0, 2, size=(20_000, 2))
    assert abs(o_information(np.column_stack([bits, bits.sum(axis=1) % 2]))) < 1e-3


def test_without_ties_thoi_has_the_same_value_from_samples(rng):
    """thoi makes its own normal scores, and always corrects the bias."""
    X = rng.normal(size=(500, 4))
    X[:, 3] += X[:, :3].sum(axis=1)
    found = nplets_measures(X, [[0, 1, 2, 3]], verbose=logging.ERROR)[0, 0, 2].item()
    assert o_information(X, bias_correction=True) == pytest.approx(found, abs=1e-9)


def test_order_of_samples_and_of_variables_does_not_matter(rng):
    X = np.maximum(rng.normal(size=(300, 5)) @ rng.normal(size=(5, 5)), 0)
    shuffled = X[rng.permutation(300)][:, rng.permutation(5)]
    assert o_information(shuffled) == pytest.approx(o_information(X), abs=1e-12)
    assert abs(o_information(X)) > 0.01


@pytest.mark.parametrize("ties", get_args(Ties))
def test_a_singular_covariance_gives_nan_without_a_warning(rng, ties):
    X = rng.normal(size=(50, 3))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert np.isnan(o_information(X[:, [0, 1, 2, 0]], ties=ties))
        assert np.isnan(o_information(rng.normal(size=(5, 8)), ties=ties, bias_correction=True))
        assert np.isnan(o_information(X * [1, 1, 0], ties="average"))
        with pytest.warns(UserWarning, match="8 columns from 5 samples is mostly noise"):
            wide = search_multiplets(
                rng.normal(size=(5, 8)), np.arange(8) // 3, ties=ties, bias_correction=True
            )
        assert wide.undersampled and np.isnan(wide.o_information).all()


@pytest.mark.filterwarnings("ignore:O-information of 20 columns")
@pytest.mark.parametrize("n_samples", [19, 20, 21])
def test_as_many_variables_as_samples_give_nan_whatever_rounding_leaves(n_samples):
    """The last pivot of such a covariance is rounding error, often above its floor."""
    labels = np.arange(20) // 4
    for seed in range(30):
        X = np.random.default_rng(seed).normal(size=(n_samples, 20))
        assert np.isnan(o_information(X)) == (n_samples <= 20)
        for variables in ("union", "block"):
            found = search_multiplets(X, labels, variables=variables)
            assert found.undersampled == (n_samples <= 20)
            assert found.n_failed == (n_samples <= 20)
        assert np.isnan([*search_by_definition(X, labels).values()]).sum() == found.n_failed


@pytest.mark.parametrize("ties", ["average", "paper", "index"])
def test_o_information_follows_from_the_covariance_of_the_scores(rng, ties):
    """The reference is (n - 2) H(X) + sum_j [H(X_j) - H(X_-j)], from numpy's covariance.

    The constants in H cancel.
    """
    X = np.maximum(rng.normal(size=(300, 5)) @ rng.normal(size=(5, 5)) - 1, 0)
    S = np.cov(normal_scores(X, ties=ties), rowvar=False)

    def entropy(columns):
        return 0.5 * np.linalg.slogdet(S[np.ix_(columns, columns)])[1]

    rest = sum(entropy([j]) - entropy(np.delete(np.arange(5), j)) for j in range(5))
    assert o_information(X, ties=ties) == pytest.approx(3 * entropy(np.arange(5)) + rest, abs=1e-10)


def test_sorting_twice_correlates_independent_relu_columns(rng):
    """Six independent columns have 90 % zeros, and the truth is 0.

    Ranks by sample number are shared by all columns.
    """
    X = np.maximum(rng.normal(size=(3763, 6)) - ndtri(0.9), 0)
    omega = {ties: o_information(X, ties=ties) for ties in get_args(Ties)}
    assert abs(omega["average"]) < 1e-3
    assert abs(omega["random"]) < 1e-3
    assert omega["paper"] > 0.5
    assert 0.8 < omega["index"] < 1.0


@pytest.mark.parametrize("ties", get_args(Ties))
@pytest.mark.parametrize("variables", get_args(Variables))
@pytest.mark.parametrize("singular", [False, True])
@pytest.mark.parametrize(
    "labels", [[2, 0, 1, 1, 3, -1, 0, 2, 1, 3, 1, 0], [3, 0, -1, 2, -1, 1, 4, -1, -1, -1, -1, -1]]
)
def test_the_search_equals_the_definition(rng, ties, variables, singular, labels):
    """Bins are uneven, and some hold one unit.

    The search and the definition both give NaN for the multiplets that hold two opposite units.
    """
    X, labels = np.maximum(rng.normal(size=(200, 12)) @ rng.normal(size=(12, 12)), 0), np.array(labels)
    if singular:
        X[:, 0] = 10 - X[:, 1]
    found = search_multiplets(X, labels, variables=variables, ties=ties, n_draws=1)
    slow = search_by_definition(X, labels, variables=variables, ties=ties)
    assert len(found.o_information) == len(slow)
    fast = {
        tuple(np.flatnonzero(bins)): omega
        for bins, omega in zip(found.bins, found.o_information, strict=True)
    }
    values = np.array([[fast[multiplet], slow[multiplet]] for multiplet in slow])
    np.testing.assert_allclose(values[:, 0], values[:, 1], rtol=0, atol=1e-9)
    assert np.isfinite(values).any()
    if singular and (variables, ties) == ("union", "average"):
        assert np.isnan(values).any()
