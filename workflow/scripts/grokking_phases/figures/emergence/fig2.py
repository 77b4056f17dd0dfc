"""Emergence paper, Figure 2: synergy, redundancy, losses and phases at weight decay 0.1 (section 5.1)."""

import pandas as pd
from matplotlib.figure import Figure

from grokking_phases.figures.emergence._progress import DRAWS, NEEDS, draw_pages, select

__all__ = ["DRAWS", "NEEDS", "draw", "select"]

NAMED = ["feature_learning", "emergence", "divergence", "delayed_emergence", "decoupling"]


def draw(numbers: pd.DataFrame, study: dict) -> list[Figure]:
    return draw_pages(numbers, study, NAMED)
