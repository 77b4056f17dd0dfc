"""Lines told apart by colour and by dashes alike; the first, with which the others are compared, is black and solid."""

import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes


def apart(by: str, names: list) -> dict:
    """What seaborn is told: a line for each of the names in the column `by`."""
    palette = ["black", *sns.color_palette("colorblind", len(names) - 1)]
    return {"hue": by, "hue_order": names, "style": by, "style_order": names, "palette": palette}


def draw_lines(ax: Axes, rows: pd.DataFrame, y: str, by: str, names: list) -> None:
    """Mean over seeds, band of one standard error; log x-axis."""
    sns.lineplot(rows, x="step", y=y, errorbar="se", ax=ax, **apart(by, names))
    ax.set_xscale("log")
