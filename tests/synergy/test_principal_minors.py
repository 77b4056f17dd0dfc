"""All principal minors at once, compared with a determinant for each."""

import warnings

import numpy as np
import pytest

from grokking_phases.synergy.cholesky import pivot_floor
from grokking_phases.synergy.principal_minors import log_minors
from grokking_phases.synergy.union_walk import subsets


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def covariances(rng, *shape):
    """Return random covariances of this shape, the last dimension being the number of variables."""
    X = rng.normal(size=(*shape[:-1], 40, shape[-1])) @ rng.normal(size=(shape[-1], shape[-1]))
    return np.swapaxes(X, -1, -2) @ X / 40 + np.eye(shape[-1])


@pytest.mark.parametrize("shape", [(1,), (6,), (3, 5), (2, 3, 4)])
def test_every_minor_is_the_determinant_of_its_submatrix(rng, shape):
    S = covariances(rng, *shape)
    minors = log_minors(S, pivot_floor(S))
    assert minors.shape == (2 ** shape[-1], *shape[:-1])
    for minor, variables in zip(minors, subsets(shape[-1]), strict=True):
        slow = np.linalg.slogdet(S[..., variables, :][..., variables])[1]
        np.testing.assert_allclose(minor, slow, rtol=0, atol=1e-12)
    assert (minors[0] == 0).all()


def test_singular_sets_and_sets_that_contain_them_are_nan(rng):
    """One of four matrices has a copy, one has a constant, and one has a sum of two variables."""
    S = covariances(rng, 4, 5)
    mix = np.tile(np.eye(5), (4, 1, 1))
    mix[1, 4], mix[2, 3], mix[3, 0] = np.eye(5)[2], 0, [0, 1, 0, 0, 1]
    S = mix @ S @ np.swapaxes(mix, 1, 2)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        failed = np.isnan(log_minors(S, pivot_floor(S)))
    a, b, c, d, e = subsets(5).T
    np.testing.assert_array_equal(failed, np.column_stack([np.zeros(32, bool), c & e, d, a & b & e]))
