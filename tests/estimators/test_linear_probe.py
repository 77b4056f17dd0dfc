"""Usable information of a linear probe: all of a linear label, and nothing of a random label or a parity."""

import numpy as np
import pytest

from grokking_phases.estimators.linear_probe import usable_information, weighted_mean


def points(n=2000, d=5, seed=0):
    return np.random.default_rng(seed).normal(size=(n, d))


def test_a_linear_label_gives_nearly_all_its_information():
    targets = np.arange(2000) % 4
    T = points(d=4) + 20 * np.eye(4)[targets]
    value, converged = usable_information(T, targets, seed=0)
    assert converged
    assert value == pytest.approx(np.log(4), abs=0.02)


def test_a_random_label_gives_nothing_but_the_cost_of_overfitting():
    """Some 5 parameters for each label cost about 5 / (2 * 1600) nats."""
    value, _ = usable_information(points(), np.random.default_rng(1).integers(0, 2, 2000), seed=0)
    assert -0.02 < value < 0.005


def test_a_parity_gives_nothing():
    T = points()
    value, _ = usable_information(T, (T[:, 0] * T[:, 1] > 0).astype(int), seed=0)
    assert value < 0.01


def test_two_gaussians_give_the_value_of_their_likelihood_ratio():
    """With equal covariances, the softmax regression is the true model.

    The tolerance 0.03 is three standard errors of 1,000 held-out samples.
    """
    rng = np.random.default_rng(0)
    targets = np.arange(5000) % 2
    T = rng.normal(size=(5000, 1)) + 2.0 * targets[:, None]
    log_odds = 2.0 * T[:, 0] - 2.0
    truth = np.log(2) - np.logaddexp(0, np.where(targets, -log_odds, log_odds)).mean()
    assert usable_information(T, targets, seed=0)[0] == pytest.approx(truth, abs=0.03)


def test_the_scale_does_not_matter_and_the_seed_decides():
    T, targets = points(400), np.arange(400) % 3
    value = usable_information(T + np.eye(5)[targets], targets, seed=0)
    assert usable_information(64 * (T + np.eye(5)[targets]), targets, seed=0)[0] == pytest.approx(
        value[0], abs=1e-6
    )
    assert usable_information(T + np.eye(5)[targets], targets, seed=1) != value


def test_a_single_label_gives_nan():
    assert np.isnan(usable_information(points(50), np.zeros(50, dtype=int), seed=0)[0])


def test_held_out_labels_that_the_probe_has_not_seen_are_left_out():
    targets = np.arange(200) % 2
    targets[:40] += np.arange(40) + 2  # of 42 labels, 40 have one sample
    assert np.isfinite(usable_information(points(200), targets, seed=0)[0])


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("sizes", [[20] * 20, [10, 30, 60], [5, 5, 990]])
def test_no_probe_knows_more_than_the_entropy_of_the_label(sizes, seed):
    """A probe that is always right had 3.037 nats of 20 labels, whose entropy is 2.996."""
    labels = np.repeat(np.arange(len(sizes)), sizes)
    T = 30 * np.eye(len(sizes))[labels]
    p = np.array(sizes) / sum(sizes)
    value, _ = usable_information(T, labels, seed)
    assert value <= -(p * np.log(p)).sum()
    assert value == pytest.approx(-(p * np.log(p)).sum(), abs=0.15)  # a rare label may not be held out


def test_labels_weigh_as_among_all_samples():
    values, held, every = np.array([1.0, 3.0, 5.0]), np.array([0, 0, 2]), np.array([0, 2, 2, 2])
    assert weighted_mean(values, held, every) == pytest.approx(0.25 * 2 + 0.75 * 5)
