"""Emergence paper, Figure 3: synergy, redundancy, losses and phases at weight decay 2 (section 5.2)."""

import pandas as pd
from matplotlib.figure import Figure

from grokking_phases.figures.emergence._progress import DRAWS, NEEDS, draw_pages, select

__all__ = ["DRAWS", "NEEDS", "draw", "select"]

NAMED = ["feature_learning", "emergence", "decoupling", "finalizing"]


def draw(numbers: pd.DataFrame, study: dict) -> list[Figure]:
    return draw_pages(numbers, study, NAMED)
