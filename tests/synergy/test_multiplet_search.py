"""The search over multiplets of bins: the variables of its multiplets, and its options."""

import numpy as np
import pytest

from grokking_phases.synergy.multiplet_search import search_multiplets
from grokking_phases.synergy.normal_scores import normal_scores
from grokking_phases.synergy.o_information import o_information


@pytest.fixture
def rng():
    return np.random.default_rng(0)


@pytest.mark.parametrize("ties", ["average", "paper", "index"])
@pytest.mark.parametrize("bias_correction", [False, True])
def test_union_search_equals_one_call_for_each_multiplet(rng, ties, bias_correction):
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


def test_mean_search_takes_one_variable_for_each_bin(rng):
    X = np.maximum(rng.normal(size=(200, 9)) @ rng.normal(size=(9, 9)), 0).astype(np.float32)
    labels = np.arange(9) % 3
    found = search_multiplets(X, labels, variables="mean")
    means = np.column_stack([X[:, labels == b].astype(float).mean(axis=1) for b in range(3)])
    assert found.o_information[-1] == pytest.approx(o_information(means), abs=1e-12)
    assert found.size(3) == 3
    np.testing.assert_array_equal(found.units(3), np.arange(9))
    assert (found.o_information[:3] == 0).all()


@pytest.mark.parametrize("ties", ["average", "paper", "index"])
def test_block_search_takes_one_multivariate_variable_for_each_bin(rng, ties):
    """The reference is (m - 2) H(A) + sum_j [H(B_j) - H(A without B_j)] over the m bins of a multiplet.

    Its entropies come from numpy's covariance.
    """
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
def test_blocks_of_one_unit_equal_the_units(rng, options):
    X = np.maximum(rng.normal(size=(200, 6)) @ rng.normal(size=(6, 6)), 0)
    union, block = (search_multiplets(X, np.arange(6), variables=v, **options) for v in ("union", "block"))
    np.testing.assert_allclose(block.o_information, union.o_information, atol=1e-12)
    np.testing.assert_array_equal(block.n_variables, union.n_variables)


def test_random_ties_average_over_the_draws(rng):
    X = np.maximum(rng.normal(size=(150, 4)), 0)
    one, many = (
        search_multiplets(X, np.arange(4), ties="random", n_draws=n).o_information[-1] for n in (1, 40)
    )
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
        ({"n_draws": 0}, "n_draws: 0 is less than 1"),
    ],
)
def test_options_are_checked(rng, options, message):
    with pytest.raises(ValueError, match=message):
        search_multiplets(rng.normal(size=(20, 4)), np.arange(4), **options)


@pytest.mark.parametrize("labels", [[0, 0, 2, 2], [0, 0, 0, 0], [0, 1, 2], [0, 1, 1, -2], list("abab")])
def test_labels_that_number_no_bins_raise(rng, labels):
    with pytest.raises(ValueError, match="labels must (give each column|hold one class for each of the 4)"):
        search_multiplets(rng.normal(size=(20, 4)), labels)
