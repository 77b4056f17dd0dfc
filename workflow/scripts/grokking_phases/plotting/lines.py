"""Lines that differ in colour and dashes; the first, with which to compare the others, is black and solid."""

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
    sns.lineplot(rows, x="step", y=y, errorbar="se", ax=ax, **apart(column, names))
    ax.set_xscale("log")
