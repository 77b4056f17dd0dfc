"""Look-up of datasets, models, metrics and so on by file name: the module `grokking_phases.<kind>.<name>`.

An entry of the config names a module and gives options to the module's function. The keys in `STAGE_KEYS` are
not options: the pipeline's stage reads them itself.
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
    """Return a module, such as `module("metrics", "o_information")`.

    A figure's name contains its paper: `emergence/fig5`.
    """
    return import_module(f"grokking_phases.{kind}.{name.replace('/', '.')}")


def names(kind: str) -> list[str]:
    """Return the names of all modules of a kind, except files with a leading underscore."""
    found = iter_modules(import_module(f"grokking_phases.{kind}").__path__)
    return sorted(each.name for each in found if not each.name.startswith("_"))


def options_in(kind: str, entry: dict) -> dict:
    """Return the options that an entry gives to its module's function."""
    return {key: value for key, value in entry.items() if key not in STAGE_KEYS.get(kind, ())}
