"""Datasets, models, metrics and figures are found by file name: the module `grokking_phases.<kind>.<name>`."""

from importlib import import_module
from types import ModuleType


def module(kind: str, name: str) -> ModuleType:
    """`module("metrics", "o_information")`; figures are named with their paper: `emergence/fig5`."""
    return import_module(f"grokking_phases.{kind}.{name.replace('/', '.')}")
