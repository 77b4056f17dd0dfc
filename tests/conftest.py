"""What tests of training share."""

import pytest
import torch

from grokking_phases.datasets import modular_addition
from grokking_phases.split import split


@pytest.fixture(autouse=True)
def one_thread():
    torch.set_num_threads(1)


@pytest.fixture
def examples():
    """A task of 49 examples."""
    return split(modular_addition.make(p=7), 0.4, 0)
