"""Linear regions of a square, from the metric `partition`, as the explorer's page holds them.

Corners and ends of boundaries are rounded to a grid of 4096 by 4096 points in the square. Each coordinate is
two letters of `LETTERS`, the higher one first. The numbers of regions and boundaries are not rounded.
"""

from typing import Any

import numpy as np
import pandas as pd

from grokking_phases.analysis.region_rows import Active, boundaries, polygons
from grokking_phases.explorer.numbers_as_text import LETTERS, hexadecimal

GRID = len(LETTERS) ** 2 - 1  # the largest coordinate


def packed_square(rows: pd.DataFrame, steps: np.ndarray) -> dict[str, Any]:
    """Return the square of rows of one seed: its place, and the regions of each layer at these steps."""
    corners = [rows.loc[rows["metric"] == f"corner_{axis}", "value"] for axis in (1, 2)]
    low = np.array([values.min() for values in corners])
    square = {"low": low.tolist(), "side": float(max(np.ptp(values) for values in corners)), "grid": GRID}
    own = rows[rows["step"].isin(steps)]
    layers = {
        layer: packed_layer(part, low, square["side"]) for layer, part in own.groupby("layer", sort=False)
    }
    return square | {"layers": layers}


def packed_layer(rows: pd.DataFrame, low: np.ndarray, side: float) -> dict[str, Any]:
    """Return the steps and snapshots of one layer: its regions, and the boundaries that it draws."""
    by_step = {int(step): part for step, part in rows.groupby("step")}
    regions = [polygons(part) for part in by_step.values()]
    later = [*regions[1:], None]
    snapshots = [
        packed_regions(now, following, low, side) | packed_boundaries(part, low, side)
        for now, following, part in zip(regions, later, by_step.values(), strict=True)
    ]
    return {"steps": list(by_step), "snapshots": snapshots}


def packed_regions(
    now: dict[Active, np.ndarray], following: dict | None, low: np.ndarray, side: float
) -> dict[str, Any]:
    """Return the regions: numbers of corners and of active neurons, corners, and those that vanish.

    A region vanishes if no region of the following snapshot has the same active neurons.
    """
    vanishing = [i for i, active in enumerate(now) if following is not None and active not in following]
    return {
        "sizes": [len(polygon) for polygon in now.values()],
        "active": [len(active) for active in now],
        "corners": letters(np.concatenate(list(now.values())), low, side),
        "vanishing": hexadecimal(vanishing, len(now)),
    }


def packed_boundaries(rows: pd.DataFrame, low: np.ndarray, side: float) -> dict[str, Any]:
    """Return the pieces of boundaries: the neuron of each, and their ends."""
    lines = boundaries(rows)
    ends = [piece for pieces in lines.values() for piece in pieces]
    return {
        "neurons": [int(neuron) for neuron, pieces in lines.items() for _ in pieces],
        "ends": letters(np.concatenate(ends), low, side) if ends else "",
    }


def letters(points: np.ndarray, low: np.ndarray, side: float) -> str:
    """Return points (n, 2) as four letters each."""
    places = np.rint((points - low) / side * GRID).astype(int).clip(0, GRID)
    digits = np.stack(np.divmod(places, len(LETTERS)), axis=-1)  # n x 2 coordinates x 2 digits
    return "".join(LETTERS[digits.ravel()])
