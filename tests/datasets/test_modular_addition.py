"""The addition table is a Latin square, commutative, and in the stated order."""

import numpy as np
import pytest

from grokking_phases.datasets import modular_addition


def test_the_paper_has_9409_pairs():
    examples = modular_addition.make(p=97)
    assert len(examples) == 9409
    assert (examples.n_tokens, examples.n_classes) == (97, 97)
    assert examples.inputs.dtype == examples.targets.dtype == np.int64
    assert examples.train is None


def test_the_table_modulo_3_in_order():
    examples = modular_addition.make(p=3)
    assert examples.inputs.tolist() == [
        [0, 0],
        [0, 1],
        [0, 2],
        [1, 0],
        [1, 1],
        [1, 2],
        [2, 0],
        [2, 1],
        [2, 2],
    ]
    assert examples.targets.tolist() == [0, 1, 2, 1, 2, 0, 2, 0, 1]


def test_every_answer_occurs_once_in_each_row_and_column():
    table = modular_addition.make(p=12).targets.reshape(12, 12)
    np.testing.assert_array_equal(np.sort(table, axis=0), np.arange(12)[:, None].repeat(12, axis=1))
    np.testing.assert_array_equal(table, table.T)


def test_a_modulus_of_one_is_refused():
    with pytest.raises(ValueError, match="p: 1 is less than 2"):
        modular_addition.make(p=1)
