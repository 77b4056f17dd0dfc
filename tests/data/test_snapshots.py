"""Activations as float32, however they are stored."""

import numpy as np
import pytest

from grokking_phases.data.snapshots import as_single


def test_every_float16_becomes_the_float32_that_numpy_makes_of_it():
    halves = np.arange(2**16, dtype=np.uint16).view(np.float16).reshape(-1, 64)
    assert as_single(halves).tobytes() == halves.astype(np.float32).tobytes()
    np.testing.assert_array_equal(as_single(halves[:, ::3]), halves[:, ::3].astype(np.float32))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_other_floats_are_rounded(dtype):
    values = np.random.default_rng(0).normal(size=(5, 3)).astype(dtype)
    found = as_single(values)
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found, values.astype(np.float32))
