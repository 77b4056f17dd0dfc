"""Config entries with every default filled in, and with numbers of the type that their option takes.

Writing a default down, or `2` for `2.0`, then changes nothing.
"""

from dataclasses import asdict
from itertools import filterfalse
from typing import Any

from grokking_phases.plugins import STAGE_KEYS
from grokking_phases.recipe import Recipe
from study.signatures import Option, options_of_entry
from study.sources import is_source

# The blocks of a run, with the kind of module that takes each.
BLOCKS = {"dataset": "datasets", "model": "models", "training": "training", "snapshots": "snapshots"}
ENTRIES = ("metrics", "subnetworks", "figures")


def fill_in(study: dict) -> None:
    """Fill in the defaults of a study that has passed all checks, in place."""
    for run in filterfalse(is_source, study["runs"].values()):
        run["training"] = asdict(Recipe(**run["training"]))
        for block in BLOCKS.keys() & run.keys():
            run[block] = completed(BLOCKS[block], run[block])
    study["levels"] = completed("levels", study["levels"])
    for kind in ENTRIES:
        for name, entry in study[kind].items():
            study[kind][name] = completed(kind, entry, name if kind == "figures" else "")


def completed(kind: str, entry: dict, name: str = "") -> dict:
    """Return an entry with the defaults of the function that takes it."""
    options = options_of_entry(kind, name or entry.get("module", ""), entry)
    defaults = {key: option.default for key, option in options.items() if option.has_literal_default}
    known = {
        key: as_annotated(value, options[key]) for key, value in (defaults | entry).items() if key in options
    }
    return entry | known


def without_defaults(kind: str, entry: dict) -> dict:
    """Return an entry without the options that have their default value, as a caption shows it."""
    options = options_of_entry(kind, entry.get("module", ""), entry)
    stages = STAGE_KEYS.get(kind, ())
    return {
        key: value
        for key, value in entry.items()
        if key in stages or key not in options or options[key].required or value != options[key].default
    }


def as_annotated(value: Any, option: Option) -> Any:
    """Return a value, as a float if it is a whole number whose option takes floats but no whole numbers."""
    kinds = {getattr(annotation, "id", None) for annotation, _ in option.annotations}
    if "float" in kinds and "int" not in kinds and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    return value
