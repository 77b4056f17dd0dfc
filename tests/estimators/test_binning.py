"""Binned entropy: known values, and edges that do not fit."""

import numpy as np
import pytest

from grokking_phases.estimators.binning import binned_entropy, binned_information
from grokking_phases.estimators.binning_per_neuron import information_per_neuron


def gaussian(n_samples=300, width=6, seed=0):
    return np.random.default_rng(seed).normal(size=(n_samples, width))


def test_samples_spread_evenly_over_bins_have_the_log_of_their_number():
    x, y = np.meshgrid(np.arange(6) + 0.5, np.arange(4) + 0.5)
    T = np.repeat(np.column_stack([x.ravel(), y.ravel()]), 3, axis=0)
    assert binned_entropy(T, [np.arange(7.0), np.arange(5.0)]) == pytest.approx(np.log(24))
    assert binned_entropy(T, np.arange(7.0)) == pytest.approx(np.log(24))
    assert binned_entropy(T[:, :1], np.array([0.0, 2.0, 6.0])) == pytest.approx(np.log(3) - 2 / 3 * np.log(2))


def test_values_outside_fall_into_the_outermost_bins():
    edges = np.array([0.0, 1.0, 2.0, 3.0])
    inside, outside = [0.5, 0.5, 1.5, 2.5], [-9.0, 0.5, 1.5, 1e9]
    assert (
        binned_entropy(np.c_[outside], edges)
        == binned_entropy(np.c_[inside], edges)
        == pytest.approx(1.5 * np.log(2))
    )


def test_a_value_on_an_edge_belongs_to_the_bin_above():
    edges = np.array([0.0, 1.0, 2.0])
    assert binned_entropy(np.c_[[0.5, 1.0]], edges) == pytest.approx(np.log(2))
    assert binned_entropy(np.c_[[1.0, 2.0]], edges) == 0


def test_many_fine_bins_do_not_overflow():
    T = np.full((100, 5), 65535.5)
    T[:, 0] = np.arange(100) + 0.5  # with 2^16 bins in each of five columns, 64 bits cannot hold the product
    assert binned_entropy(T, np.arange(2.0**16 + 1)) == pytest.approx(np.log(100))


def test_a_single_bin_has_entropy_zero():
    assert str(binned_entropy(gaussian(), np.array([-9.0, 9.0]))) == "0.0"


@pytest.mark.parametrize("edges", [[np.arange(3.0)] * 2, np.array([1.0, 0.0, 2.0]), np.array([1.0])])
def test_edges_that_do_not_fit_raise(edges):
    with pytest.raises(ValueError, match="edges must"):
        binned_entropy(gaussian(10, 3), edges)


def test_information_per_neuron_is_the_mean_over_units():
    """The first of two units is the class, and the second is constant."""
    targets = np.arange(300) % 3
    T, edges = np.column_stack([targets, np.zeros(300)]), [np.arange(-0.5, 3), np.array([-1.0, 0.5, 1.0])]
    assert binned_information(T, targets, edges) == pytest.approx((np.log(3), np.log(3)))
    assert information_per_neuron(T, targets, edges) == pytest.approx((np.log(3) / 2, np.log(3) / 2))
