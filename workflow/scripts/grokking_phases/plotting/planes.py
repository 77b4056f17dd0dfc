"""Named events on a path through a plane, such as the information plane: an arrow with the name of each."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patheffects import withStroke

from grokking_phases.plotting.style import SMALL

FAR = 24  # points between an event and its name


def mark_events(ax: Axes, path: pd.DataFrame, events: dict[str, float]) -> None:
    """Draw an arrow to the snapshot that is nearest to each event, in ln step.

    `path` has a row for each step > 0 (its index) and two columns. Names stand outside of the path. Events at
    the same snapshot share an arrow.
    """
    points, steps = path.to_numpy(), np.log(path.index.to_numpy(dtype=float))
    named: dict[int, list[str]] = {}
    for name, step in events.items():
        named.setdefault(int(abs(steps - np.log(step)).argmin()), []).append(name)
    for i, names in named.items():
        way = {"arrowstyle": "->", "color": "black", "linewidth": 0.8, "shrinkB": 2}
        halo = [withStroke(linewidth=2, foreground="white")]
        look = {"fontsize": SMALL, "ha": "center", "va": "center", "path_effects": halo, "zorder": 6}
        place = FAR * outwards(points, i)
        name = ax.annotate(
            "\n".join(names), points[i], place, textcoords="offset points", arrowprops=way, **look
        )
        name.set_in_layout(False)  # a long name would make its panel narrow


def outwards(points: np.ndarray, i: int) -> np.ndarray:
    """Return the direction from the middle of a path to one of its points, in units of the path's extent."""
    extent = np.where(np.ptp(points, axis=0) > 0, np.ptp(points, axis=0), 1.0)
    away = (points[i] - (points.min(axis=0) + points.max(axis=0)) / 2) / extent
    length = np.linalg.norm(away)
    return away / length if length > 0 else np.array([0.0, 1.0])
