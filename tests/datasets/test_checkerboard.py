"""Neighbouring squares have different colours, and all points of a square have one colour."""

import numpy as np
import pytest

from grokking_phases.datasets.checkerboard import make


def test_colours():
    found = make(side=8, squares=4)
    board = found.targets.reshape(8, 8)
    assert board[:2, :2].tolist() == [[0, 0], [0, 0]]
    assert np.array_equal(board[2:], 1 - board[:-2]) and np.array_equal(board[:, 2:], 1 - board[:, :-2])
    assert found.inputs[8 * 3 + 5].tolist() == [3, 5]
    assert (found.n_tokens, found.n_classes) == (8, 2)


@pytest.mark.parametrize(("squares", "wrong"), [(1, "1 is less than 2"), (9, "9 is more than side = 8")])
def test_one_square_and_squares_without_points_are_refused(squares, wrong):
    with pytest.raises(ValueError, match=f"squares.*{wrong}"):
        make(side=8, squares=squares)
