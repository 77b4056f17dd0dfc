"""Packages that are compared with, imported only when a benchmark needs them.

They are in no environment but that of the benchmarks.
"""

import importlib
from types import ModuleType

from pairs import BenchmarkError


def peer(module: str) -> ModuleType:
    """Return the module; raise BenchmarkError, with the remedy, if it cannot be imported."""
    try:
        return importlib.import_module(module)
    except ImportError as error:
        remedy = "run `make bench`, which installs the packages of benchmarks/peers.txt"
        raise BenchmarkError(f"{module}: the package cannot be imported ({error}); {remedy}") from error
