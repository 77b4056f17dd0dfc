"""Page of panels with a title, a legend above the panels, and a caption; the page is as high as they need.

The legend stands above the panels so that it covers no data.
"""

from math import ceil

from matplotlib import rcParams
from matplotlib.axes import Axes
from matplotlib.figure import Figure, SubFigure

from grokking_phases.plotting.style import PAGE, page
from grokking_phases.plotting.words import SIZE, Words, width_of, wrapped, write_words

MOST_COLUMNS = 3
MOST_PANELS = 6  # on a page
TITLE = 0.2  # inches that a line of the title takes
LINE = 1.25 * SIZE / 72  # inches that a line of the caption takes
TITLE_SIZE = 10.0  # points
HANDLE = 40.0  # points, of a legend's entry beside its name


def sheet(height: float, title: str, words: Words) -> tuple[Figure, SubFigure]:
    """Return a new page and its part for panels, which is `height` inches high."""
    title = wrapped(title, PAGE, 1.05 * TITLE_SIZE)
    n_lines, n_titles = len(words.fitted(PAGE).caption), title.count("\n") + 1
    figure = page(PAGE, 0.1 + TITLE * n_titles + height + LINE * n_lines)
    figure.suptitle(title, fontsize=TITLE_SIZE)
    write_words(figure, words)
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
    for upper in axes[: n_panels - n_columns]:  # the lowest of each column names the common axis
        upper.xaxis.label.set_visible(False)
    for lowest in axes[n_panels - n_columns : n_panels]:
        lowest.tick_params(labelbottom=True)
    return axes[:n_panels]


def in_pages(panels: list, most: int = MOST_PANELS) -> list[list]:
    """Return panels in parts, one for each page."""
    return [panels[i : i + most] for i in range(0, len(panels), most)]


def title_panel(ax: Axes, text: str, n_columns: float, size: float = 9.0) -> None:
    """Write the title of a panel, one of `n_columns` side by side, in lines that do not reach the next."""
    ax.set_title(balanced(text, 0.98 * (PAGE - 0.5) / n_columns, size), fontsize=size)


def balanced(text: str, inches: float, size: float) -> str:
    """Return a text in as few lines as `wrapped` needs, and of about the same length."""
    fewest = wrapped(text, inches, size).count("\n")
    parts = (wrapped(text, share * inches, size) for share in (0.4, 0.5, 0.6, 0.7, 0.8, 0.9))
    return next((part for part in parts if part.count("\n") == fewest), wrapped(text, inches, size))


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
    draw_legend(part, list(entries.values()), list(entries), n_columns)


def draw_legend(part: SubFigure, handles: list, names: list[str], n_columns: int = 4) -> None:
    """Draw a legend above the panels, in at most `n_columns` columns that the page can hold."""
    columns = min(n_columns, columns_of(names, rcParams["legend.fontsize"]))
    place = {"loc": "outside upper center", "frameon": False, "columnspacing": 1.2, "handletextpad": 0.5}
    part.legend(handles, names, ncols=columns, **place)


def columns_of(names: list[str], size: float) -> int:
    """Return how many columns of names a page can hold in a legend."""
    longest = max((width_of(name, size) for name in names), default=0)
    return max(1, int(72 * PAGE // (longest + HANDLE)))


def legend_over(ax: Axes, title: str, n_columns: int = 2) -> None:
    """Draw a panel's own legend above it, with a title."""
    narrow = {"fontsize": "small", "handlelength": 1.8, "columnspacing": 1, "handletextpad": 0.5}
    place = {"loc": "lower center", "bbox_to_anchor": (0.5, 1), "frameon": False}
    ax.legend(title=title, ncols=n_columns, **place, **narrow)
