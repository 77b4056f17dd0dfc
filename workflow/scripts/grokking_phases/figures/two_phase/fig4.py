"""Two-phase paper, Figure 4: accuracies, information plane and test error of the permutation group (section 3.2)."""

import pandas as pd
from matplotlib.figure import Figure

from grokking_phases.figures.descent import DRAWS, draw_task, select

__all__ = ["DRAWS", "draw", "select"]


def draw(numbers: pd.DataFrame, study: dict, *, published: bool = False) -> list[Figure]:
    """`published`: the paper's own points behind ours, for a recipe that is the paper's."""
    return draw_task(numbers, study, "fig4" if published else None)
