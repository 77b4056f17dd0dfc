"""Style of all figures: one theme, colours that colour-blind readers can tell apart, and sizes for print."""

import seaborn as sns
from matplotlib.figure import Figure

PAGE = 7.0  # inches: the two columns of a printed page
SEQUENTIAL = "viridis"


def page(width: float, height: float) -> Figure:
    """Return an empty page in the project's theme; sizes are in inches."""
    sns.set_theme(
        context="paper",
        style="ticks",
        palette="colorblind",
        font_scale=0.9,
        rc={"axes.grid": True, "grid.alpha": 0.3},
    )
    return Figure(figsize=(width, height), layout="constrained")


def caption(figure: Figure, text: str) -> None:
    """Write text below the panels, wrapped to the page."""
    figure.supxlabel(text, fontsize=6.5, x=0.01, ha="left", wrap=True)


def remark(figure: Figure, text: str) -> None:
    """Add a line to the caption."""
    caption(figure, f"{figure.get_supxlabel()}\n{text}".strip())
