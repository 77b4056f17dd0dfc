"""Style of all figures: one theme, colours that colour-blind readers can tell apart, and sizes for print.

A page is 15 cm wide. Its ticks have 9 points, so that they can be read when it is printed at the width of a
column, 8.5 cm. What differs in colour also differs in dashes, markers or brightness.
"""

import seaborn as sns
from matplotlib.figure import Figure

PAGE = 6.0  # inches
SEQUENTIAL = "viridis"
SMALL = 7.5  # points, of words inside a panel


def page(width: float, height: float) -> Figure:
    """Return an empty page in the project's theme; sizes are in inches."""
    sns.set_theme(
        context="paper",
        style="ticks",
        palette="colorblind",
        font_scale=1.03,
        rc={"axes.grid": True, "grid.alpha": 0.3, "axes.titlesize": 9.0, "legend.fontsize": 8.5},
    )
    return Figure(figsize=(width, height), layout="constrained")
