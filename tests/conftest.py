"""What tests of training share."""

import signal

import pytest
import torch

from grokking_phases.data.split import split
from grokking_phases.datasets import modular_addition

# What a shell starts in the background ignores Ctrl-C, and so would all that the tests start.
signal.signal(signal.SIGINT, signal.default_int_handler)
SLOW = ("workflow", "kubernetes", "faults")  # folders


def pytest_collection_modifyitems(items):
    """What takes long comes first, lest one process be left to run it alone when all else is done."""
    items.sort(key=lambda item: item.path.parent.name not in SLOW)


@pytest.fixture(autouse=True)
def one_thread():
    torch.set_num_threads(1)


@pytest.fixture
def examples():
    """A task of 49 examples."""
    return split(modular_addition.make(p=7), 0.4, 0)
