"""Kernel density: bounds for known channels, a slow reference, and blocks of the kernel matrix."""

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.spatial.distance import cdist
from scipy.special import logsumexp

from grokking_phases.estimators import kernel_density
from grokking_phases.estimators.kernel_density import kde_bounds, kde_information


def gaussian(n_samples=300, width=6, seed=0):
    return np.random.default_rng(seed).normal(size=(n_samples, width))


def naive_bound(T, exponent):
    """Return -mean_i ln mean_j exp(-d_ij^2 / exponent), computed in the plainest way."""
    return -np.mean(logsumexp(-cdist(T, T, "sqeuclidean") / exponent, axis=1) - np.log(len(T)))


def naive_in_class(T, targets, exponent):
    return sum((targets == y).mean() * naive_bound(T[targets == y], exponent) for y in np.unique(targets))


def two_point_information(distance, noise):
    """Return I(T + noise; X) for two equally likely points.

    It is the differential entropy of the mixture less that of the noise.
    """

    def integrand(t):
        log_p = np.logaddexp(-(t**2) / 2, -((t - distance / noise) ** 2) / 2) - np.log(2 * np.sqrt(2 * np.pi))
        return -np.exp(log_p) * log_p

    mixture = quad(integrand, -12, distance / noise + 12, epsabs=1e-12, limit=400)[0]
    return mixture - 0.5 * np.log(2 * np.pi * np.e)


@pytest.mark.parametrize("n_clusters", [1, 2, 7])
def test_far_clusters_without_spread_have_the_log_of_their_number(n_clusters):
    T = np.repeat(100.0 * np.eye(7)[:n_clusters], 30, axis=0)
    # A squared distance of 0 comes out of squares of 1e4, and is off by a few 1e-12.
    assert kde_bounds(T, 1.0) == pytest.approx((np.log(n_clusters), np.log(n_clusters)), abs=1e-10)


@pytest.mark.parametrize("distance", [0.3, 1.0, 2.0, 4.0, 8.0])
def test_the_true_information_of_two_points_lies_between_the_bounds(distance):
    lower, upper = kde_bounds(np.array([[0.0], [distance]]), 0.7)
    truth = two_point_information(distance, 0.7)
    assert lower < truth < upper
    assert lower == pytest.approx(-np.log((1 + np.exp(-(distance**2) / (8 * 0.49))) / 2), abs=1e-13)
    assert upper == pytest.approx(-np.log((1 + np.exp(-(distance**2) / (2 * 0.49))) / 2), abs=1e-13)


def test_a_gaussian_channel_lies_between_the_bounds():
    # The true information, by draws from the mixture: the mean of ln p(t | its point) - ln p(t).
    S, noise = gaussian(200, 3), 0.8
    rng = np.random.default_rng(1)
    draws = np.repeat(S, 50, axis=0) + noise * rng.normal(size=(200 * 50, 3))
    log_ratio = -((draws - np.repeat(S, 50, axis=0)) ** 2).sum(1) / (2 * noise**2) - (
        logsumexp(-cdist(draws, S, "sqeuclidean") / (2 * noise**2), axis=1) - np.log(200)
    )
    truth, error = log_ratio.mean(), log_ratio.std() / np.sqrt(len(draws))
    lower, upper = kde_bounds(S, noise)
    assert lower < truth - 5 * error < truth + 5 * error < upper
    # With so many points in three dimensions, it is close to the Gaussian channel's d/2 ln(1 + 1/s^2) too.
    assert truth == pytest.approx(1.5 * np.log(1 + 1 / noise**2), rel=0.1)


@pytest.mark.parametrize("block", [1, 97, 300, 1000, 10**6])
@pytest.mark.parametrize("noise", [0.01, 0.7, 50.0])
def test_blocks_give_the_values_of_the_whole_matrix(monkeypatch, block, noise):
    # Far from the origin, distances from matrix products lose digits unless T is centred.
    T = gaussian() + 4e4
    monkeypatch.setattr(kernel_density, "BLOCK", block)
    expected = naive_bound(T, 8 * noise**2), naive_bound(T, 2 * noise**2)
    assert kde_bounds(T, noise) == pytest.approx(expected, rel=1e-10, abs=1e-12)


def test_bounds_are_right_far_beyond_the_range_of_exp():
    T = 1e6 * gaussian(50)
    assert kde_bounds(T, 1e-3) == pytest.approx((np.log(50), np.log(50)), abs=1e-12)


@pytest.mark.parametrize("noise", [0.0, -1.0, np.nan])
def test_noise_must_be_positive(noise):
    with pytest.raises(ValueError, match="noise must be a positive standard deviation"):
        kde_bounds(gaussian(10), noise)


def test_values_equal_the_formulas():
    targets = np.random.default_rng(2).integers(0, 4, 300)
    T, s = gaussian() + targets[:, None], 1.3
    U, L = naive_bound(T, 2 * s**2), naive_bound(T, 8 * s**2)
    U_y, L_y = naive_in_class(T, targets, 2 * s**2), naive_in_class(T, targets, 8 * s**2)
    expected = {
        "information_x": U,
        "information_y": U - U_y,
        "information_x_lower": L,
        "information_y_lower": L - U_y,
        "information_y_upper": U - L_y,
    }
    assert kde_information(T, targets, s) == pytest.approx(expected, rel=1e-9)
