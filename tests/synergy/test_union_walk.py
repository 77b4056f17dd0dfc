"""The walk over all unions of blocks, compared with a determinant and an inverse for each."""

import warnings

import numpy as np
import pytest

from grokking_phases.synergy.union_walk import UnionWalk, subsets


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def blocks_and_covariance(rng, sizes):
    """Return blocks of these sizes and a covariance, in which two columns are in no block."""
    X = rng.normal(size=(80, sum(sizes) + 2))
    S = np.cov(X @ rng.normal(size=(sum(sizes) + 2,) * 2) + X, rowvar=False)
    return np.split(rng.permutation(sum(sizes) + 2)[2:], np.cumsum(sizes)[:-1]), S


@pytest.mark.parametrize(
    "sizes", [(3,), (1, 2), (2, 1), (1, 1, 1), (3, 1, 2), (2, 5, 1, 3), (4, 1, 2, 2, 6), (1,) * 6]
)
def test_every_union_has_its_determinant_and_inverse(rng, sizes):
    blocks, S = blocks_and_covariance(rng, sizes)
    walk = UnionWalk(S, blocks)
    assert (walk.log_det[0], walk.log_inverse[0]) == (0, 0)
    for code in range(1, 1 << len(sizes)):
        columns = np.concatenate([block for b, block in enumerate(blocks) if code >> b & 1])
        one = S[np.ix_(columns, columns)]
        assert walk.log_det[code] == pytest.approx(np.linalg.slogdet(one)[1], abs=1e-9)
        assert walk.log_inverse[code] == pytest.approx(
            np.log(np.diagonal(np.linalg.inv(one))).sum(), abs=1e-9
        )


@pytest.mark.parametrize("sizes", [(2, 3), (2, 3, 4), (3, 2, 5, 4), (6, 5, 4, 3, 2)])
@pytest.mark.parametrize("place", [0, -1])
def test_a_copy_fails_exactly_the_unions_that_hold_both(rng, sizes, place):
    """The original is in any block, and the copy in any other block or the same one.

    The copy is factorised last or first.
    """
    members = subsets(len(sizes))
    for i in range(len(sizes)):
        for j in range(len(sizes)):
            blocks, S = blocks_and_covariance(rng, sizes)
            original, copy = blocks[i][place], blocks[j][-1 - place]
            S[copy], S[:, copy] = S[original], S[:, original]
            with warnings.catch_warnings():
                warnings.simplefilter("error")
                walk = UnionWalk(S, blocks)
            for values in (walk.log_det, walk.log_inverse):
                np.testing.assert_array_equal(np.isnan(values), members[:, i] & members[:, j])
            whole = ~(members[:, i] & members[:, j])
            for code in np.flatnonzero(whole)[1:]:
                columns = np.concatenate([block for b, block in enumerate(blocks) if code >> b & 1])
                assert walk.log_det[code] == pytest.approx(
                    np.linalg.slogdet(S[np.ix_(columns, columns)])[1], abs=1e-9
                )


def test_many_covariances_raise(rng):
    blocks, S = blocks_and_covariance(rng, (2, 2))
    with pytest.raises(ValueError, match="one covariance matrix"):
        UnionWalk(np.stack([S, S]), blocks)
