"""The bias of O-information: known values, the package thoi, and the effect of the correction."""

import numpy as np
import pytest
from thoi.measures.utils import _gaussian_entropy_bias_correction

from grokking_phases.synergy.multiplet_search import search_multiplets
from grokking_phases.synergy.o_information import o_information
from grokking_phases.synergy.o_information_bias import block_bias, o_information_bias


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def test_bias_has_known_values_and_equals_that_of_thoi():
    assert o_information_bias(250, 3763) / np.log(2) == pytest.approx(-0.14, abs=0.005)
    assert o_information_bias(10, 3763) / np.log(2) == pytest.approx(-6e-6, abs=5e-7)
    b = {n: _gaussian_entropy_bias_correction(n, 100).item() for n in (1, 19, 20)}
    assert o_information_bias(20, 100) == pytest.approx(18 * b[20] + 20 * (b[1] - b[19]), abs=1e-12)


def test_bias_correction_removes_the_bias(rng):
    """The variables are independent, so the truth is 0.

    The mean over 200 draws is the bias, and it is 0 once the bias is subtracted.
    """
    draws = [rng.normal(size=(60, 20)) for _ in range(200)]
    plain = np.array([o_information(X) for X in draws])
    corrected = np.array([o_information(X, bias_correction=True) for X in draws])
    error = corrected.std() / np.sqrt(200)
    assert abs(plain.mean()) > 10 * error
    assert abs(corrected.mean()) < 4 * error


def test_bias_between_blocks_has_known_values(rng):
    """Blocks of one variable have the bias of as many variables. Pairs of blocks have none."""
    bins = search_multiplets(rng.normal(size=(100, 5)), np.arange(5)).bins
    np.testing.assert_allclose(
        block_bias([1] * 5, 100), o_information_bias(bins.sum(axis=1), 100), atol=1e-12
    )
    b = {n: _gaussian_entropy_bias_correction(n, 100).item() for n in (3, 4, 5, 7, 8, 9, 12)}
    pair, _, _, triplet = block_bias([3, 4, 5], 100)
    assert pair == 0
    assert triplet == pytest.approx(b[12] + b[3] + b[4] + b[5] - b[9] - b[8] - b[7], abs=1e-12)


def test_bias_correction_between_blocks_removes_the_bias(rng):
    """The truth is 0 for 20 independent variables in 4 blocks too."""
    draws, labels = [rng.normal(size=(60, 20)) for _ in range(200)], np.repeat(np.arange(4), [2, 4, 6, 8])
    plain, corrected = (
        np.array(
            [search_multiplets(X, labels, variables="block", bias_correction=on).o_information for X in draws]
        )
        for on in (False, True)
    )
    wide = search_multiplets(draws[0], labels, variables="block").bins.sum(axis=1) > 2
    error = corrected.std(axis=0)[wide] / np.sqrt(200)
    assert (abs(plain.mean(axis=0)[wide]) > 5 * error).all()
    assert (abs(corrected.mean(axis=0)[wide]) < 4 * error).all()
    assert (corrected[:, ~wide] == 0).all()
