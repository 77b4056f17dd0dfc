"""Two-phase paper, Figure 2: how each layer's neurons cut a two-dimensional input into linear regions (section 2.1).

The paper draws a schema; this is the exact partition by a trained network.
"""

import numpy as np
import pandas as pd
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.figure import Figure

from grokking_phases.figures.layouts import sheet
from grokking_phases.figures.panels import in_panels
from grokking_phases.figures.recipes import described, regularised
from grokking_phases.figures.squares import area, boundaries, draw_lines, draw_polygons, frame, last_of, polygons
from grokking_phases.style import SEQUENTIAL

DRAWS = ["partition"]


def select(tables: pd.DataFrame, panels: dict[str, list[str]]) -> pd.DataFrame:
    """Corners of regions and ends of boundaries by layer, after the last step of the first run and seed."""
    rows = last_of(in_panels(tables, panels))
    return rows[rows["metric"].str.match("corner|end")].drop(columns=["normalised"])


def draw(numbers: pd.DataFrame, study: dict) -> list[Figure]:
    layers = list(dict.fromkeys(numbers["layer"]))
    cut = {layer: polygons(numbers[numbers["layer"] == layer]) for layer in layers}
    corners = np.concatenate(list(cut[layers[0]].values()))
    colours = Normalize(0, max(len(active) for active in cut[layers[-1]]))
    figure, part = sheet(2.5, f"Linear regions by layer: {numbers['panel'].iloc[0]}", text(numbers, cut, study))
    axes = part.subplots(1, len(layers))
    earlier: list[np.ndarray] = []
    for ax, layer in zip(axes, layers, strict=True):
        regions, own = cut[layer], boundaries(numbers[numbers["layer"] == layer])
        shades = [colours(len(active)) for active in regions]
        draw_polygons(ax, regions.values(), array=np.array(shades), cmap=SEQUENTIAL, clim=(0, 1), alpha=0.75)
        draw_lines(ax, earlier, color="white", linewidth=0.5)
        pieces = [piece for of in own.values() for piece in of]
        draw_lines(ax, pieces, color="black", linewidth=0.7)
        earlier += pieces
        frame(ax, corners)
        ax.set_title(f"{layer.replace('_', ' layer ')}: {len(regions):,} regions")
    part.colorbar(ScalarMappable(colours, SEQUENTIAL), ax=list(axes), label="active neurons so far", pad=0.01)
    return [figure]


def text(numbers: pd.DataFrame, cut: dict[str, dict], study: dict) -> str:
    first = numbers.iloc[0]
    run = study["runs"][first["run"]]
    corners = np.concatenate([polygon for regions in cut.values() for polygon in regions.values()])
    square = np.ptp(corners, axis=0).prod()
    covered = [sum(map(area, regions.values())) / square for regions in cut.values()]
    worst = max(covered, key=lambda part: abs(part - 1))
    return " ".join(
        [
            f"{described(run)}; {regularised(run)}; seed {first['seed']}, after step {first['step']:,}.",
            "Black: where a neuron of this layer turns on or off; white: the same of the layers before. No two regions "
            "have the same active neurons. The areas of the regions add up to the square's,",
            f"to {abs(worst - 1):.0e} of it." if worst != 1 else "exactly.",
        ]
    )
