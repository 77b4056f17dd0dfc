"""Named events on a path through a plane, such as the information plane: an arrow with the name of each."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patheffects import withStroke

from grokking_phases.plotting.style import SMALL

APART = 0.1  # between the names of two events, as a part of the panel's height


def mark_events(ax: Axes, path: pd.DataFrame, events: dict[str, float]) -> None:
    """Draw an arrow to the snapshot that is nearest to each event, in ln step.

    `path` has a row for each step > 0 (its index) and two columns. Names stand below each other in the middle
    of the panel, in the order of their points. Events at the same snapshot share an arrow.
    """
    points, steps = path.to_numpy(), np.log(path.index.to_numpy(dtype=float))
    named: dict[int, list[str]] = {}
    for name, step in sorted(events.items(), key=lambda event: event[1]):
        named.setdefault(int(abs(steps - np.log(step)).argmin()), []).append(name)
    lowest_first = sorted(named, key=lambda i: points[i, 1])
    for place, i in enumerate(lowest_first):
        height = 0.5 + APART * (place - (len(named) - 1) / 2)
        draw_arrow(ax, ", ".join(named[i]), points[i], height)


def draw_arrow(ax: Axes, name: str, point: np.ndarray, height: float) -> None:
    """Draw an arrow from a name in the middle of the panel to a point."""
    halo = [withStroke(linewidth=2, foreground="white")]
    look = {"fontsize": SMALL, "ha": "center", "va": "center", "path_effects": halo, "zorder": 6}
    way = {"arrowstyle": "->", "color": "black", "linewidth": 0.8, "shrinkB": 2}
    place = {"xytext": (0.5, height), "textcoords": "axes fraction"}
    ax.annotate(name, point, **place, arrowprops=way, **look).set_in_layout(False)
