"""Emergence paper, Figure 7: as Figure 6, by the scale of the initial weights (section 7)."""

import pandas as pd
from matplotlib.figure import Figure

from grokking_phases.figures.emergence._retrained import draw_figure, networks_accuracies

DRAWS = ["curves"]


def select(tables: pd.DataFrame, panels: dict[str, list[str]]) -> pd.DataFrame:
    """For each run, network, seed and step > 0: `value`, its accuracy on the test set."""
    return networks_accuracies(tables, panels)


def draw(numbers: pd.DataFrame, study: dict) -> list[Figure]:
    """A page for each mask."""
    return draw_figure(numbers, study)
