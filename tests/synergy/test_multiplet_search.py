"""O-information of samples: closed forms, signs, ties, bias, and the search over multiplets."""

import warnings
from typing import get_args

import numpy as np
import pytest
from scipy.special import ndtri
from thoi.measures.utils import _gaussian_entropy_bias_correction

from grokking_phases.synergy.all_unions import gaussian_o_information
from grokking_phases.synergy.multiplet_search import (
    block_bias,
    normal_scores,
    o_information,
    o_information_bias,
    search_multiplets,
)
from grokking_phases.synergy.normal_scores import Ties


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def equicorrelated(n, rho):
    """(n - 2) H(X) + n [H(X_j) - H(X_-j)], with det of m equicorrelated variables = (1 - rho)^(m-1) (1 + (m-1) rho)."""

    def entropy(m):
        return 0.5 * ((m - 1) * np.log(1 - rho) + np.log(1 + (m - 1) * rho))

    return (n - 2) * entropy(n) + n * (entropy(1) - entropy(n - 1))


@pytest.mark.parametrize(("n", "rho"), [(3, 0.5), (6, 0.8), (5, -0.15)])
def test_equicorrelated_gaussians(rng, n, rho):
    S = np.full((n, n), rho) + (1 - rho) * np.eye(n)
    assert gaussian_o_information(S) == pytest.approx(equicorrelated(n, rho), abs=1e-12)
    # From 20000 samples, a correlation is known to about 0.005, and Omega changes by at most a few nats per unit of it.
    X = rng.multivariate_normal(np.zeros(n), S, size=20_000)
    assert o_information(np.exp(X)) == pytest.approx(equicorrelated(n, rho), abs=0.03)


def test_signs_copies_are_redundant_a_sum_is_synergistic_parity_is_not_seen(rng):
    source = rng.normal(size=(2000, 1))
    assert o_information(source + 0.3 * rng.normal(size=(2000, 4))) > 1
    parts = rng.normal(size=(2000, 3))
    noisy_sum = parts.sum(axis=1) + 0.3 * rng.normal(size=2000)
    assert o_information(np.column_stack([parts, noisy_sum])) < -0.5
    # ln 2 of pure synergy, of which no pair of variables shows a correlation.
    bits = rng.integers(0, 2, size=(20_000, 2))
    assert abs(o_information(np.column_stack([bits, bits.sum(axis=1) % 2]))) < 1e-3


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
        wide = search_multiplets(
            rng.normal(size=(5, 8)), np.arange(8) // 3, variables="block", ties=ties, bias_correction=True
        )
        assert np.isnan(wide.o_information).all()


def test_bias_known_values_and_peer():
    assert o_information_bias(250, 3763) / np.log(2) == pytest.approx(-0.14, abs=0.005)
    assert o_information_bias(10, 3763) / np.log(2) == pytest.approx(-6e-6, abs=5e-7)
    b = {n: _gaussian_entropy_bias_correction(n, 100).item() for n in (1, 19, 20)}
    assert o_information_bias(20, 100) == pytest.approx(18 * b[20] + 20 * (b[1] - b[19]), abs=1e-12)


def test_bias_correction_removes_the_bias(rng):
    """Independent variables, truth 0: over 200 draws the mean is the bias, and 0 once that is taken off."""
    draws = [rng.normal(size=(60, 20)) for _ in range(200)]
    plain = np.array([o_information(X) for X in draws])
    corrected = np.array([o_information(X, bias_correction=True) for X in draws])
    error = corrected.std() / np.sqrt(200)
    assert abs(plain.mean()) > 10 * error
    assert abs(corrected.mean()) < 4 * error


