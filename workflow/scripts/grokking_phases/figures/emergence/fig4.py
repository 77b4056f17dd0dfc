"""Emergence paper, Figure 4: synergy, redundancy, losses, phases at a large initialisation (section 5.3)."""

import pandas as pd
from matplotlib.figure import Figure

from grokking_phases.figures.emergence._progress import DRAWS, NEEDS, draw_pages, select

__all__ = ["DRAWS", "NEEDS", "draw", "select"]

NAMED = ["emergence"]


def draw(numbers: pd.DataFrame, study: dict) -> list[Figure]:
    return draw_pages(numbers, study, NAMED)
