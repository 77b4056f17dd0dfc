"""Regions of a square and their boundaries, from rows of the metric `partition`."""

from collections.abc import Iterable

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection, PolyCollection

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
    for units, pair in zip(map(tuple, first["units"]), points, strict=True):
        found.setdefault(units, []).append(pair)
    size = 2 if name == "end" else 1
    return {
        units: [np.array(points[i : i + size]) for i in range(0, len(points), size)]
        for units, points in found.items()
    }


def first_seeds(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of each run's first seed that was measured."""
    return rows[rows["seed"] == rows.groupby("run")["seed"].transform("min")]


def last_steps(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of the last step of each run's first seed."""
    rows = first_seeds(rows)
    return rows[rows["step"] == rows.groupby("run")["step"].transform("max")]


def draw_polygons(ax: Axes, corners: Iterable[np.ndarray], **look) -> None:
    ax.add_collection(PolyCollection(list(corners), **look))


def draw_lines(ax: Axes, pieces: Iterable[np.ndarray], **look) -> None:
    ax.add_collection(LineCollection(list(pieces), **look))


def frame(ax: Axes, corners: np.ndarray) -> None:
    """Limit the axes to the square, without ticks."""
    (left, low), (right, high) = corners.min(axis=0), corners.max(axis=0)
    ax.set(xlim=(left, right), ylim=(low, high), xticks=[], yticks=[], aspect="equal")