def test_bias_between_blocks_known_values(rng):
    """Blocks of one variable have the bias of as many variables; pairs of blocks have none."""
    bins = search_multiplets(rng.normal(size=(100, 5)), np.arange(5)).bins
    np.testing.assert_allclose(block_bias([1] * 5, 100), o_information_bias(bins.sum(axis=1), 100), atol=1e-12)
    b = {n: _gaussian_entropy_bias_correction(n, 100).item() for n in (3, 4, 5, 7, 8, 9, 12)}
    pair, _, _, triplet = block_bias([3, 4, 5], 100)
    assert pair == 0
    assert triplet == pytest.approx(b[12] + b[3] + b[4] + b[5] - b[9] - b[8] - b[7], abs=1e-12)


def test_bias_correction_between_blocks_removes_the_bias(rng):
    """As above, for 20 independent variables in 4 blocks."""
    draws, labels = [rng.normal(size=(60, 20)) for _ in range(200)], np.repeat(np.arange(4), [2, 4, 6, 8])
    plain, corrected = (
        np.array([search_multiplets(X, labels, variables="block", bias_correction=on).o_information for X in draws])
        for on in (False, True)
    )
    wide = search_multiplets(draws[0], labels, variables="block").bins.sum(axis=1) > 2
    error = corrected.std(axis=0)[wide] / np.sqrt(200)
    assert (abs(plain.mean(axis=0)[wide]) > 5 * error).all()
    assert (abs(corrected.mean(axis=0)[wide]) < 4 * error).all()
    assert (corrected[:, ~wide] == 0).all()


@pytest.mark.parametrize("ties", ["average", "paper", "index"])
def test_o_information_is_that_of_the_scores_covariance(rng, ties):
    """By entropies, from numpy's covariance: (n - 2) H(X) + sum_j [H(X_j) - H(X_-j)]; the constants in H cancel."""
    X = np.maximum(rng.normal(size=(300, 5)) @ rng.normal(size=(5, 5)) - 1, 0)
    S = np.cov(normal_scores(X, ties=ties), rowvar=False)

    def entropy(columns):
        return 0.5 * np.linalg.slogdet(S[np.ix_(columns, columns)])[1]

    rest = sum(entropy([j]) - entropy(np.delete(np.arange(5), j)) for j in range(5))
    assert o_information(X, ties=ties) == pytest.approx(3 * entropy(np.arange(5)) + rest, abs=1e-10)


def test_sorting_twice_correlates_independent_relu_columns(rng):
    """Six independent columns, 90 % zeros: the truth is 0. Ranks by sample number are shared by all."""
    X = np.maximum(rng.normal(size=(3763, 6)) - ndtri(0.9), 0)
    omega = {ties: o_information(X, ties=ties) for ties in get_args(Ties)}
    assert abs(omega["average"]) < 1e-3
    assert abs(omega["random"]) < 1e-3
    assert omega["paper"] > 0.5
    assert 0.8 < omega["index"] < 1.0


@pytest.mark.parametrize("ties", ["average", "paper", "index"])
@pytest.mark.parametrize("bias_correction", [False, True])
def test_union_search_equals_one_call_a_multiplet(rng, ties, bias_correction):
    X = np.maximum(rng.normal(size=(200, 12)) @ rng.normal(size=(12, 12)), 0)
    labels = np.array([0, 1, 2, 3, 0, 1, -1, 3, 2, 1, 0, 3])
    found = search_multiplets(X, labels, ties=ties, bias_correction=bias_correction)
    assert len(found.o_information) == 11
    for i, omega in enumerate(found.o_information):
        units = found.units(i)
        np.testing.assert_array_equal(units, np.flatnonzero(np.isin(labels, np.flatnonzero(found.bins[i]))))
        assert found.size(i) == len(units)
        alone = o_information(X[:, units], ties=ties, bias_correction=bias_correction)
        assert omega == pytest.approx(alone, abs=1e-10)


