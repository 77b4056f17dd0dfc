"""Information of arrays that a user has at hand: steps that cannot be compared are named."""

import numpy as np
import pytest

from grokking_phases import information_plane, mutual_information

T = np.random.default_rng(0).normal(size=(40, 3))
LABELS = np.arange(40) % 2


@pytest.mark.parametrize(
    ("snapshots", "sentence"),
    [
        ({0: T[:, :1], 5: T}, r"snapshots\[0\] has layer \(40, 1\), and snapshots\[5\] has layer \(40, 3\)"),
        ({0: T[:20], 5: T}, r"snapshots\[0\] has layer \(20, 3\)"),
        ({0: {"a": T, "b": T}, 5: {"b": T}}, r"snapshots\[0\] has a \(40, 3\), b \(40, 3\)"),
        ({0: {}}, r"snapshots\[0\] has no layers"),
    ],
)
def test_all_steps_have_the_same_samples_and_layers(snapshots, sentence):
    with pytest.raises(ValueError, match=sentence):
        information_plane(snapshots, LABELS)


def test_counts_are_whole_numbers_at_every_step():
    plane = information_plane({0: 0 * T, 5: T}, LABELS)
    assert plane[["n_constant", "n_undefined"]].to_numpy().tolist() == [[1, 0], [0, 0]]
    assert {str(dtype) for dtype in plane[["n_constant", "n_undefined"]].dtypes} == {"int64"}


def test_options_are_checked_for_constant_samples_too():
    assert mutual_information(0 * T, LABELS) == 0
    with pytest.raises(ValueError, match="n_neighbours: -1"):
        mutual_information(0 * T, LABELS, n_neighbours=-1)
