"""Lines that differ in colour and dashes; the first, with which to compare the others, is black and solid."""

from typing import Any

import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes


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


def draw_means(ax: Axes, rows: pd.DataFrame, y: str, palette: list | dict, **look: Any) -> None:
    """Draw the mean of y at each step for each name in the column `hue`, with a band of one standard error.

    `look` holds seaborn's keywords: `hue`, `hue_order` and others; `palette` has a colour for each name. The
    means are taken here, because seaborn takes them step by step, which is ten times as slow.
    """
    hue = look["hue"]
    names = look.get("hue_order", rows[hue].unique())
    colours = palette if isinstance(palette, dict) else dict(zip(names, palette, strict=False))
    means = (
        rows.groupby([hue, "step"], observed=True)[y].agg(["mean", "sem"]).dropna(subset="mean").reset_index()
    )
    look = {"palette": colours, "hue_order": names} | look
    sns.lineplot(means, x="step", y="mean", estimator=None, errorbar=None, ax=ax, **look)
    for name in names:
        of_name = means[means[hue] == name]
        low, high = of_name["mean"] - of_name["sem"], of_name["mean"] + of_name["sem"]
        ax.fill_between(of_name["step"], low, high, color=colours[name], alpha=0.2)
