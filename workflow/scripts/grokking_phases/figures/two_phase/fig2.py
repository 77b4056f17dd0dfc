"""Two-phase paper, Figure 2: how the neurons of each layer cut the input into linear regions (section 2.1).

The paper draws a schema with a two-dimensional input. This is the exact partition by a trained network.
"""

import numpy as np
import pandas as pd
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.figure import Figure

from grokking_phases.analysis.region_rows import boundaries, polygons
from grokking_phases.figures.two_phase._squares import (
    draw_lines,
    draw_polygons,
    frame,
    last_steps,
)
from grokking_phases.plotting.layer_names import in_order
from grokking_phases.plotting.layouts import sheet
from grokking_phases.plotting.panels import by_run, in_panels
from grokking_phases.plotting.recipes import of_one_seed
from grokking_phases.plotting.style import SEQUENTIAL
from grokking_phases.plotting.words import Words
from grokking_phases.regions.polygons import area

DRAWS = ["partition"]
EPS = 1e-15  # sums of areas are not more exact


def select(tables: pd.DataFrame, panels: dict[str, list[str]]) -> pd.DataFrame:
    """Return the corners of regions and ends of boundaries by layer.

    The rows are of the last step of each run's first seed.
    """
    rows = last_steps(in_panels(tables, panels))
    return rows[rows["metric"].str.match("corner|end")].drop(columns=["normalised"])


def draw(numbers: pd.DataFrame, study: dict) -> list[Figure]:
    """Return a page for each run."""
    return [draw_page(rows, study, title) for title, rows in by_run(numbers, study["runs"]).items()]


def draw_page(numbers: pd.DataFrame, study: dict, title: str) -> Figure:
    cut = {
        layer: polygons(numbers[numbers["layer"] == layer]) for layer in in_order(numbers["layer"].dropna())
    }
    corners = np.concatenate([polygon for regions in cut.values() for polygon in regions.values()])
    colours = Normalize(0, max(len(active) for regions in cut.values() for active in regions))
    figure, part = sheet(
        2.3, f"Linear regions by layer: {title}", words(numbers, cut, np.ptp(corners, axis=0), study)
    )
    axes = list(part.subplots(1, len(cut), squeeze=False).flat)
    earlier: list[np.ndarray] = []
    for ax, (layer, regions) in zip(axes, cut.items(), strict=True):
        counts = np.array([len(active) for active in regions])
        draw_polygons(ax, regions.values(), array=counts, cmap=SEQUENTIAL, norm=colours)
        draw_lines(ax, earlier, color="white", linewidth=0.5)
        lines = boundaries(numbers[numbers["layer"] == layer])
        pieces = [piece for parts in lines.values() for piece in parts]
        draw_lines(ax, pieces, color="black", linewidth=0.7)
        earlier += pieces
        frame(ax, corners)
        ax.set_title(f"{layer.replace('_', ' layer ')}\n{len(regions):,} regions", fontsize="medium")
    part.colorbar(
        ScalarMappable(colours, SEQUENTIAL), ax=axes, label="active neurons so far", pad=0.01, shrink=0.8
    )
    return figure


def words(numbers: pd.DataFrame, cut: dict[str, dict], sides: np.ndarray, study: dict) -> Words:
    off = max(abs(sum(map(area, regions.values())) / sides.prod() - 1) for regions in cut.values())
    return Words(
        ["Black: where a neuron of this layer turns on or off; white: the same of the layers before."],
        [
            "Regions are told apart by their active neurons; of each layer, their areas add up to the "
            f"square's within {max(off, EPS):.0e} of it.",
            f"{of_one_seed(numbers, study['runs'])}, after step {numbers['step'].iloc[0]:,}.",
        ],
    )
