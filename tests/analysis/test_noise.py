"""Peaks of noise, which must not be found, and planted ones, which must; draws of `rates`."""

import numpy as np
import pandas as pd
import pytest
from rates import BREADTHS, IN_WHITE, TIME_SCALES, any_peak, bump, courses, noise, rate, steps

from grokking_phases.analysis.noise import Noise, clear_peaks, in_unit_range, noise_at
from grokking_phases.analysis.time_scales import STATED, second_descent, turning_point

MOST = 0.07  # of 1,000 draws, where 5 % are allowed


@pytest.mark.parametrize("n", TIME_SCALES)
def test_white_noise_has_no_peak(n):
    assert rate(noise(n, 1000), n, any_peak("time scales")) <= MOST


@pytest.mark.parametrize("n", TIME_SCALES)
@pytest.mark.parametrize("phi", (0.3, 0.6, 0.9))
def test_autocorrelated_noise_has_no_turning_point(n, phi):
    assert rate(noise(n, 1000, phi), n, turning_point) <= MOST


@pytest.mark.parametrize("n", TIME_SCALES)
@pytest.mark.parametrize("course", courses(12))
def test_a_course_without_a_peak_has_none_in_white_noise(n, course):
    curves = courses(n)[course] + noise(n, 200, seed=1)
    assert rate(curves, n, turning_point) <= MOST
    assert rate(curves, n, second_descent) <= MOST


@pytest.mark.parametrize("n", TIME_SCALES)
@pytest.mark.parametrize("value", (0.0, 1.0, -3e5, 1e300))
def test_a_constant_with_rounding_has_no_peak(n, value):
    curves = value * (1 + 1e-15 * noise(n, 50)) + 1e-320
    assert rate(curves, n, turning_point) == rate(curves, n, second_descent) == 0


def test_steps_too_near_each_other_for_a_breadth_have_no_peak(recwarn):
    curve = pd.Series(bump(40, 12), index=range(100_000, 100_040))
    assert turning_point(curve) is None and list(recwarn) == []


@pytest.mark.parametrize("n, height", [(12, 12), (24, 12), (30, 12), (60, 4), (120, 4)])
def test_a_bump_in_white_noise_is_found(n, height):
    """In 95 % of draws; 400 draws have a standard error of 1 %."""
    assert rate(bump(n, height, 4.5) + noise(n, 400, seed=2), n, turning_point) >= 0.93


@pytest.mark.parametrize("n", (24, 30))
def test_a_low_bump_is_found_in_noise_that_is_known_to_be_white(n):
    curves = bump(n, 4, 4.5) + noise(n, 400, seed=2)
    assert rate(curves, n, turning_point, IN_WHITE) >= 0.93
    assert rate(curves, n, turning_point) < 0.8  # autocorrelated noise could be such a bump


@pytest.mark.parametrize("n, rule", [(24, IN_WHITE), (60, STATED), (120, STATED)])
def test_a_second_descent_is_found_after_a_fall(n, rule):
    loss = 20 * np.exp(-np.log(steps(n))) + bump(n, 12, 6)
    assert rate(loss + noise(n, 100, seed=3), n, second_descent, rule) >= 0.93


@pytest.mark.parametrize("factor, zero", [(1e-200, 0), (1e200, 0), (-1e-3, 7), (1, 1e5)])
def test_neither_the_unit_nor_the_zero_of_a_curve_matters(factor, zero):
    curve = pd.Series(bump(60, 9) + noise(60, 1)[0], steps(60))
    sign = np.sign(factor)
    found = clear_peaks(sign * curve, *BREADTHS["time scales"]).index
    assert list(clear_peaks(factor * curve + zero, *BREADTHS["time scales"]).index) == list(found)
    assert (len(found) == 1) == (factor > 0)


@pytest.mark.parametrize("n", (0, 1, 2, 5))
def test_few_snapshots_have_no_peak(n):
    values = [0.0, 100.0, 0.0, 50.0, 0.0][:n]
    assert clear_peaks(pd.Series(values, range(1, n + 1)), *BREADTHS["phases"]).empty


def test_scatter_is_that_of_the_noise_whatever_the_spacing_and_the_slope():
    """A line of any slope has none; white noise of standard deviation 3 has 3."""
    for n in (20, 60, 120):
        at = noise_at(tuple(steps(n)), 0.15, 0.3, "white")
        line = 1e3 * np.log(steps(n))
        np.testing.assert_allclose(at.scatter(line), 0, atol=1e-8)
        assert np.median(at.scatter(3 * noise(n, 500, seed=4) + line)) == pytest.approx(3, rel=0.06)


def test_the_estimated_autocorrelation_rises_with_the_true_one():
    at = noise_at(tuple(steps(120)), 0.15, 0.7, "white")
    ratios = [np.median(at.ratio(noise(120, 200, phi, seed=5))) for phi in (0, 0.3, 0.6, 0.9)]
    assert (np.diff(ratios) > 0.1).all()


def test_the_standing_is_the_lesser_of_both_sides():
    """By hand: unsmoothed, a peak of 5 above 0 and 3 stands (5 - 3) / sqrt(2) above its right side."""
    at = Noise((1, 10, 100, 1000, 10_000, 100_000), 1e-3, 1e-3, "white")
    curve = np.array([0.0, 5.0, 3.0, 4.0, 6.0, 1.0])
    assert at.standing(curve, [curve], 1) * at.units[0] == pytest.approx(2 / np.sqrt(2))


@pytest.mark.parametrize("values", ([2.0, 2.0], [], [-1e308, 0.0, 1e308]))
def test_values_are_brought_into_the_unit_range(values):
    scaled = in_unit_range(np.array(values))
    assert np.isfinite(scaled).all() and ((scaled >= 0) & (scaled <= 1)).all()


def test_a_single_spike_is_no_peak_wherever_it_is():
    """All other snapshots have no noise at all, so that the spike stands far out of it."""
    assert rate(np.eye(120), 120, turning_point) == 0


@pytest.mark.parametrize("share", [0.01, 0.03, 0.05])
def test_rare_spikes_are_rarely_peaks(share):
    """Two spikes side by side are a peak, so that more than 5 % of draws have one; half had one before."""
    rng = np.random.default_rng(0)
    drawn = (rng.random((200, 120)) < share) * rng.standard_normal((200, 120))
    assert rate(drawn, 120, turning_point) <= 0.2


@pytest.mark.parametrize("scatter", [0, 0.01])
def test_a_spike_on_a_falling_loss_is_no_second_descent(scatter):
    """The loss wiggles once at first, so that it has a minimum from which the spike could rise."""
    x = np.log(steps(120))
    loss = 5 * np.exp(-x / 4) - 0.3 * np.exp(-((x - 2) ** 2) / 0.1) + scatter * noise(120, 1)[0]
    spiked = loss + (np.arange(120) == 105)
    assert second_descent(pd.Series(loss, steps(120))) == second_descent(pd.Series(spiked, steps(120)))
