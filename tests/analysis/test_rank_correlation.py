"""Rank correlation: known values, what has no order, and how often its interval holds the truth."""

import numpy as np
import pytest
from scipy.stats import spearmanr

from grokking_phases.analysis.rank_correlation import rank_correlation


def test_it_is_that_of_spearman_also_with_ties():
    x, y = np.array([1.0, 2, 2, 5, 7, 7]), np.array([2.0, 1, 3, 3, 9, 4])
    r, low, high = rank_correlation(x, y)
    assert r == pytest.approx(spearmanr(x, y).statistic)
    assert low < r < high


@pytest.mark.parametrize(
    ("x", "y"), [([1, 2, 3], [1, 2, 3]), ([1] * 9, range(9)), (range(9), [2] * 9), ([], [])]
)
def test_too_few_pairs_and_constants_have_none(x, y):
    assert np.isnan(rank_correlation(np.array(x), np.array(y))).all()


@pytest.mark.parametrize("sign", [1, -1])
def test_one_order_of_few_pairs_is_no_certainty(sign):
    """Five pairs are in one order by chance in one of 120 draws."""
    r, low, high = rank_correlation(np.arange(5), sign * np.arange(5))
    assert r == pytest.approx(sign)
    assert min(abs(low), abs(high)) < 0.5 and max(abs(low), abs(high)) == pytest.approx(1)


@pytest.mark.parametrize(("correlation", "n", "least"), [(0, 12, 0.94), (0.9, 16, 0.94), (0.97, 16, 0.90)])
def test_the_interval_holds_the_truth_as_often_as_it_says(correlation, n, least):
    truth = 6 / np.pi * np.arcsin(correlation / 2)  # of normal variables with this correlation
    rng = np.random.default_rng(0)
    covered = []
    for _ in range(2000):
        x, noise = rng.normal(size=(2, n))
        _, low, high = rank_correlation(x, correlation * x + np.sqrt(1 - correlation**2) * noise)
        covered.append(low <= truth <= high)
    assert least < np.mean(covered) < 0.98
