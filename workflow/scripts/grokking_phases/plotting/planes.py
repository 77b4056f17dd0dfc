"""Named events on a path through a plane, such as the information plane: an arrow with the name of each."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patheffects import withStroke

from grokking_phases.plotting.style import SMALL
from grokking_phases.plotting.words import width_of

APART = 0.1  # between the names of two events, as a part of the panel's height
CLEAR = 0.05  # from a name to a mark, as a part of the panel; farther is no better
MIDDLES = (0.5, 0.4, 0.6, 0.3, 0.7, 0.2, 0.8)  # of the names of a panel, as parts of its height; best first


def mark_events(ax: Axes, path: pd.DataFrame, events: dict[str, float]) -> None:
    """Draw an arrow to the snapshot that is nearest to each event, in ln step.

    `path` has a row for each step > 0 (its index) and two columns. Names stand below each other near the
    middle of the panel, in the order of their points, each where it covers no point that is drawn. Events at
    the same snapshot share an arrow.
    """
    points, steps = path.to_numpy(), np.log(path.index.to_numpy(dtype=float))
    named: dict[int, list[str]] = {}
    for name, step in sorted(events.items(), key=lambda event: event[1]):
        named.setdefault(int(abs(steps - np.log(step)).argmin()), []).append(name)
    lowest_first = sorted(named, key=lambda i: points[i, 1])
    names = [", ".join(named[i]) for i in lowest_first]
    for i, name, place in zip(lowest_first, names, free_places(ax, names, points), strict=True):
        draw_arrow(ax, name, points[i], place)


def free_places(ax: Axes, names: list[str], points: np.ndarray) -> list[tuple[float, float]]:
    """Return (x, y) of each name, as parts of the panel: the least clear of them is as clear as can be."""
    heights = APART * (np.arange(len(names)) - (len(names) - 1) / 2)
    stacks = [
        [free_place(ax, *each, points) for each in zip(names, heights + at, strict=True)] for at in MIDDLES
    ]
    best = max(range(len(stacks)), key=lambda i: min((clear for _, clear in stacks[i]), default=0.0))
    return [(x, MIDDLES[best] + height) for (x, _), height in zip(stacks[best], heights, strict=True)]


def free_place(ax: Axes, name: str, height: float, points: np.ndarray) -> tuple[float, float]:
    """Return the x of a name at this height that is clearest of all points, and how clear it is.

    All are parts of the panel. Of places that are clear, it is the one nearest to the middle.
    """
    drawn = [np.asarray(marks.get_offsets()) for marks in ax.collections]
    seen = (ax.transData - ax.transAxes).transform(np.concatenate([points, *drawn]))
    half = width_of(name, SMALL) / 2 / (72 * ax.get_window_extent().width / ax.figure.dpi)
    places = np.linspace(half, 1 - half, 41) if half < 0.5 else np.array([0.5])
    aside = (abs(seen[:, 0] - places[:, None]) - half).clip(min=0)
    above = (abs(seen[:, 1] - height) - APART / 2).clip(min=0)
    clear = np.hypot(aside, above).min(axis=1).clip(max=CLEAR)
    best = np.lexsort([abs(places - 0.5), -clear])[0]
    return float(places[best]), float(clear[best])


def draw_arrow(ax: Axes, name: str, point: np.ndarray, place: tuple[float, float]) -> None:
    """Draw an arrow from a name at a place in the panel to a point."""
    halo = [withStroke(linewidth=2, foreground="white")]
    look = {"fontsize": SMALL, "ha": "center", "va": "center", "path_effects": halo, "zorder": 6}
    way = {"arrowstyle": "->", "color": "black", "linewidth": 0.8, "shrinkB": 2}
    where = {"xytext": place, "textcoords": "axes fraction"}
    ax.annotate(name, point, **where, arrowprops=way, **look).set_in_layout(False)
