"""Named events on a path through a plane, such as the information plane: an arrow with the name of each."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patheffects import withStroke

from grokking_phases.plotting.style import SMALL
from grokking_phases.plotting.words import width_of

APART = 0.1  # between the names of two events, as a part of the panel's height
CLEAR = 0.05  # from a name to a mark, as a part of the panel; farther is no better


def mark_events(ax: Axes, path: pd.DataFrame, events: dict[str, float]) -> None:
    """Draw an arrow to the snapshot that is nearest to each event, in ln step.

    `path` has a row for each step > 0 (its index) and two columns. Names stand below each other around the
    middle of the panel, in the order of their points, each where it covers no point that is drawn. Events at
    the same snapshot share an arrow.
    """
    points, steps = path.to_numpy(), np.log(path.index.to_numpy(dtype=float))
    named: dict[int, list[str]] = {}
    for name, step in sorted(events.items(), key=lambda event: event[1]):
        named.setdefault(int(abs(steps - np.log(step)).argmin()), []).append(name)
    lowest_first = sorted(named, key=lambda i: points[i, 1])
    for place, i in enumerate(lowest_first):
        height = 0.5 + APART * (place - (len(named) - 1) / 2)
        name = ", ".join(named[i])
        draw_arrow(ax, name, points[i], (free_place(ax, name, height, points), height))


def free_place(ax: Axes, name: str, height: float, points: np.ndarray) -> float:
    """Return the x of a name at this height, both as parts of the panel, that is clear of all points.

    Of places that are clear, it is the one nearest to the middle.
    """
    drawn = [np.asarray(marks.get_offsets()) for marks in ax.collections]
    seen = (ax.transData - ax.transAxes).transform(np.concatenate([points, *drawn]))
    half = width_of(name, SMALL) / 2 / (72 * ax.get_window_extent().width / ax.figure.dpi)
    places = np.linspace(half, 1 - half, 41) if half < 0.5 else np.array([0.5])
    aside = (abs(seen[:, 0] - places[:, None]) - half).clip(min=0)
    above = (abs(seen[:, 1] - height) - APART / 2).clip(min=0)
    clear = np.hypot(aside, above).min(axis=1).clip(max=CLEAR)
    return float(places[np.lexsort([abs(places - 0.5), -clear])[0]])


def draw_arrow(ax: Axes, name: str, point: np.ndarray, place: tuple[float, float]) -> None:
    """Draw an arrow from a name at a place in the panel to a point."""
    halo = [withStroke(linewidth=2, foreground="white")]
    look = {"fontsize": SMALL, "ha": "center", "va": "center", "path_effects": halo, "zorder": 6}
    way = {"arrowstyle": "->", "color": "black", "linewidth": 0.8, "shrinkB": 2}
    where = {"xytext": place, "textcoords": "axes fraction"}
    ax.annotate(name, point, **where, arrowprops=way, **look).set_in_layout(False)
