"""Datasets, models, metrics and figures are found by file name: the module `grokking_phases.<kind>.<name>`.

An entry of the config names its module and gives the options of that module's function; some keys are the stage's own.
"""

from importlib import import_module
from types import ModuleType

STAGE_KEYS = {
    "datasets": ("module", "train_fraction", "split_seed"),
    "models": ("module",),
    "metrics": ("module", "layers", "steps", "seeds"),
    "figures": ("panels", "tables"),
    "subnetworks": ("metric",),
}


def module(kind: str, name: str) -> ModuleType:
    """`module("metrics", "o_information")`; figures are named with their paper: `emergence/fig5`."""
    return import_module(f"grokking_phases.{kind}.{name.replace('/', '.')}")


def options_in(kind: str, entry: dict) -> dict:
    """What an entry says to its module's function."""
    return {key: value for key, value in entry.items() if key not in STAGE_KEYS.get(kind, ())}
