"""Every estimator on constants, ties, one class, two samples, collapsed classes, huge and tiny scales."""

import warnings

import numpy as np
import pytest
from sklearn.metrics import mutual_info_score

from grokking_phases.estimators._scale import power_of_two, unit_spread
from grokking_phases.estimators.binning import binned_information
from grokking_phases.estimators.binning_per_neuron import information_per_neuron
from grokking_phases.estimators.gaussian_copula import gaussian_copula_information
from grokking_phases.estimators.kernel_density import kde_information
from grokking_phases.estimators.ksg import ksg_information
from grokking_phases.estimators.linear_probe import usable_information
from grokking_phases.estimators.renyi import renyi_information


def spread(T):
    """Return the standard deviation of T, computed so that squares do not overflow; 1 for a constant."""
    size = np.abs(T).max() or 1.0
    return 0.35 * size * np.sqrt(((T - T.mean(axis=0)) / size).var(axis=0).sum()) or 1.0


def edges(T):
    return [np.linspace(column.min(), column.max(), 9) for column in np.transpose(T)]


ESTIMATES = {
    "ksg": lambda T, labels: ksg_information(T, labels),
    "gaussian_copula": lambda T, labels: gaussian_copula_information(T, labels),
    "linear_probe": lambda T, labels: usable_information(T, labels, seed=0)[0],
    "kernel_density": lambda T, labels: kde_information(T, labels, spread(T))["information_y"],
    "renyi": lambda T, labels: renyi_information(T, labels, spread(T), 1.01)[1],
    "binning": lambda T, labels: binned_information(T, labels, edges(T))[1],
    "binning_per_neuron": lambda T, labels: information_per_neuron(T, labels, edges(T))[1],
}
NO_BOUND = {"linear_probe": 0.1, "renyi": 0.01}  # how far below 0 an estimate may lie here


def entropy(labels):
    p = np.bincount(labels) / len(labels)
    return -(p[p > 0] * np.log(p[p > 0])).sum()


def layers(n_samples=1000, n_classes=4):
    """Return labels, and layers (n_samples, 2) that are difficult in one way each."""
    rng = np.random.default_rng(0)
    labels = np.arange(n_samples) % n_classes
    T, centres = rng.normal(size=(n_samples, 2)), rng.normal(size=(n_classes, 2))
    relu = np.maximum(T + 0.5 * labels[:, None], 0)
    return labels, {
        "ReLU": relu,
        "mostly zeros": np.maximum(T - 1.3, 0),
        "one dead class": np.where(labels[:, None] == 0, 0, T + 3),
        "collapsed classes": centres[labels],
        "collapsed up to rounding": centres[labels] * (1 + 1e-15 * rng.normal(size=(n_samples, 1))),
        "nearly collapsed": centres[labels] + 1e-9 * T,
        "classes on lines": centres[labels] + T[:, :1] * [1e-3, 2e-3],
        "two values": (T > 0) + 0.0,
        "whole numbers": np.round(T),
        "one outlier": np.where(np.arange(n_samples)[:, None] == 7, 1e9, T),
        "one dead unit": T * [1, 0],
        "a repeated unit": T[:, [0, 0]],
    }


@pytest.mark.parametrize("layer", layers()[1])
@pytest.mark.parametrize("name", ESTIMATES)
def test_no_estimate_is_above_the_entropy_of_the_label_or_infinite(name, layer):
    """With ties, KSG gave -2.5 to -4.6 nats, and the copula 5.5 to infinity."""
    labels, made = layers()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        value = ESTIMATES[name](made[layer], labels)
    slack = 0.01 if name == "renyi" else 1e-12
    undefined = name == "gaussian_copula" and np.isnan(value)  # a class, or the layer, has no density
    assert undefined or -NO_BOUND.get(name, 0.05) < value <= entropy(labels) + slack


@pytest.mark.parametrize("layer", ["collapsed classes", "collapsed up to rounding", "nearly collapsed"])
def test_classes_that_collapse_onto_points_carry_the_entropy_of_the_label(layer):
    labels, made = layers()
    assert ksg_information(made[layer], labels) == pytest.approx(np.log(4), abs=1e-9)


@pytest.mark.parametrize("name", ESTIMATES)
def test_a_constant_layer_has_no_information(name):
    value = ESTIMATES[name](np.full((300, 2), 0.1), np.arange(300) % 3)
    if name == "gaussian_copula":
        assert np.isnan(value)
    else:
        assert value == pytest.approx(0, abs=0.01 if name == "linear_probe" else 1e-9)


@pytest.mark.parametrize("name", ESTIMATES)
def test_a_single_class_has_no_information(name):
    value = ESTIMATES[name](np.random.default_rng(0).normal(size=(300, 2)), np.zeros(300, dtype=int))
    if name == "linear_probe":
        assert np.isnan(value)
    else:
        assert value == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize(("labels", "most"), [([0, 0], 0), ([0, 1], np.log(2))])
@pytest.mark.parametrize("name", ESTIMATES)
def test_two_samples_have_at_most_the_entropy_of_their_labels(name, labels, most):
    value = ESTIMATES[name](np.array([[0.0, 1.0], [2.0, 5.0]]), np.array(labels))
    undefined = {"gaussian_copula": {0, 1}, "linear_probe": {0, 1}, "ksg": {1}}.get(name, set())
    assert np.isnan(value) if labels[1] in undefined else -1e-9 <= value <= most + 1e-3


@pytest.mark.parametrize("scale", [1e-300, 1e-30, 3.0, 1e30, 1e300])
@pytest.mark.parametrize("name", ESTIMATES)
def test_huge_and_tiny_scales_change_nothing(name, scale):
    labels, made = layers(300)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        value = ESTIMATES[name](made["ReLU"] * scale, labels)
    assert value == pytest.approx(ESTIMATES[name](made["ReLU"], labels), abs=1e-6)
    assert value > 0.02


def test_far_apart_points_that_coincide_are_no_farther_than_rounding():
    """The squares of these points are 1e18, of which a double rounds to 100."""
    labels = np.arange(300) % 3
    T = 1e9 * np.random.default_rng(0).normal(size=(3, 5))[labels]
    assert kde_information(T, labels, 1.0)["information_x"] == pytest.approx(np.log(3), abs=1e-9)


def test_binned_information_is_that_of_scikit_learn():
    labels, made = layers()
    T = made["whole numbers"][:, :1]
    expected = mutual_info_score(labels, T[:, 0])
    cuts = [np.arange(T.min() - 0.5, T.max() + 1)]
    assert binned_information(T, labels, cuts)[1] == pytest.approx(expected, abs=1e-12)


def test_unit_spread_divides_by_the_deviation_and_keeps_ties():
    T = np.maximum(np.random.default_rng(0).normal(size=(200, 3)), 0) * [1e-300, 1.0, 1e300]
    T[:, 1] = 7.0
    scaled = unit_spread(T)
    np.testing.assert_allclose(scaled[:, [0, 2]].std(axis=0), 1, rtol=1e-12)
    assert (scaled[:, 1] == 7).all()
    np.testing.assert_array_equal(scaled[:, 0] == scaled[:, 0].min(), T[:, 0] == 0)


@pytest.mark.parametrize("largest", [5e-324, 0.75, 1.0, 1.7e308])
def test_a_power_of_two_is_at_most_the_largest_size_and_more_than_half_of_it(largest):
    scale = float(power_of_two(np.array([largest, -largest / 2])))
    assert scale <= largest and largest / 2 < scale
    assert np.frexp(scale)[0] == 0.5 and power_of_two(np.zeros(3)) == 1
