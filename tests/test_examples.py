"""`check_examples` raises one sentence that names the file whose examples the pipeline cannot read."""

import numpy as np
import pytest

from grokking_phases.datasets import checkerboard, modular_addition, modular_division, permutation_composition
from grokking_phases.examples import Examples, check_examples

INPUTS, TARGETS = np.array([[0, 1], [2, 0], [1, 1]]), np.array([0, 1, 1])


@pytest.mark.parametrize(
    "examples",
    [
        modular_addition.make(p=5),
        modular_division.make(p=5),
        permutation_composition.make(n=3),
        checkerboard.make(side=4),
        Examples(INPUTS, TARGETS, np.int64(3), np.int64(2)),
    ],
)
def test_good_examples_pass(examples):
    check_examples(examples, "datasets/mine.py")


@pytest.mark.parametrize(
    ("examples", "sentence"),
    [
        (None, "None, and must give Examples"),
        ((INPUTS, TARGETS), "a tuple, and must give Examples"),
        (Examples(INPUTS[:, 0], TARGETS, 3, 2), r"inputs .*int64 array \(3,\), .*n_operands"),
        (Examples(INPUTS.tolist(), TARGETS, 3, 2), "inputs .*a list"),
        (Examples(INPUTS.astype(float), TARGETS, 3, 2), "inputs .*float64"),
        (Examples(INPUTS.T, TARGETS, 3, 2), "2 rows of inputs and 3 targets"),
        (Examples(INPUTS, TARGETS[:2], 3, 2), "3 rows of inputs and 2 targets"),
        (Examples(INPUTS, TARGETS[:, None], 3, 2), "targets"),
        (
            Examples(INPUTS, TARGETS, 2, 2),
            "inputs from 0 to 2, and with n_tokens = 2 they must lie from 0 to 1",
        ),
        (Examples(INPUTS - 1, TARGETS, 3, 2), "inputs from -1"),
        (Examples(INPUTS, TARGETS, 3, 1), "targets from 0 to 1, and with n_classes = 1"),
        (Examples(INPUTS, TARGETS, 3.0, 2), "n_tokens = 3.0"),
        (Examples(INPUTS, TARGETS, 3, None), "n_classes = None"),
        (Examples(INPUTS[:0], TARGETS[:0], 3, 2), "no samples"),
        (Examples(INPUTS, TARGETS, 3, 2, train=TARGETS == 0), "a split"),
    ],
)
def test_bad_examples_raise_an_error_that_names_the_file(examples, sentence):
    with pytest.raises(ValueError, match=f"^datasets/mine.py: .*{sentence}"):
        check_examples(examples, "datasets/mine.py")
