"""Information about a label, by KSG and by a Gaussian copula: known channels and random labels."""

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.special import digamma
from scipy.stats import norm
from sklearn.feature_selection import mutual_info_classif

from grokking_phases.estimators.gaussian_copula import estimate, gaussian_copula_information
from grokking_phases.estimators.ksg import ksg_information, mean_digamma

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


def relu(n_units, seed=0):
    return np.maximum(np.random.default_rng(seed).normal(size=(1000, n_units)), 0)


def test_ksg_of_a_relu_about_its_sign_is_the_entropy_of_the_sign():
    """Half of the values coincide at 0. The plain estimator gave -2.18."""
    x = np.random.default_rng(0).normal(size=1000)
    assert ksg_information(np.maximum(x, 0)[:, None], x > 0) == pytest.approx(np.log(2), abs=0.05)
    bit = (x > 0).astype(float)
    assert ksg_information(bit[:, None], x > 0) == pytest.approx(np.log(2), abs=0.01)


@pytest.mark.parametrize("n_units", [1, 2, 4])
@pytest.mark.parametrize("n_classes", [2, 10, 50])
def test_ksg_of_relus_about_an_independent_label_is_0(n_units, n_classes):
    """A third and more of all distances are ties at a ReLU's 0. The mean of ten has an error below 0.01."""
    values = [
        ksg_information(relu(n_units, seed), np.random.default_rng(seed + 100).integers(0, n_classes, 1000))
        for seed in range(10)
    ]
    assert abs(np.mean(values)) < 0.025 and max(np.abs(values)) < 0.08


def test_ksg_of_independent_relus_about_the_sign_of_another_is_0():
    """The plain estimator gave -2.47."""
    x = np.random.default_rng(0).normal(size=(1000, 2))
    assert abs(ksg_information(np.maximum(x[:, :1], 0), x[:, 1] > 0)) < 0.05


@pytest.mark.parametrize("n_values", [10, 300])
def test_ksg_of_whole_numbers_about_an_independent_label_is_0(n_values):
    rng = np.random.default_rng(0)
    values = [
        ksg_information(rng.integers(0, n_values, (1000, 1)), rng.integers(0, 10, 1000)) for _ in range(10)
    ]
    assert abs(np.mean(values)) < 0.025


def test_ksg_of_ties_is_the_mean_over_random_orders_of_the_ties():
    """Noise far below the spacing puts ties in a random order; the mean over many such orders is exact."""
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 3, 120)
    T = np.round(rng.normal(size=(120, 1)) + 0.5 * labels[:, None])
    drawn = [ksg_information(T + 1e-4 * rng.random(T.shape), labels, unit_spread=False) for _ in range(400)]
    error = np.std(drawn) / np.sqrt(len(drawn))
    assert ksg_information(T, labels, unit_spread=False) == pytest.approx(np.mean(drawn), abs=4 * error)
    assert error < 0.003


def test_ksg_does_not_depend_on_the_scale_of_one_axis():
    """Without unit spread the same data fell from 0.67 to 0.15."""
    rng = np.random.default_rng(0)
    labels = np.arange(1000) % 2
    T = rng.normal(size=(1000, 2)) + [3.0, 0] * labels[:, None]
    value = ksg_information(T, labels)
    assert value == pytest.approx(0.6, abs=0.1)
    assert ksg_information(T * [1, 1e4], labels) == pytest.approx(value, abs=1e-9)
    assert ksg_information(T * [1, 1e4], labels, unit_spread=False) < 0.5 * value


def test_ksg_agrees_with_scikit_learn_where_values_coincide_in_part():
    """scikit-learn breaks ties by noise of 1e-10, once."""
    T, labels = relu(1) + 0.0, np.random.default_rng(1).integers(0, 2, 1000)
    T[labels == 1] += 0.3 * (T[labels == 1] > 0)
    expected = [mutual_info_classif(T, labels, n_neighbors=3, random_state=seed)[0] for seed in range(5)]
    assert ksg_information(T, labels) == pytest.approx(np.mean(expected), abs=0.03)


def test_the_copula_is_cut_at_the_entropy_of_the_label():
    labels = np.repeat(np.arange(3), [100, 300, 600])
    T = 5.0 * labels[:, None] + 1e-6 * np.random.default_rng(0).normal(size=(1000, 2))
    p = np.array([0.1, 0.3, 0.6])
    assert gaussian_copula_information(T, labels) == pytest.approx(-(p * np.log(p)).sum(), abs=1e-12)


@pytest.mark.parametrize("axes", [[0, 0], [1, 0], [1, -2]])
def test_the_copula_is_undefined_where_the_ranks_of_a_class_are_on_a_point_or_line(axes):
    T, labels = channel([0.0, 5.0, 10.0], 0.5, 100, d=2)
    assert np.isfinite(gaussian_copula_information(T, labels))
    own = labels == 1  # its ranks are 101 to 200 on both axes
    T[own] = 5 + T[own, :1] % 1 * axes / 2
    assert np.isnan(gaussian_copula_information(T, labels))
    assert estimate(T, labels).n_collapsed == 1


def test_rounding_gives_a_point_no_density():
    """The mean of equal scores is off by a rounding, which made their variance 1e-33 and I(T;V) 30 nats."""
    for n_dead in range(5, 60):
        T, labels = channel([0.0, 2.0], 1.0, 60)
        T[:n_dead], labels[:n_dead] = -9.0, 2
        assert np.isnan(gaussian_copula_information(T, labels)), n_dead


def test_without_ties_of_other_labels_the_mean_is_the_logarithm_of_the_rank_itself():
    """Ties among samples of the own label alone change nothing, and others average over both places."""
    least, j, t, o = (
        np.array([5, 5, 7, 5]),
        np.array([1, 2, 1, 1]),
        np.array([1, 3, 1, 1]),
        np.array([0, 0, 0, 1]),
    )
    found = mean_digamma(least, j, t, o)
    np.testing.assert_array_equal(found[:3], digamma([5, 5, 7]))
    assert found[3] == pytest.approx((digamma(5) + digamma(6)) / 2)
