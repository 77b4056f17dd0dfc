"""The rows of a metric, checked one by one and joined into a table.

A row is a dict {step, layer, metric, value}, and may have `units`. A metric has one value for each step and
layer, unless its rows have `units`. Each row is then about some units of the layer.
"""

from collections.abc import Iterable, Iterator, Mapping
from numbers import Integral, Real
from typing import Any

import numpy as np
import pandas as pd

from grokking_phases.arguments import type_of

NEEDED, OPTIONAL = ("step", "layer", "metric", "value"), ("units",)
KINDS = {  # for each key: the types that its value may have, and their description
    "step": (Integral, "a whole number"),
    "layer": (str | None, "the name of a layer, or None"),
    "metric": (str, "a string"),
    "value": (Real, "a number (nan where nothing can be measured)"),
    "units": (list | tuple | np.ndarray | None, "a list of units, or None"),
}


def tidy(given: Any, source: str) -> pd.DataFrame:
    """Return rows (dicts or a DataFrame) as a table; raise ValueError, naming `source`, if one is wrong."""
    rows, seen = [], set()
    for row in rows_of(given, source):
        if found := misfit(row) or repetition(row, seen):
            raise ValueError(f"{source}: {found}")
        rows.append(row)
    if not rows:
        raise ValueError(
            f"{source}: compute gave no rows, and must give one at least, {{{', '.join(NEEDED)}}}"
        )
    return pd.DataFrame(rows).astype({"value": float})


def rows_of(given: Any, source: str) -> Iterator[Any]:
    """Return an iterator over the rows that a metric gave; raise ValueError if it gave something else."""
    if isinstance(given, pd.DataFrame):
        absent = [name for name in ("layer", "units") if name in given]
        named = {name: given[name].astype(object).where(given[name].notna(), None) for name in absent}
        return iter(given.assign(**named).to_dict("records"))
    if not isinstance(given, Iterable) or isinstance(given, str | bytes | Mapping | np.ndarray):
        remedy = f"yield rows, each a dict {{{', '.join(NEEDED)}}}, or return a DataFrame of them"
        raise ValueError(f"{source}: compute gave {type_of(given)}, and must {remedy}")
    return iter(given)


def misfit(row: Any) -> str | None:
    """Return what is wrong with one row by itself, or None if nothing is."""
    if not isinstance(row, dict):
        return f"compute gave {type_of(row)} as a row, and each must be a dict {{{', '.join(NEEDED)}}}"
    for name in NEEDED:
        if name not in row:
            found = ", ".join(map(str, row))
            return f"a row of compute lacks {name!r} (it has {found}); give {', '.join(NEEDED)}"
    for name, value in row.items():
        if name not in KINDS:
            wanted = ", ".join(NEEDED)
            return f"a row of compute has the key {name!r}; the keys are {wanted} and, if needed, units"
        kind, words = KINDS[name]
        if not isinstance(value, kind):
            return f"{name!r} of a row of compute is {type_of(value)}, and must be {words}"
    return None


def repetition(row: dict, seen: set[tuple]) -> str | None:
    """Return what is wrong if this value was given before, or None; `seen` holds the values given so far."""
    if row.get("units") is not None:
        return None
    key = row["step"], row["layer"], row["metric"]
    if key in seen:
        what = f"compute gave {row['metric']!r} of layer {row['layer']!r} twice at step {row['step']}"
        return f"{what}; give one row for each step, layer and metric"
    seen.add(key)
    return None
