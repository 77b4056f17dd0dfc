"""Emergence paper, Figure 6: test accuracy of sub-networks trained alone, by weight decay (section 7).

The sub-networks are the synergistic one and its inverse: "We then train these sub-networks in isolation,
setting all other neurons to zero. We compare the test accuracy of these isolated sub-networks with both the
original test accuracy and the accuracy of their inverse sub-networks."
"""

import pandas as pd
from matplotlib.figure import Figure

from grokking_phases.figures.emergence._retrained import draw_figure, drawn_once, networks_accuracies

DRAWS = ["curves"]


def select(tables: pd.DataFrame, panels: dict[str, list[str]]) -> pd.DataFrame:
    """Return the accuracy on the test set (`value`) for each run, network, seed and step > 0.

    Networks with the same curves are one, and the others are named in the column `also`.
    """
    return drawn_once(networks_accuracies(tables, panels))


def draw(numbers: pd.DataFrame, study: dict) -> list[Figure]:
    """Return a page for each mask."""
    return draw_figure(numbers, study)
