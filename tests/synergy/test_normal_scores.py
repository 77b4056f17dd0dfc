"""Normal scores compared with slow reference computations."""

from typing import get_args

import numpy as np
import pytest
from scipy.special import ndtri
from scipy.stats import rankdata

from grokking_phases.synergy.normal_scores import Ties, normal_scores, rank_columns, stable_sort


@pytest.fixture
def rng():
    return np.random.default_rng(0)


@pytest.mark.parametrize("n_samples", [1, 2, 7, 200])
def test_average_scores_equal_a_slow_reference(rng, n_samples):
    X = np.maximum(rng.normal(size=(n_samples, 12)).round(1), 0)
    slow = ndtri(rankdata(X, method="average", axis=0) / (n_samples + 1))
    np.testing.assert_array_equal(normal_scores(X), slow)


@pytest.mark.parametrize(("ties", "kind"), [("paper", None), ("index", "stable")])
def test_sorting_twice_equals_a_slow_reference(rng, ties, kind):
    """numpy sorts complex numbers without the processor's own instructions, which decide between ties."""
    X = np.maximum(rng.normal(size=(300, 5)), 0)
    for j, column in enumerate(X.T.astype(complex)):
        ranks = np.argsort(np.argsort(column, kind=kind), kind=kind) + 1
        np.testing.assert_array_equal(normal_scores(X, ties=ties)[:, j], ndtri(ranks / 301))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_stable_order_equals_that_of_numpy(rng, dtype):
    row = np.concatenate(
        [rng.normal(size=300), rng.normal(size=200) * 1e-40, np.maximum(rng.normal(size=200), 0)]
    )
    row = np.concatenate([row, [np.inf, 0.0, -0.0, -np.inf, 0.0, -1.0, -1.0, -0.0]]).astype(dtype)
    rows = np.array([row, rng.permutation(row), -row])
    order, values = stable_sort(rows)
    np.testing.assert_array_equal(order, np.argsort(rows, axis=1, kind="stable"))
    np.testing.assert_array_equal(values, np.sort(rows, axis=1))


@pytest.mark.parametrize("sign", [1, -1])
def test_the_stable_order_tells_neighbouring_numbers_apart(rng, sign):
    """The numbers are so close that the bits which hold the place would decide between them."""
    rows = sign * (1 + np.finfo(float).eps * rng.integers(0, 40, size=(3, 200)))
    order, values = stable_sort(rows)
    np.testing.assert_array_equal(order, np.argsort(rows, axis=1, kind="stable"))
    np.testing.assert_array_equal(values, np.sort(rows, axis=1))


@pytest.mark.parametrize("n_features", [1, 8, 19])
def test_scores_of_a_variable_do_not_depend_on_other_variables(rng, n_features):
    X = np.maximum(rng.normal(size=(50, n_features)), 0)
    for ties in ("average", "paper", "index"):
        alone = np.column_stack([normal_scores(column[:, None], ties=ties) for column in X.T])
        np.testing.assert_array_equal(normal_scores(X, ties=ties), alone)
    scores = normal_scores(X, ties="random", seed=5)
    for draws, column, column_scores in zip(
        np.random.default_rng(5).random((n_features, 50)), X.T, scores.T, strict=True
    ):
        samples = np.argsort(column, kind="stable")  # each has a number that decides among ties
        order = samples[np.lexsort((draws, column[samples]))]
        np.testing.assert_array_equal(column_scores[order], ndtri(np.arange(1, 51) / 51))


@pytest.mark.parametrize("ties", ["average", "paper", "index"])
def test_single_precision_has_the_scores_of_double_precision(rng, ties):
    X = np.maximum(rng.normal(size=(300, 5)), 0).astype(np.float32)
    np.testing.assert_array_equal(normal_scores(X, ties=ties), normal_scores(X.astype(float), ties=ties))


def test_random_ties_keep_the_order_of_distinct_values_and_permute_the_rest(rng):
    X = np.maximum(rng.normal(size=(400, 3)), 0)
    first, second = (normal_scores(X, ties="random", seed=seed) for seed in (0, 1))
    for j in range(3):
        order = np.lexsort((first[:, j], X[:, j]))
        np.testing.assert_array_equal(first[order, j], ndtri(np.arange(1, 401) / 401))
    tied = X == 0
    assert (first[~tied] == second[~tied]).all()
    assert (first[tied] != second[tied]).any()
    np.testing.assert_array_equal(first, normal_scores(X, ties="random", seed=0))
    # Each variable is drawn separately: samples that are tied in both columns must not share their order.
    both = tied[:, 0] & tied[:, 1]
    assert abs(np.corrcoef(first[both, 0], first[both, 1])[0, 1]) < 0.3


@pytest.mark.parametrize("ties", get_args(Ties))
def test_without_ties_all_rules_agree(rng, ties):
    X = rng.normal(size=(100, 4))
    np.testing.assert_array_equal(normal_scores(X, ties=ties), normal_scores(X))


def test_a_nan_raises():
    with pytest.raises(ValueError, match="NaN"):
        normal_scores(np.array([[1.0], [np.nan]]))


def test_single_precision_in_doubles_is_sorted_as_single_precision(rng, monkeypatch):
    """Other doubles, and those beyond single precision, are sorted as doubles."""
    from grokking_phases.synergy import normal_scores as module

    X = np.maximum(rng.normal(size=(300, 5)), 0).astype(np.float32)
    wanted = rank_columns(X)
    monkeypatch.setattr(module, "_sort_double", lambda rows: pytest.fail("sorted as doubles"))
    found = rank_columns(X.astype(float))
    np.testing.assert_array_equal(found.order, wanted.order)
    np.testing.assert_array_equal(found.doubled_places, wanted.doubled_places)
    monkeypatch.undo()
    beyond = np.array([[1e300], [1.0], [2e300], [-1e300], [1e300]])
    np.testing.assert_array_equal(rank_columns(beyond).order, [[3, 1, 0, 4, 2]])
