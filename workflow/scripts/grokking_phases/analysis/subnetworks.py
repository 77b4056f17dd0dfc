"""Choice of the units to train alone: a multiplet that O-information found, its complement, or a random set.

The emergence paper (section 7) retrains the units of its most synergistic multiplet, and their complement. It
takes the multiplet over all its samples but the first, one every 5 steps; its code takes the first too
(`step_0`). Step 0 is left out by default, because random features have the largest synergy there. Only random
sets of the same size can tell whether the units say anything about synergy.

The units are of one layer: the workflow takes the first that the metric measures.
"""

from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa

from grokking_phases.analysis.events import FOUND, PUBLISHED, first_above
from grokking_phases.arguments import check_limits
from grokking_phases.storage.digests import digest
from grokking_phases.storage.headers import write_parquet

Extreme = Literal["synergy", "redundancy"]
Moment = Literal["any", "generalised", "emergence", "delayed_emergence"]
Take = Literal["units", "others", "random"]
LIMITS = {"draw": (0, None), "from_step": (0, None)}


class Choice(NamedTuple):
    """A sub-network, and the step and O-information at which its multiplet was found."""

    units: list[int]
    step: int
    o_information: float  # nats


class Absent(Exception):
    """Error for a sub-network that a run does not have; its message says why."""


def choose(
    o_information: pd.DataFrame,
    curves: pd.DataFrame,
    phases: pd.DataFrame,
    width: int,
    level: float = PUBLISHED.generalised,
    *,
    extreme: Extreme = "synergy",
    at: Moment = "any",
    take: Take = "units",
    draw: int = 0,
    from_step: int = 5,
    step_0: bool = False,
) -> Choice:
    """Return the units, ascending, of a sub-network, and the origin of its multiplet.

    The layer has `width` units. The multiplet is never the whole layer. Absent is raised if the run has no
    such sub-network. A run generalises above the test accuracy `level`.

    o_information, curves, phases   tidy rows of one run and seed, in one layer, under the rule as stated
    extreme       take the multiplet with the least Omega (synergy) or the greatest (redundancy) …
    at            … of all steps, at the first snapshot that generalised, or during (delayed) emergence
    take          the multiplet's units, the others of the layer, or as many of the layer drawn at random
    draw          number of the random draw
    from_step     the first step that counts; 0 includes the untrained network
    step_0        whether the untrained network counts too, whatever `from_step` is
    """
    check_limits(LIMITS, draw=draw, from_step=from_step)
    rows = o_information[(o_information["metric"] == extreme) & o_information["value"].notna()]
    rows = rows[(rows["step"] >= from_step) | (step_0 & (rows["step"] == 0))]
    generalisation = first_above(curves, "test_accuracy", level)
    rows = rows[rows["step"].isin(moments(at, rows["step"], generalisation, phases))]
    if rows.empty:
        raise Absent(f"no multiplet with a finite {extreme}")
    rows = rows[rows["units"].str.len() < width]
    if rows.empty:
        raise Absent("every multiplet is the whole layer")
    best = rows.loc[rows["value"].idxmin() if extreme == "synergy" else rows["value"].idxmax()]
    units = sorted(map(int, best["units"]))
    if take == "random":
        seed = int(o_information["seed"].iloc[0])
        units = sorted(map(int, np.random.default_rng([seed, draw]).choice(width, len(units), replace=False)))
    elif take == "others":
        units = sorted(set(range(width)) - set(units))
    return Choice(units, int(best["step"]), float(best["value"]))


def in_layer(rows: pd.DataFrame, layer: str) -> pd.DataFrame:
    """Return the rows of one layer."""
    return rows[rows["layer"] == layer]


def moments(at: Moment, steps: pd.Series, generalised: int | None, phases: pd.DataFrame) -> pd.Series:
    """Return those of the steps that `at` names; raise Absent if the run never gets there."""
    if at == "any":
        return steps
    if at == "generalised":
        if generalised is None:
            raise Absent("the run never generalises")
        return steps[steps == steps[steps >= generalised].min()]
    found = phases[phases["status"] == FOUND].set_index("event")["step"]
    if f"{at}.start" not in found:
        raise Absent(f"the run has no {at.replace('_', ' ')}")
    return steps[steps.between(found[f"{at}.start"], found[f"{at}.end"])]


def write_units(path: str | Path, units: list[int], origin: dict, header: dict) -> None:
    """Write one row for each unit, with the columns of `origin` (run, seed, subnetwork).

    An absent sub-network has no rows.

    The `training` of the header is a digest of origin and units alone. Another way to the same choice
    therefore does not trigger a new training.
    """
    columns = {name: pa.array([value] * len(units)) for name, value in origin.items()}
    schema = pa.schema(
        [("run", pa.string()), ("seed", pa.int64()), ("subnetwork", pa.string()), ("unit", pa.int32())]
    )
    header = {**origin, "training": digest([origin, units]), **header}
    write_parquet(path, pa.table({**columns, "unit": units}, schema=schema), header)


def write_choice(path: str | Path, row: dict, header: dict) -> None:
    """Write one row: run, seed and subnetwork, then size, step and o_information, or why it is absent."""
    kinds = {
        "run": pa.string(),
        "seed": pa.int64(),
        "subnetwork": pa.string(),
        "size": pa.int64(),
        "step": pa.int64(),
    }
    schema = pa.schema([*kinds.items(), ("o_information", pa.float64()), ("absent", pa.string())])
    write_parquet(path, pa.Table.from_pylist([row], schema=schema), {"information": "nats", **header})
