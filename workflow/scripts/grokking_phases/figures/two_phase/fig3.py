"""Two-phase paper, Figure 3: accuracies, information plane, test error of modular division (section 3.2)."""

import pandas as pd
from matplotlib.figure import Figure

from grokking_phases.figures.two_phase._descent import DRAWS, NEEDS, draw_task, select

__all__ = ["DRAWS", "NEEDS", "draw", "select"]


def draw(numbers: pd.DataFrame, study: dict, *, published: list[str] | None = None) -> list[Figure]:
    """Return a page for each panel and estimate of information.

    published: the panels that have the paper's recipe, and show the paper's own points behind ours.
    """
    return draw_task(numbers, study, published or [], "fig3")
