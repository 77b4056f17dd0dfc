"""Softmax collapse in the runs of the two-phase paper, whose weight decay is 0."""

import pandas as pd
from matplotlib.figure import Figure

from grokking_phases.plotting.collapses import collapses, draw_collapses

DRAWS = ["softmax_collapse"]


def select(tables: pd.DataFrame, panels: dict[str, list[str]]) -> pd.DataFrame:
    """Return the measures of softmax collapse for each run, seed and step > 0."""
    return collapses(tables, panels)


def draw(numbers: pd.DataFrame, study: dict) -> list[Figure]:
    """Return a page for each panel."""
    return draw_collapses(numbers, study)
