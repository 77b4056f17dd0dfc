"""Two-phase paper, Figure 1: a ReLU network, its active circuit in one linear region and in the next.

The paper draws a schema (section 2.1). This is a trained network, at its largest region and the largest one
next to it.
"""

from collections.abc import Iterable

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.path import Path

from grokking_phases.analysis.layers import last_layer
from grokking_phases.analysis.region_rows import Active, polygons
from grokking_phases.figures.two_phase._squares import (
    draw_lines,
    draw_polygons,
    frame,
    last_steps,
)
from grokking_phases.plotting.layouts import sheet
from grokking_phases.plotting.panels import by_run, in_panels
from grokking_phases.plotting.recipes import of_one_seed
from grokking_phases.plotting.words import Words
from grokking_phases.regions.polygons import area

DRAWS = ["partition"]
HERE, THERE, CHANGED = "C0", "C1", "black"
OFF = "0.85"
ACROSS = 1e-6  # how far beyond an edge the neighbour is looked for, as a part of the square's side


def select(tables: pd.DataFrame, panels: dict[str, list[str]]) -> pd.DataFrame:
    """Return each run's weights and the corners of the regions in its last hidden layer.

    The rows are of the last step of the run's first seed.
    """
    rows = last_steps(in_panels(tables, panels)).drop(columns=["normalised"])
    corners = rows["metric"].str.startswith("corner")
    hidden = rows[corners].groupby("run")["layer"].agg(last_layer)
    return rows[(corners & (rows["layer"] == rows["run"].map(hidden))) | (rows["metric"] == "weight")]


def draw(numbers: pd.DataFrame, study: dict) -> list[Figure]:
    """Return a page for each run."""
    return [draw_page(rows, study, title) for title, rows in by_run(numbers, study["runs"]).items()]


def draw_page(numbers: pd.DataFrame, study: dict, title: str) -> Figure:
    regions = polygons(numbers)
    here = max(regions, key=lambda active: area(regions[active]))
    there = across(regions, here)
    figure, part = sheet(5.0, f"Circuits in a ReLU network: {title}", words(numbers, here, there, study))
    (whole, plane), (circuit, neighbour) = part.subplots(2, 2)
    weights = [
        as_matrix(rows) for _, rows in numbers[numbers["metric"] == "weight"].groupby("layer", sort=False)
    ]
    changed = set(here) ^ set(there)
    draw_network(whole, weights, everything(weights), "0.45")
    draw_network(circuit, weights, here, HERE, changed)
    draw_network(neighbour, weights, there, THERE, changed)
    draw_plane(plane, regions, here, there)
    for ax, name in (
        (whole, "(A) the network"),
        (plane, "its regions"),
        (circuit, "(B) the circuit in one region"),
        (neighbour, "(C) in the region next to it"),
    ):
        ax.set_title(name, loc="left")
    return figure


def as_matrix(rows: pd.DataFrame) -> np.ndarray:
    """Return the weights of one layer (width, width of the layer before)."""
    sources, neurons = np.array(rows["units"].tolist()).T
    matrix = np.zeros((neurons.max() + 1, sources.max() + 1))
    matrix[neurons, sources] = rows["value"]
    return matrix


def everything(weights: list[np.ndarray]) -> Active:
    """Return the numbers of all hidden neurons, which count on from layer to layer."""
    return tuple(range(sum(len(matrix) for matrix in weights[:-1])))


def across(regions: dict[Active, np.ndarray], here: Active) -> Active:
    """Return the largest region beyond the middle of an edge of the region `here`.

    ValueError: there is none.
    """
    corners = regions[here]
    following = np.roll(corners, -1, axis=0)
    edges = following - corners
    step = ACROSS * np.ptp(np.concatenate(list(regions.values())), axis=0).max()
    outward = np.column_stack([edges[:, 1], -edges[:, 0]]) / np.linalg.norm(edges, axis=1, keepdims=True)
    outside = (corners + following) / 2 + step * outward
    others = {active: polygon for active, polygon in regions.items() if active != here}
    found = [active for active, polygon in others.items() if Path(polygon).contains_points(outside).any()]
    if not found:
        raise ValueError(
            "partition: the square is a single region, which has no neighbour to draw; train the network for "
            "longer, or make it wider."
        )
    return max(found, key=lambda active: area(regions[active]))


def draw_network(
    ax: Axes, weights: list[np.ndarray], active: Active, colour: str, changed: Iterable[int] = ()
) -> None:
    """Draw layers from left to right, with lines as thick as weights, and colour the active part.

    Inputs and outputs are always active. Neurons in `changed` have a heavy rim.
    """
    sizes = [weights[0].shape[1], *map(len, weights)]
    heights = [np.linspace(-1, 1, size + 2)[1:-1] for size in sizes]
    hidden = np.split(np.arange(sum(sizes[1:-1])), np.cumsum(sizes[1:-2]))  # numbers of neurons, by layer
    ends = [np.ones(size, dtype=bool) for size in (sizes[0], sizes[-1])]
    lit = [ends[0], *(np.isin(numbers, active) for numbers in hidden), ends[1]]
    marked = [~ends[0], *(np.isin(numbers, list(changed)) for numbers in hidden), ~ends[1]]
    for depth, matrix in enumerate(weights):
        passing = lit[depth + 1][:, None] & lit[depth]
        pieces = [[(depth, y), (depth + 1, z)] for z in heights[depth + 1] for y in heights[depth]]
        widths = 1.3 * np.abs(matrix / np.abs(matrix).max()).ravel()
        for chosen, look in (
            (~passing, {"color": OFF, "alpha": 0.4}),
            (passing, {"color": colour, "alpha": 0.8}),
        ):
            drawn = chosen.ravel()
            draw_lines(ax, np.array(pieces)[drawn], linewidths=widths[drawn], **look)
    for depth, y in enumerate(heights):
        faces = np.where(lit[depth], colour, "white")
        rims, widths = np.where(marked[depth], CHANGED, "0.5"), np.where(marked[depth], 2.0, 0.5)
        ax.scatter(np.full(len(y), depth), y, s=25, c=faces, edgecolors=rims, linewidths=widths, zorder=3)
    ax.set_xticks(range(len(sizes)), ["input", *(f"layer {i}" for i in range(1, len(sizes) - 1)), "output"])
    ax.set_yticks([])
    ax.grid(False)
    ax.spines[:].set_visible(False)


def draw_plane(ax: Axes, regions: dict[Active, np.ndarray], here: Active, there: Active) -> None:
    """Draw the boundaries of all regions of the square, and fill the two regions of the circuits."""
    draw_lines(
        ax,
        [np.concatenate([polygon, polygon[:1]]) for polygon in regions.values()],
        color="0.6",
        linewidth=0.5,
    )
    for region, colour in ((here, HERE), (there, THERE)):
        draw_polygons(ax, [regions[region]], facecolor=colour, edgecolor="black", linewidth=0.5)
    frame(ax, np.concatenate(list(regions.values())))


def words(numbers: pd.DataFrame, here: Active, there: Active, study: dict) -> Words:
    differ = len(set(here) ^ set(there))
    return Words(
        [
            "(B) the largest region (blue), (C) the largest region next to it (orange).",
            "Filled: active neurons.",
            f"The two circuits differ by {differ} neuron{'s' if differ > 1 else ''} (heavy rim).",
        ],
        [
            "Lines: weights, as thick as they are large in their layer; coloured: between active neurons.",
            f"{of_one_seed(numbers, study['runs'])}, after step {numbers['step'].iloc[0]:,}.",
        ],
    )
