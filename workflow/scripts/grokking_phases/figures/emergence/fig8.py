"""Emergence paper, Figure 8: train and test accuracy by weight decay (appendix A)."""

import pandas as pd
from matplotlib.figure import Figure

from grokking_phases.figures.emergence._accuracy import DRAWS, draw_sweep, select

__all__ = ["DRAWS", "draw", "select"]


def draw(numbers: pd.DataFrame, study: dict) -> list[Figure]:
    return draw_sweep(numbers, study, "Train and test accuracy by weight decay")
