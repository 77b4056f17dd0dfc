"""The null of random bins keeps the sizes of bins."""

from itertools import islice

import numpy as np
import pytest

from grokking_phases.synergy.random_bins import random_labels


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def test_random_labels_keep_the_sizes_and_the_units_left_out(rng):
    labels = np.array([2, 0, -1, 0, 1, 0, -1, 2, 0])
    drawn = list(islice(random_labels(labels, rng), 50))
    for other in drawn:
        np.testing.assert_array_equal(other == -1, labels == -1)
        np.testing.assert_array_equal(np.bincount(other[other >= 0]), [4, 1, 2])
    assert len({other.tobytes() for other in drawn}) > 20
    np.testing.assert_array_equal(labels, [2, 0, -1, 0, 1, 0, -1, 2, 0])
