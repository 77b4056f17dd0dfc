"""Information about a label, by KSG and by a Gaussian copula: known channels and random labels."""

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.stats import norm
from sklearn.feature_selection import mutual_info_classif

from grokking_phases.estimators.gaussian_copula import gaussian_copula_information
from grokking_phases.estimators.ksg import ksg_information

ESTIMATES = {
    "gaussian_copula": gaussian_copula_information,
    "ksg": lambda T, labels: ksg_information(T, labels, 3),
}


def channel(means, noise, n_each, d=1, seed=0):
    """Return samples (n, d) and their labels.

    The samples lie around their labels' means, which are the same in each dimension.
    """
    rng = np.random.default_rng(seed)
    labels = np.repeat(np.arange(len(means)), n_each)
    return np.asarray(means)[labels][:, None] + noise * rng.normal(size=(len(labels), d)), labels


def truth(means, noise):
    """Return the entropy of the mixture less that of the noise, in one dimension, by quadrature."""

    def integrand(t):
        p = norm.pdf(t, means, noise).mean()
        return -p * np.log(p) if p > 0 else 0.0

    ends = min(means) - 10 * noise, max(means) + 10 * noise
    mixture = quad(integrand, *ends, points=list(means), limit=400)[0]
    return mixture - 0.5 * np.log(2 * np.pi * np.e * noise**2)


@pytest.mark.parametrize("distance", [0.0, 1.0, 2.0, 6.0])
def test_ksg_finds_the_information_of_two_points_with_noise(distance):
    """The tolerance 0.04 is three standard errors of the estimate from 4,000 samples.

    It was measured over 40 draws at distance 2.0, the noisiest.
    """
    T, labels = channel([0.0, distance], 1.0, 2000)
    assert ksg_information(T, labels, 3) == pytest.approx(truth([0.0, distance], 1.0), abs=0.04)


@pytest.mark.parametrize("name", ESTIMATES)
@pytest.mark.parametrize("noise", [0.5, 1.0, 2.0])
def test_the_information_of_a_gaussian_channel_is_found(name, noise):
    """Forty labels are at the quantiles of a normal distribution, so T is nearly Gaussian.

    Its information is I = 1/2 ln(1 + 1/s^2). Two parts in a hundred come from the coarse labels, whose
    variance is 0.97. The rest is sampling error.
    """
    T, labels = channel(norm.ppf((np.arange(40) + 0.5) / 40), noise, 100)
    assert ESTIMATES[name](T, labels) == pytest.approx(0.5 * np.log(1 + 1 / noise**2), abs=0.05)


@pytest.mark.parametrize("name", ESTIMATES)
@pytest.mark.parametrize("d", [1, 2, 4])
def test_random_labels_have_no_information(name, d):
    """Without the correction for bias, ten labels of 40 samples would have 0.2 nats at d = 4."""
    rng = np.random.default_rng(0)
    values = [ESTIMATES[name](rng.normal(size=(400, d)), np.arange(400) % 10) for _ in range(40)]
    assert abs(np.mean(values)) < 4 * np.std(values) / np.sqrt(40) + 0.01


def test_ksg_agrees_with_scikit_learn_in_one_dimension():
    T, labels = channel([0.0, 0.7, 3.0], 1.0, 200)
    # scikit-learn divides T by its deviation and adds noise of 1e-10, which changes no neighbour here.
    expected = mutual_info_classif(T, labels, n_neighbors=3, random_state=0)[0]
    assert ksg_information(T, labels, 3) == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("name", ESTIMATES)
def test_scale_and_order_do_not_matter(name):
    T, labels = channel([0.0, 1.0, 3.0], 1.0, 100, d=2)
    order = np.random.default_rng(1).permutation(len(T))
    value = ESTIMATES[name](T, labels)
    assert ESTIMATES[name](3 * T + 1, labels) == pytest.approx(value, abs=1e-9)
    assert ESTIMATES[name](T[order], 7 - labels[order]) == pytest.approx(value, abs=1e-9)


def test_a_label_with_one_sample_is_left_out():
    T, labels = channel([0.0, 2.0], 1.0, 50)
    assert ksg_information(np.vstack([T, [[9.0]]]), np.append(labels, 2), 3) == ksg_information(T, labels, 3)
    assert np.isnan(ksg_information(T, np.arange(100), 3))
    assert np.isnan(gaussian_copula_information(T, np.arange(100)))
