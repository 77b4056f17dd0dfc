"""Page of panels with a title, a legend above the panels, and a caption; the page is as high as they need.

The legend stands above the panels so that it covers no data.
"""

from math import ceil

from matplotlib.axes import Axes
from matplotlib.figure import Figure, SubFigure

from grokking_phases.plotting.style import PAGE, caption, page

MOST_COLUMNS = 3
TITLE, LINE = 0.35, 0.125  # inches that a title and a line of the caption take
LETTERS = 145  # letters in a line of the caption


def sheet(height: float, title: str, text: str) -> tuple[Figure, SubFigure]:
    """Return a new page and its part for panels, which is `height` inches high."""
    n_lines = sum(ceil(len(paragraph) / LETTERS) for paragraph in text.split("\n"))
    figure = page(PAGE, TITLE + height + LINE * n_lines)
    figure.suptitle(title)
    caption(figure, text)
    return figure, figure.subfigures()


def n_rows(n_panels: int) -> int:
    """Return the number of rows of a grid of panels."""
    return ceil(n_panels / MOST_COLUMNS)


def grid(part: SubFigure, n_panels: int, sharey: bool = True) -> list[Axes]:
    """Return `n_panels` panels with common axes, row by row; without `sharey`, only the x-axis is common."""
    n_columns = ceil(n_panels / n_rows(n_panels))
    axes = list(part.subplots(n_rows(n_panels), n_columns, sharex=True, sharey=sharey, squeeze=False).flat)
    for unused in axes[n_panels:]:
        unused.remove()
    for lowest in axes[n_panels - n_columns : n_panels]:
        lowest.tick_params(labelbottom=True)
    return axes[:n_panels]


def name_axes(part: SubFigure, x: str, y: str) -> None:
    """Write one name for the horizontal axes of all panels, and one for the vertical axes."""
    for ax in part.axes:
        ax.set(xlabel="", ylabel="")
    part.supxlabel(x, fontsize="medium")
    part.supylabel(y, fontsize="medium")


def legend_above(part: SubFigure, n_columns: int = 4) -> None:
    """Replace the legends of the panels by one above them."""
    entries = {}
    for ax in part.axes:
        handles, names = ax.get_legend_handles_labels()
        entries |= dict(zip(names, handles, strict=True))
        if ax.get_legend():
            ax.get_legend().remove()
    part.legend(entries.values(), entries, loc="outside upper center", ncols=n_columns, frameon=False)


def legend_over(ax: Axes, title: str, n_columns: int = 2) -> None:
    """Draw a panel's own legend above it, with a title."""
    narrow = {"fontsize": "small", "handlelength": 1.8, "columnspacing": 1, "handletextpad": 0.5}
    place = {"loc": "lower center", "bbox_to_anchor": (0.5, 1), "frameon": False}
    ax.legend(title=title, ncols=n_columns, **place, **narrow)
