"""Quantities of the two-phase paper's claims about linear regions (`curve_quantities`)."""

import numpy as np
import pandas as pd

from grokking_phases.analysis.layers import last_layer
from grokking_phases.analysis.region_rows import Active, polygons
from grokking_phases.analysis.study_tables import StudyTables
from grokking_phases.analysis.two_phase_quantities import time_scale

DIGITS = 7  # of corners, which two regions that share one have from two computations


def share_of_vanished(tables: StudyTables, *, run: str, mechanism: str) -> pd.Series:
    """Return the part of all regions that vanished after fitting which one mechanism removed.

    The regions are those that all layers make, the rows of the last layer.
    """
    fit, parts = time_scale(tables, run=run, event="fit"), {}
    rows = tables.of_run(run, "linear_regions")
    rows = rows[rows["layer"] == last_layer(rows["layer"])]
    for name in ("alignment", "disappearance", "merging"):
        own = rows[rows["metric"] == name]
        later = own[own["step"] > own["seed"].map(fit)]
        parts[name] = later.groupby("seed")["value"].sum().reindex(fit.index)
    return parts[mechanism] / sum(parts.values()).replace(0, np.nan)


def share_one_apart(tables: StudyTables, *, run: str) -> pd.Series:
    """Return the share of neighbours, over all snapshots, whose active neurons differ in one neuron.

    The regions are those that all layers make. Neighbours share a side: a region's sides end where another
    boundary meets them, so that two regions share it whole.
    """
    rows = tables.of_run(run, "partition")
    rows = rows[rows["metric"].isin(["corner_1", "corner_2"])]  # so that the read-out is no layer
    rows = rows[rows["layer"] == last_layer(rows["layer"])]
    shares = {}
    for seed, own in rows.groupby("seed"):
        apart = [
            len({*one} ^ {*other})
            for _, snapshot in own.groupby("step")
            for one, other in neighbours(polygons(snapshot))
        ]
        shares[seed] = np.mean([n == 1 for n in apart]) if apart else np.nan
    return pd.Series(shares, dtype=float).reindex(tables.seeds(run))


def neighbours(regions: dict[Active, np.ndarray]) -> list[list[Active]]:
    """Return the pairs of regions that share a side. regions: {active neurons: corners (n, 2), in order}."""
    sides: dict[frozenset, list[Active]] = {}
    for active, corners in regions.items():
        points = [*map(tuple, corners.round(DIGITS) + 0.0)]  # -0.0 becomes 0.0
        for side in map(frozenset, zip(points, points[1:] + points[:1], strict=True)):
            sides.setdefault(side, []).append(active)
    return [pair for side, pair in sides.items() if len(side) == 2 and len(pair) == 2]
