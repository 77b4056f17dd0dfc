"""Lines that differ in colour and dashes, and the ticks of their steps.

The first line, with which to compare the others, is black and solid.
"""

from itertools import product

import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.ticker import LogLocator, MaxNLocator, NullFormatter, NullLocator, StrMethodFormatter


def apart(column: str, names: list) -> dict:
    """Return seaborn's keywords that give each name in a column a line of its own."""
    palette = ["black", *sns.color_palette("colorblind", len(names) - 1)]
    return {"hue": column, "hue_order": names, "style": column, "style_order": names, "palette": palette}


def draw_lines(ax: Axes, rows: pd.DataFrame, y: str, column: str, names: list) -> None:
    """Draw a line for each name: the mean over seeds, with a band of one standard error.

    The x-axis is logarithmic.
    """
    draw_means(ax, rows, y, **apart(column, names))
    ax.set_xscale("log")


def draw_means(ax: Axes, rows: pd.DataFrame, y: str, **look) -> None:
    """Draw a line for each hue and style: the mean over seeds, with a band of one standard error.

    `look` are the keywords of seaborn's lineplot, which draws the same, but computes step by step in Python.
    """
    columns = [look[kind] for kind in ("hue", "style") if kind in look]
    steps = rows.groupby([*dict.fromkeys(columns), "step"], sort=False, observed=True)[y]
    found = steps.agg(["mean", "sem"]).reset_index().sort_values("step", kind="stable")
    found = found.rename(columns={"mean": y})
    first = len(ax.lines)
    sns.lineplot(found, x="step", y=y, estimator=None, errorbar=None, sort=False, ax=ax, **look)
    lines = [line for line in ax.lines[first:] if len(line.get_xdata())]
    for line, drawn in zip(lines, in_order(found.dropna(subset=y), look), strict=True):
        band = {"color": line.get_color(), "alpha": 0.2, "linewidth": 0}
        ax.fill_between(drawn["step"], drawn[y] - drawn["sem"], drawn[y] + drawn["sem"], **band)


def draw_course(ax: Axes, rows: pd.DataFrame, y: str, dashes: str, label: str | None = None, **look) -> None:
    """Draw one line, the mean over seeds at each `step`, with a band of one standard error."""
    values = rows.groupby("step")[y]
    mean, error = values.mean(), values.sem().fillna(0)
    ax.plot(mean.index, mean, dashes, label=label, **look)
    ax.fill_between(mean.index, mean - error, mean + error, alpha=0.2, linewidth=0, **look)


def in_order(rows: pd.DataFrame, look: dict) -> list[pd.DataFrame]:
    """Return the rows of each line, in the order in which seaborn draws lines: by hue, then by style."""
    kinds = [kind for kind in ("hue", "style") if kind in look]
    levels = [look.get(f"{kind}_order") or list(rows[look[kind]].unique()) for kind in kinds]
    lines = []
    for values in product(*levels):
        chosen = rows
        for kind, value in zip(kinds, values, strict=True):
            chosen = chosen[chosen[look[kind]] == value]
        lines.append(chosen)
    return [line for line in lines if len(line)]


def sparse_ticks(axis: Axis) -> None:
    """Label few ticks of a logarithmic axis: powers of ten.

    A vertical axis that spans less than 100 also has their threes, and any axis that spans less than 10 has
    two or three plain numbers.
    """
    low, high = axis.get_view_interval()
    axis.set_minor_formatter(NullFormatter())
    if low <= 0 or high >= 100 * low:
        return
    if high < 10 * low:
        axis.set_major_locator(MaxNLocator(2))
        axis.set_minor_locator(NullLocator())
    elif axis.axis_name == "y":
        axis.set_major_locator(LogLocator(subs=(1, 3)))
    else:
        return
    axis.set_major_formatter(StrMethodFormatter("{x:g}"))
