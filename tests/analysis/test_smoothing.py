"""Closed forms of the Gaussian average in ln step."""

import numpy as np
import pandas as pd
import pytest

from grokking_phases.analysis.smoothing import smoothed

LOG_SPACED = np.exp(np.linspace(np.log(2), np.log(2000), 400))
WIDTH = 0.15


def test_a_gaussian_in_log_step_becomes_a_wider_one_at_the_same_step():
    """Variances add, so that the height falls by the ratio of the widths.

    The steps reach 4 widths beyond the bump.
    """
    distance, narrow, wide = np.log(LOG_SPACED / 60), 0.2, np.hypot(0.2, WIDTH)
    curve = pd.Series(np.exp(-0.5 * (distance / narrow) ** 2), LOG_SPACED)
    expected = narrow / wide * np.exp(-0.5 * (distance / wide) ** 2)
    np.testing.assert_allclose(smoothed(curve, WIDTH), expected, atol=1e-9)


def test_a_line_in_log_step_is_unchanged():
    """The ends are left out, because the steps of one side are missing there."""
    curve = pd.Series(np.log(LOG_SPACED), LOG_SPACED)
    inside = (LOG_SPACED > 5) & (LOG_SPACED < 800)  # 6 widths from each end
    np.testing.assert_allclose(smoothed(curve, WIDTH)[inside], curve[inside], atol=1e-9)


def test_two_steps_by_hand():
    weight = np.exp(-0.5 * (np.log(2) / WIDTH) ** 2)
    first, second = smoothed(pd.Series({4: 0.0, 8: 1.0}), WIDTH)
    assert first == pytest.approx(weight / (1 + weight), rel=1e-12)
    assert second == pytest.approx(1 / (1 + weight), rel=1e-12)


def test_step_0_and_missing_values_are_left_out():
    curve = pd.Series({0: 100.0, 1: 3.0, 2: np.nan, 4: 3.0, 8: np.nan})
    pd.testing.assert_series_equal(smoothed(curve, WIDTH), pd.Series({1: 3.0, 4: 3.0}))


def test_the_order_of_steps_changes_nothing():
    curve = pd.Series({1: 3.0, 2: 5.0, 4: 4.0, 8: -1.0})
    pd.testing.assert_series_equal(smoothed(curve[::-1], WIDTH), smoothed(curve, WIDTH))


def test_a_curve_without_values_stays_empty():
    assert smoothed(pd.Series({0: 1.0, 5: np.nan}), WIDTH).empty
