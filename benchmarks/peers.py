"""Packages that are compared with: imported when a benchmark needs them, for they are in no environment but its own."""

import importlib
from types import ModuleType

from pairs import BenchmarkError


def peer(module: str) -> ModuleType:
    """The module; BenchmarkError, with the remedy, where it cannot be imported."""
    try:
        return importlib.import_module(module)
    except ImportError as error:
        remedy = "`make bench` installs the peers (benchmarks/peers.txt) beside the environment"
        raise BenchmarkError(f"{module} cannot be imported ({error}); {remedy}") from error
