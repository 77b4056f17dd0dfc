"""Fixtures that all tests share, and the order in which tests run."""

import signal

import pytest
import torch

from grokking_phases.data.split import split
from grokking_phases.datasets import modular_addition

# A shell makes its background processes ignore Ctrl-C, and the processes that tests start would inherit that.
signal.signal(signal.SIGINT, signal.default_int_handler)
SLOW = ("workflow", "kubernetes", "faults")  # folders


def pytest_collection_modifyitems(items):
    """Put slow tests first, so that none of them runs alone after all others are done."""
    items.sort(key=lambda item: item.path.parent.name not in SLOW)


@pytest.fixture(autouse=True)
def one_thread():
    """Give torch one thread."""
    torch.set_num_threads(1)


@pytest.fixture
def examples():
    """Return a task of 49 examples."""
    return split(modular_addition.make(p=7), 0.4, 0)
