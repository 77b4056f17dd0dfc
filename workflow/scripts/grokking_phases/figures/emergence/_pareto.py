"""Path of a run in the plane of synergy and redundancy, coloured by phase."""

from collections.abc import Iterable

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patheffects import withStroke

from grokking_phases.plotting.phase_looks import COLOURS, MARKERS, phases_at

FIRST = {"marker": "o", "markerfacecolor": "none", "color": "black", "markersize": 8, "linestyle": ""}
ARROW = r"$\rightarrow$"  # in the legend
LAST = {"marker": "*", "color": "black", "markersize": 9, "markeredgecolor": "white", "linestyle": ""}
ARROWS, REACH = 8, 2  # along a path; snapshots on either side of an arrow, from which its direction is taken
CLEAR = (0.25, 0.09)  # least distances of two steps written beside a path, as parts of its width and height
APART = (0.08, 0.08)  # and of two arrows


def draw_path(ax: Axes, path: pd.DataFrame, phases: dict[str, tuple[float, float]]) -> None:
    """Draw the path of one run, with its first and last step, its direction and its phases.

    `path` has `redundancy` and `synergy`, and a row for each step (its index) at which both are defined.
    """
    if path.empty:
        return
    ax.plot(path["redundancy"], path["synergy"], color="0.6", linewidth=0.6, zorder=1)
    names = phases_at(path.index, phases).fillna("none")
    for phase, rows in path.groupby(names):
        look = {"marker": MARKERS.get(phase, "."), "color": [COLOURS.get(phase, "0.5")]}
        ax.scatter(rows["redundancy"], rows["synergy"], s=12, linewidth=0, **look)
    for end, look in ((0, FIRST), (-1, LAST)):
        ax.plot(*path[["redundancy", "synergy"]].iloc[end], **look)
    ax.margins(0.1)  # room for the steps written beside points
    draw_direction(ax, path)


def draw_direction(ax: Axes, path: pd.DataFrame) -> None:
    """Draw arrows along the path, evenly spaced in snapshots, and write the step at each power of ten.

    Where these would lie on each other, only the first is drawn.
    """
    points = path[["redundancy", "synergy"]].to_numpy()
    arrow = {"arrowstyle": "->", "color": "black", "linewidth": 1, "shrinkA": 0, "shrinkB": 0}
    along = np.linspace(0, len(points) - 1, ARROWS + 2).astype(int)[1:-1]
    for i in thinned(points, along, APART):
        onwards = points[min(i + REACH, len(points) - 1)] - points[max(i - REACH, 0)]
        ax.annotate("", points[i], points[i] - onwards / 100, arrowprops=arrow | {"mutation_scale": 9})
    powers = {
        abs(np.log(path.index / power)).argmin(): power
        for power in 10 ** np.arange(1, 10)
        if path.index[0] < power < path.index[-1]
    }
    halo = {"fontsize": 6.5, "path_effects": [withStroke(linewidth=2, foreground="white")]}
    for i in thinned(points, list(powers), CLEAR):
        ax.annotate(f"{powers[i]:,}", points[i], (4, 4), textcoords="offset points", **halo)


def thinned(points: np.ndarray, places: Iterable[int], least: tuple[float, float]) -> list[int]:
    """Return those of the places on a path that are not close to one that is kept before them.

    least: the distances, as parts of the path's width and height, below both of which two are close.
    """
    extent = np.ptp(points, axis=0)
    kept: list[int] = []
    for place in places:
        if not any((abs(points[place] - points[other]) < extent * least).all() for other in kept):
            kept.append(place)
    return kept


def marks() -> dict[str, Line2D]:
    """Return the legend of a path's marks."""
    return {
        "direction": Line2D([], [], marker=ARROW, color="black", linestyle="", markersize=8),
        "a step of no phase": Line2D([], [], marker=".", color="0.5", linestyle=""),
        "first step": Line2D([], [], **FIRST),
        "last step": Line2D([], [], **LAST),
    }
