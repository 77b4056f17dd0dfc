"""Datasets, models, metrics and so on are found by file name: the module `grokking_phases.<kind>.<name>`.

An entry of the config names its module and gives the options of that module's function; some keys are the stage's own.
"""

from importlib import import_module
from pkgutil import iter_modules
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


def names(kind: str) -> list[str]:
    """Return the names of all modules of a kind; a file with a leading underscore is none."""
    found = iter_modules(import_module(f"grokking_phases.{kind}").__path__)
    return sorted(each.name for each in found if not each.name.startswith("_"))


def options_in(kind: str, entry: dict) -> dict:
    """What an entry says to its module's function."""
    return {key: value for key, value in entry.items() if key not in STAGE_KEYS.get(kind, ())}
