"""The split is the emergence paper's, and neither side is empty."""

import numpy as np
import pytest
import torch

from grokking_phases.data.split import randperm, split
from grokking_phases.datasets import modular_addition


def test_the_train_set_is_the_papers():
    train = split(modular_addition.make(p=97), 0.4, 420).train
    torch.manual_seed(420)
    assert train.sum() == 3763  # int(0.4 * 9409)
    np.testing.assert_array_equal(np.flatnonzero(train), np.sort(torch.randperm(9409)[:3763]))


@pytest.mark.parametrize("seed", [0, 1, 420, 2**32 - 1, 2**32 + 420, 2**63 - 1])
@pytest.mark.parametrize("n", [1, 2, 7, 9409, 14400])
def test_the_permutation_is_torchs(n, seed):
    assert randperm(n, seed) == torch.randperm(n, generator=torch.Generator().manual_seed(seed)).tolist()


def test_the_seed_decides():
    examples = modular_addition.make(p=7)
    first, again, other = (split(examples, 0.5, seed).train for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert (first != other).any()


def test_the_examples_stay_as_they_are():
    examples = modular_addition.make(p=7)
    divided = split(examples, 0.5, 0)
    assert divided.inputs is examples.inputs
    assert divided.targets is examples.targets
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
