"""Paths through a plane, such as the information plane, and named events on them: an arrow with each name.

A name stands near its point, where it covers no point, no other name and no other arrow, and where its arrow
crosses no other, if there is such a place. Places and distances are parts of the panel.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.colors import LogNorm
from matplotlib.patheffects import withStroke

from grokking_phases.plotting.style import SEQUENTIAL, SMALL
from grokking_phases.plotting.words import width_of

MARKERS = ["o", "s", "^", "D", "v"]  # of the seeds of a panel, in turn
ARROWS = ["fit", "compress", "peak", "gen_0.98"]  # time scales that arrows name
FAR = 4  # ranges of a path from its end to a ceiling: nearer ceilings are in the panel
HEIGHT = 0.1  # of a name, with the space around it
SPACE = 0.04  # at the sides of a name, both together
CLEAR = 0.05  # from a name to a mark; farther is no better
SHORTEST = 0.15  # arrow
ROUNDS = 3  # in which each name is placed, the later ones beside all others
HEIGHTS = np.linspace(HEIGHT / 2, 1 - HEIGHT / 2, 19)  # at which names can stand
ALONG = np.linspace(0, 1, 40)[:, None]  # places on an arrow at which it is looked at


@dataclass(frozen=True)
class Arrow:
    """The name of an event at a place, and an arrow from there to a point."""

    name: str
    half: np.ndarray  # of the name's width and height
    place: np.ndarray
    point: np.ndarray

    @property
    def line(self) -> np.ndarray:
        """Return places on the arrow, (places, 2)."""
        return self.place + ALONG * (self.point - self.place)


def draw_path(
    ax: Axes, path: pd.DataFrame, hollow: Any, colours: LogNorm, marker: str = "o", dashes: str = "-"
) -> None:
    """Draw the path of one column (upwards) against another, coloured by step, with a star at its end.

    path: a row for each step (its index), the last one last, and two columns, that of the horizontal axis
    first. Where `hollow` is true, for one point or for all, a point has no face.
    """
    x, y = path.to_numpy().T
    shades = colormaps[SEQUENTIAL](colours(path.index.to_numpy()))
    faces = np.where(np.broadcast_to(hollow, len(x))[:, None], 0.0, shades)
    ax.plot(x, y, dashes, color="0.7", linewidth=0.6, zorder=1)
    ax.scatter(x, y, c=faces, edgecolors=shades, marker=marker, s=14, zorder=2)
    look = {"color": "black", "markersize": 8, "markeredgecolor": "white", "markeredgewidth": 0.5}
    ax.plot(x[-1:], y[-1:], "*", zorder=4, **look)


def draw_ceilings(ax: Axes, ceiling_x: float, ceiling_y: float) -> None:
    """Draw the largest values that information can have; one that is far from the path is written.

    The panel must hold the path.
    """
    look = {"color": "0.4", "linestyle": "--", "linewidth": 0.8}
    written = {"transform": ax.transAxes, "fontsize": SMALL, "color": "0.4"}
    (left, low), (right, high) = ax.dataLim.get_points()
    if ceiling_x - right <= FAR * (right - left):
        ax.axvline(ceiling_x, **look)
    else:
        ax.text(0.98, 0.04, f"ceiling at {ceiling_x:.2f} →", ha="right", va="bottom", **written)
    if ceiling_y - high <= FAR * (high - low):
        ax.axhline(ceiling_y, **look)
    else:
        ax.text(0.5, 0.96, f"ceiling at {ceiling_y:.2f} ↑", ha="center", va="top", **written)


def mark_events(ax: Axes, path: pd.DataFrame, events: dict[str, float]) -> None:
    """Draw an arrow to the snapshot that is nearest to each event, in ln step.

    `path` has a row for each step > 0 (its index) and two columns. Events at the same snapshot share an
    arrow. The panel must have its final range. Snapshots with NaN are left out.
    """
    path = path.dropna()
    points, steps = path.to_numpy(), np.log(path.index.to_numpy(dtype=float))
    named: dict[int, list[str]] = {}
    for name, step in sorted(events.items(), key=lambda event: event[1]):
        named.setdefault(int(abs(steps - np.log(max(step, 1))).argmin()), []).append(name)
    drawn = [np.asarray(marks.get_offsets()) for marks in ax.collections]
    seen = (ax.transData - ax.transAxes).transform(np.concatenate([points, *drawn]))
    arrows: dict[int, Arrow] = {}
    for i in [*named] * ROUNDS:
        others = [arrow for j, arrow in arrows.items() if j != i]
        arrows[i] = placed(ax, ", ".join(named[i]), seen[i], seen, others)
    for i, arrow in arrows.items():
        draw_arrow(ax, arrow, points[i])


def placed(ax: Axes, name: str, point: np.ndarray, seen: np.ndarray, others: list[Arrow]) -> Arrow:
    """Return the arrow from the best place for a name: the nearest to its point of those that are clear."""
    width = width_of(name, SMALL) / (72 * ax.get_window_extent().width / ax.figure.dpi)
    half = np.array([min(width + SPACE, 1.0) / 2, HEIGHT / 2])
    across = np.linspace(half[0], 1 - half[0], 41)
    places = np.stack(np.meshgrid(across, HEIGHTS), axis=-1).reshape(-1, 2)
    length = np.hypot(*(places - point).T)
    crowded = 1 - distance(places, half, seen).clip(max=CLEAR) / CLEAR
    covered = sum(crossed(places, half, point, other) for other in others) + (length < SHORTEST)
    best = np.lexsort([length, crowded, covered])[0]
    return Arrow(name, half, places[best], point)


def distance(places: np.ndarray, half: np.ndarray, points: np.ndarray) -> np.ndarray:
    """Return how far the nearest point is from a name at each place, (places,); 0 if the name covers it."""
    outside = (abs(points - places[:, None]) - half).clip(min=0)
    return np.hypot(outside[..., 0], outside[..., 1]).min(axis=1)


def crossed(places: np.ndarray, half: np.ndarray, point: np.ndarray, other: Arrow) -> np.ndarray:
    """Return how many of these happen at each place, (places,).

    The name covers the other name or its arrow, or the arrow to the point runs through the other name or
    crosses the other arrow.
    """
    names = (abs(places - other.place) < half + other.half).all(axis=1)
    covers = (abs(other.line - places[:, None]) < half).all(axis=2).any(axis=1)
    lines = places[:, None] + ALONG * (point - places)[:, None]
    runs_through = (abs(lines - other.place) < other.half).all(axis=2).any(axis=1)
    return names.astype(int) + covers + runs_through + cross(places, point, other)


def cross(places: np.ndarray, point: np.ndarray, other: Arrow) -> np.ndarray:
    """Return whether the arrow from each place to the point crosses the other one, (places,)."""
    apart = side(point, places, other.place) * side(point, places, other.point) < 0
    return apart & (side(other.point, other.place, places) * side(other.point, other.place, point) < 0)


def side(end: np.ndarray, start: np.ndarray, point: np.ndarray) -> np.ndarray:
    """Return a number above 0 for a point to the left of the line from start to end, below 0 to the right."""
    (x, y), (dx, dy) = (end - start).T, (point - start).T
    return x * dy - y * dx


def draw_arrow(ax: Axes, arrow: Arrow, point: np.ndarray) -> None:
    """Draw an arrow from a name at a place in the panel to a point of the data."""
    halo = [withStroke(linewidth=2, foreground="white")]
    look = {"fontsize": SMALL, "ha": "center", "va": "center", "path_effects": halo, "zorder": 6}
    way = {"arrowstyle": "->", "color": "black", "linewidth": 0.8, "shrinkB": 2}
    where = {"xytext": tuple(arrow.place), "textcoords": "axes fraction"}
    ax.annotate(arrow.name, tuple(point), **where, arrowprops=way, **look).set_in_layout(False)
