"""Regions of a square and their boundaries, from rows of the metric `partition`."""

import numpy as np
import pandas as pd

Active = tuple[int, ...]


def polygons(rows: pd.DataFrame) -> dict[Active, np.ndarray]:
    """Return {neurons active in a region: its corners (n, 2)} from rows of one step and layer."""
    return {units: np.concatenate(parts) for units, parts in by_units(rows, "corner").items()}


def boundaries(rows: pd.DataFrame) -> dict[int, list[np.ndarray]]:
    """Return {neuron: pieces of its boundary [(2, 2), ...]} from rows of one step and layer."""
    return {neuron: parts for (neuron,), parts in by_units(rows, "end").items()}


def by_units(rows: pd.DataFrame, name: str) -> dict[Active, list[np.ndarray]]:
    """Return {units: points in the order of the rows}: single corners (1, 2), or pairs of ends (2, 2)."""
    first, second = (rows[rows["metric"] == f"{name}_{axis}"] for axis in (1, 2))
    points = np.column_stack([first["value"], second["value"]])
    found: dict[Active, list[np.ndarray]] = {}
    for units, pair in zip(map(tuple, first["units"].tolist()), points, strict=True):
        found.setdefault(units, []).append(pair)
    size = 2 if name == "end" else 1
    return {
        units: [np.array(points[i : i + size]) for i in range(0, len(points), size)]
        for units, points in found.items()
    }
