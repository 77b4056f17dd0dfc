"""Bootstrap intervals: known values, the order of values, and coverage."""

import numpy as np
import pytest

from grokking_phases.analysis.bootstrap import median_interval


def test_one_value_is_its_own_interval_and_no_value_gives_nan():
    assert median_interval([3.0]) == (3, 3, 3)
    assert np.isnan(median_interval([])).all()


def test_the_order_does_not_matter_and_the_same_values_give_the_same_interval():
    assert median_interval([1, 5, 2, 9]) == median_interval([9, 2, 5, 1])
    median, low, high = median_interval([1, 5, 2, 9, 4])
    assert (median, low, high) == (4, 1, 9)


def test_the_interval_covers_the_true_median_about_as_often_as_it_says():
    rng = np.random.default_rng(0)
    covered = [
        low <= 0 <= high for _, low, high in (median_interval(rng.normal(size=40)) for _ in range(200))
    ]
    assert np.mean(covered) == pytest.approx(0.95, abs=0.05)
