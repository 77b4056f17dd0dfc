"""The split and the order of the examples are the emergence paper's, and neither side is empty."""

import numpy as np
import pytest
import torch

from grokking_phases.data.split import randperm, split
from grokking_phases.datasets import modular_addition


def test_the_train_set_is_the_papers_in_the_papers_order():
    examples = modular_addition.make(p=97)
    divided = split(examples, 0.4, 420)
    torch.manual_seed(420)
    drawn = torch.randperm(9409).numpy()
    assert divided.train.sum() == 3763  # int(0.4 * 9409)
    np.testing.assert_array_equal(divided.sample[divided.train], drawn[:3763])
    np.testing.assert_array_equal(divided.sample[~divided.train], drawn[3763:])
    np.testing.assert_array_equal(divided.inputs[divided.train], examples.inputs[drawn[:3763]])


@pytest.mark.parametrize("seed", [0, 1, 420, 2**32 - 1, 2**32 + 420, 2**63 - 1])
@pytest.mark.parametrize("n", [1, 2, 7, 9409, 14400])
def test_the_permutation_is_torchs(n, seed):
    assert randperm(n, seed) == torch.randperm(n, generator=torch.Generator().manual_seed(seed)).tolist()


def test_the_seed_decides():
    examples = modular_addition.make(p=7)
    first, again, other = (split(examples, 0.5, seed).sample for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert (first != other).any()


def test_each_example_keeps_its_operands_its_class_and_its_number():
    examples = modular_addition.make(p=7)
    divided = split(examples, 0.5, 0)
    assert sorted(divided.sample) == list(range(49))
    np.testing.assert_array_equal(divided.inputs, examples.inputs[divided.sample])
    np.testing.assert_array_equal(divided.targets, examples.targets[divided.sample])
    np.testing.assert_array_equal(divided.targets, divided.inputs.sum(axis=1) % 7)


def test_the_given_examples_stay_as_they_are():
    examples = modular_addition.make(p=7)
    split(examples, 0.5, 0)
    np.testing.assert_array_equal(examples.inputs[:, 0] * 7 + examples.inputs[:, 1], np.arange(49))
    np.testing.assert_array_equal(examples.sample, np.arange(49))
    assert examples.train is None


@pytest.mark.parametrize("fraction", [0.0, 0.02, 1.0])
def test_an_empty_side_is_refused(fraction):
    with pytest.raises(
        ValueError, match=f"train_fraction = {fraction} of 49 examples leaves train or test empty"
    ):
        split(modular_addition.make(p=7), fraction, 0)


@pytest.mark.parametrize(("fraction", "n_train"), [(0.021, 1), (0.99, 48)])
def test_one_example_on_a_side_is_enough(fraction, n_train):
    assert split(modular_addition.make(p=7), fraction, 0).train.sum() == n_train
