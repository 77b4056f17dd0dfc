"""O-information of all unions of blocks: the definition, the package thoi, and singular sets."""

import logging
import warnings
from itertools import compress

import numpy as np
import pytest
import torch
from thoi.measures.gaussian_copula import nplets_measures

from grokking_phases.synergy.fast_o_information import block_o_information, union_o_information
from grokking_phases.synergy.o_information import gaussian_o_information, o_information_between

SIZES = (9, 3, 7, 1, 12, 5, 2, 8, 4, 6)  # ten uneven blocks


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def uneven_blocks(rng):
    return np.split(rng.permutation(sum(SIZES)), np.cumsum(SIZES)[:-1])


def covariance(rng, n_features):
    X = rng.normal(size=(500, 20)) @ rng.normal(size=(20, n_features)) + rng.normal(size=(500, n_features))
    return np.cov(X, rowvar=False)


def direct(S, blocks):
    """Return the O-information by entropies: (m - 2) H(A) + sum_j [H(B_j) - H(A without B_j)].

    The constants in H cancel.
    """

    def entropy(*blocks):
        columns = np.concatenate(blocks)
        return 0.5 * np.linalg.slogdet(S[np.ix_(columns, columns)])[1]

    rest = sum(entropy(block) - entropy(*blocks[:j], *blocks[j + 1 :]) for j, block in enumerate(blocks))
    return (len(blocks) - 2) * entropy(*blocks) + rest


def test_unions_equal_the_definition_and_thoi(rng):
    blocks, S = uneven_blocks(rng), covariance(rng, sum(SIZES))
    membership, omega = union_o_information(S, blocks)
    assert len(omega) == 1013
    assert len(np.unique(membership, axis=0)) == 1013
    for bins, value in zip(membership, omega, strict=True):
        units = np.concatenate(list(compress(blocks, bins)))
        assert gaussian_o_information(S[np.ix_(units, units)]) == pytest.approx(value, abs=1e-9)
    for i in rng.choice(1013, size=60, replace=False):
        units = np.concatenate(list(compress(blocks, membership[i])))
        assert direct(S, list(units[:, None])) == pytest.approx(omega[i], abs=1e-9)
        assert o_information_between(S, list(units[:, None])) == pytest.approx(omega[i], abs=1e-9)
        nplet = torch.as_tensor(units[None])
        thoi = nplets_measures(torch.as_tensor(S), nplet, covmat_precomputed=True, verbose=logging.ERROR)
        assert thoi[0, 0, 2].item() == pytest.approx(omega[i], abs=1e-9)


def test_blocks_equal_the_definition(rng):
    blocks, S = uneven_blocks(rng), covariance(rng, sum(SIZES))
    membership, omega = block_o_information(S, blocks)
    np.testing.assert_array_equal(membership, union_o_information(S, blocks)[0])
    for i in [*rng.choice(1013, size=150, replace=False), 1012]:
        chosen = list(compress(blocks, membership[i]))
        assert direct(S, chosen) == pytest.approx(omega[i], abs=1e-9)
        assert o_information_between(S, chosen) == pytest.approx(omega[i], abs=1e-9)
    pairs = membership.sum(axis=1) == 2
    assert (omega[pairs] == 0).all()
    assert (abs(omega[~pairs]) > 1e-6).all()


def test_blocks_do_not_depend_on_the_coordinates_inside_them(rng):
    S, T = covariance(rng, 9), np.zeros((9, 9))
    blocks = np.split(np.arange(9), [2, 5])
    for block in blocks:
        T[np.ix_(block, block)] = rng.normal(size=(len(block), len(block)))
    before, after = block_o_information(S, blocks)[1], block_o_information(T @ S @ T.T, blocks)[1]
    np.testing.assert_allclose(after, before, atol=1e-9)
    assert abs(before[-1]) > 0.1


def test_many_covariances_of_single_variables_equal_the_definition_and_thoi(rng):
    """The definition is computed one matrix at a time; thoi takes all matrices of a set at once."""
    S = np.array([[covariance(rng, 7) for _ in range(3)] for _ in range(2)])
    columns = np.array([6, 0, 3, 2, 5])
    membership, omega = union_o_information(S, list(columns[:, None]))
    assert omega.shape == (2, 3, 26)
    for bins, values in zip(membership, np.moveaxis(omega, -1, 0), strict=True):
        units = columns[bins]
        slow = [[gaussian_o_information(one[np.ix_(units, units)]) for one in row] for row in S]
        np.testing.assert_allclose(values, slow, rtol=0, atol=1e-9)
        matrices, nplet = torch.as_tensor(S.reshape(6, 7, 7)), torch.as_tensor(units[None])
        thoi = nplets_measures(matrices, nplet, covmat_precomputed=True, verbose=logging.ERROR)
        np.testing.assert_allclose(values.ravel(), thoi[0, :, 2], rtol=0, atol=1e-9)
    np.testing.assert_array_equal(block_o_information(S, list(columns[:, None]))[1], omega)


def test_pairs_of_single_variables_have_exactly_zero(rng):
    membership, omega = union_o_information(covariance(rng, 6), list(np.arange(6)[:, None]))
    pairs = membership.sum(axis=1) == 2
    assert (omega[pairs] == 0).all()
    assert (omega[~pairs] != 0).all()


@pytest.mark.parametrize("estimate", [union_o_information, block_o_information])
@pytest.mark.parametrize("blocks_of_the_copies", [(0, 0), (4, 4), (0, 4), (3, 9), (9, 3)])
def test_a_singular_set_fails_exactly_the_unions_that_contain_it(rng, blocks_of_the_copies, estimate):
    blocks, S = uneven_blocks(rng), covariance(rng, sum(SIZES))
    i, j = blocks_of_the_copies
    original, copy = blocks[i][0], blocks[j][-1]
    S[copy], S[:, copy] = S[original], S[:, original]  # a perfect copy: column, row, and so its variance
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        membership, omega = estimate(S, blocks)
    np.testing.assert_array_equal(np.isnan(omega), membership[:, i] & membership[:, j])


def test_a_singular_set_of_single_variables_fails_only_in_its_covariance(rng):
    """One of three covariances has a copy, and one has a constant."""
    S, blocks = np.array([covariance(rng, 6)] * 3), list(np.arange(6)[:, None])
    S[0, 4], S[0, :, 4] = S[0, 1], S[0, :, 1]
    S[1, 3] = S[1, :, 3] = 0
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        membership, omega = union_o_information(S, blocks)
    failed = [membership[:, 1] & membership[:, 4], membership[:, 3], np.zeros(57, bool)]
    np.testing.assert_array_equal(np.isnan(omega), failed)


@pytest.mark.parametrize("estimate", [union_o_information, block_o_information])
def test_a_constant_fails_exactly_the_unions_with_its_block(rng, estimate):
    blocks, S = uneven_blocks(rng), covariance(rng, sum(SIZES))
    S[blocks[2][0]] = S[:, blocks[2][0]] = 0
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        membership, omega = estimate(S, blocks)
    np.testing.assert_array_equal(np.isnan(omega), membership[:, 2])
