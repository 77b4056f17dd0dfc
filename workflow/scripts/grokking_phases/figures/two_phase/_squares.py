"""Squares of linear regions: their rows of one seed or step, and how they are drawn."""

from collections.abc import Iterable

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection, PolyCollection


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
