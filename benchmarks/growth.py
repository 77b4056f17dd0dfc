"""Log-log curves of time and memory against size, each with its exponent.

The exponent is the power of the size by which the time or the memory grows.
"""

from pathlib import Path

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from grokking_phases.plotting.layouts import sheet
from grokking_phases.plotting.pages import write_pdf, write_png
from grokking_phases.plotting.words import Words

LAST = 3  # an exponent is fitted to so many of the largest sizes; at small ones, fixed costs dominate
LEAST = 1.0  # MB; less cannot be told from zero
QUANTITIES = {"seconds": "CPU time (s)", "megabytes": "memory (MB)"}
LOOKS = list(zip(sns.color_palette("colorblind", 4), "os^D", strict=True))
CAPTION = """One thread; each point a process of its own. Memory is the most that it ever had, less what it \
had after its imports. Exponents are slopes over the three largest sizes."""


def exponent(sizes: np.ndarray, values: np.ndarray) -> float:
    """Return the power of the size by which the values grow.

    It is the slope of a least-squares line through the largest sizes, in log-log.
    """
    return float(np.polyfit(np.log(sizes[-LAST:]), np.log(values[-LAST:]), 1)[0])


def exponents(rows: pd.DataFrame) -> pd.DataFrame:
    """Return a row for each curve: its largest point, and its exponents of time and memory."""
    found = []
    for (curve, variable), points in rows.groupby(["curve", "variable"], sort=False):
        powers = {f"exponent_{name}": exponent(points["size"], points[name]) for name in QUANTITIES}
        found.append(
            {"curve": curve, "variable": variable, **points.iloc[-1][["size", *QUANTITIES]], **powers}
        )
    return pd.DataFrame(found)


def draw(path: Path) -> None:
    """Draw the table that scaling.py wrote to `path`.

    Write scaling.pdf, scaling.png and scaling_exponents.csv beside it.
    """
    rows = pd.read_csv(path)
    rows["megabytes"] = rows["megabytes"].clip(lower=LEAST)
    exponents(rows).to_csv(path.with_name("scaling_exponents.csv"), index=False, float_format="%.3g")
    page = drawn(rows)
    write_pdf(path.with_suffix(".pdf"), [page])
    write_png(path.with_suffix(".png"), [page])


def drawn(rows: pd.DataFrame) -> Figure:
    """Return the page: time and memory side by side, and a row of panels for each variable, with its key."""
    variables, powers = rows["variable"].unique(), exponents(rows).set_index("curve")
    figure, part = sheet(1.55 * len(variables), "How time and memory grow", Words([CAPTION]))
    panels = part.subplots(len(variables), len(QUANTITIES), sharex="row", sharey="col", squeeze=False)
    for across, variable in zip(panels, variables, strict=True):
        chosen = rows[rows["variable"] == variable]
        for ax, (quantity, name) in zip(across, QUANTITIES.items(), strict=True):
            draw_panel(ax, chosen, quantity)
            ax.set(xscale="log", yscale="log", xlabel=f"number of {variable}", ylabel=name)
        labels = [labelled(curve, powers.loc[curve]) for curve in chosen["curve"].unique()]
        key = {"fontsize": 7, "frameon": False, "labelspacing": 0.6, "handlelength": 1.6}
        across[-1].legend(labels, loc="center left", bbox_to_anchor=(1, 0.5), **key)
    return figure


def draw_panel(ax: Axes, rows: pd.DataFrame, quantity: str) -> None:
    for (_, points), (colour, marker) in zip(rows.groupby("curve", sort=False), LOOKS, strict=False):
        ax.plot(points["size"], points[quantity], color=colour, marker=marker, markersize=3.5, linewidth=1)


def labelled(curve: str, powers: pd.Series) -> str:
    """Return the name of a curve, with its exponents on the line below."""
    of_time, of_memory = (powers[f"exponent_{name}"] for name in QUANTITIES)
    return f"{curve}\ntime $n^{{{of_time:.1f}}}$, memory $n^{{{of_memory:.1f}}}$"