def test_mean_search_takes_one_variable_a_bin(rng):
    X = np.maximum(rng.normal(size=(200, 9)) @ rng.normal(size=(9, 9)), 0).astype(np.float32)
    labels = np.arange(9) % 3
    found = search_multiplets(X, labels, variables="mean")
    means = np.column_stack([X[:, labels == b].astype(float).mean(axis=1) for b in range(3)])
    assert found.o_information[-1] == pytest.approx(o_information(means), abs=1e-12)
    assert found.size(3) == 3
    np.testing.assert_array_equal(found.units(3), np.arange(9))
    assert (found.o_information[:3] == 0).all()


@pytest.mark.parametrize("ties", ["average", "paper", "index"])
def test_block_search_takes_one_multivariate_variable_a_bin(rng, ties):
    """(m - 2) H(A) + sum_j [H(B_j) - H(A without B_j)] over the multiplet's m bins, from numpy's covariance."""
    X = np.maximum(rng.normal(size=(200, 12)) @ rng.normal(size=(12, 12)), 0).astype(np.float32)
    labels = np.array([0, 1, 2, 3, 0, 1, -1, 3, 2, 1, 0, 3])
    found = search_multiplets(X, labels, variables="block", ties=ties)
    S = np.cov(normal_scores(X, ties=ties), rowvar=False)

    def entropy(bins):
        units = np.flatnonzero(np.isin(labels, bins))
        return 0.5 * np.linalg.slogdet(S[np.ix_(units, units)])[1]

    for i, omega in enumerate(found.o_information):
        bins = np.flatnonzero(found.bins[i])
        rest = sum(entropy([b]) - entropy(np.setdiff1d(bins, b)) for b in bins)
        assert omega == pytest.approx((len(bins) - 2) * entropy(bins) + rest, abs=1e-9)
        assert found.size(i) == len(bins)
        np.testing.assert_array_equal(found.units(i), np.flatnonzero(np.isin(labels, bins)))


@pytest.mark.parametrize("options", [{}, {"bias_correction": True}, {"ties": "random"}])
def test_blocks_of_one_unit_are_the_units(rng, options):
    X = np.maximum(rng.normal(size=(200, 6)) @ rng.normal(size=(6, 6)), 0)
    union, block = (search_multiplets(X, np.arange(6), variables=v, **options) for v in ("union", "block"))
    np.testing.assert_allclose(block.o_information, union.o_information, atol=1e-12)
    np.testing.assert_array_equal(block.n_variables, union.n_variables)


def test_random_ties_average_over_the_draws(rng):
    X = np.maximum(rng.normal(size=(150, 4)), 0)
    one, many = (search_multiplets(X, np.arange(4), ties="random", n_draws=n).o_information[-1] for n in (1, 40))
    draws = [o_information(X, ties="random", n_draws=1, seed=seed) for seed in range(40)]
    assert one == pytest.approx(o_information(X, ties="random", n_draws=1), abs=1e-12)
    assert abs(many - np.mean(draws)) < 5 * np.std(draws) / np.sqrt(20)
    assert many != one


def test_failed_multiplets_are_counted(rng):
    X = rng.normal(size=(100, 6))
    X[:, 3] = X[:, 0]
    found = search_multiplets(X, np.arange(6) % 3)
    assert found.n_failed == 3  # the copies are both in bin 0: {01}, {02}, {012}
    assert np.isfinite(found.o_information[~found.bins[:, 0]]).all()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"variables": "all"}, "variables must be one of union, mean, block, not 'all'"),
        ({"ties": "none"}, "ties must be one of average, paper, index, random, not 'none'"),
    ],
)
def test_unknown_choices_are_refused(rng, options, message):
    with pytest.raises(ValueError, match=message):
        search_multiplets(rng.normal(size=(20, 4)), np.arange(4), **options)


@pytest.mark.parametrize("labels", [[0, 0, 2, 2], [0, 0, 0, 0], [0, 1, 2]])
def test_labels_that_number_no_bins_are_refused(rng, labels):
    with pytest.raises(ValueError, match="labels must give each column"):
        search_multiplets(rng.normal(size=(20, 4)), labels)
