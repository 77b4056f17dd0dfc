"""Emergence paper, Figure 9: train and test accuracy by initial scale (appendix B; its text says 10)."""

import pandas as pd
from matplotlib.figure import Figure

from grokking_phases.figures.emergence._accuracy import DRAWS, draw_sweep, select

__all__ = ["DRAWS", "draw", "select"]


def draw(numbers: pd.DataFrame, study: dict) -> list[Figure]:
    return draw_sweep(numbers, study, "Train and test accuracy by scale α of the initial weights")
