"""Two-phase paper, Figure 1: a ReLU network, its active circuit in one linear region, and in a neighbouring one.

The paper draws a schema (section 2.1); this is a trained network, at its largest region and the largest one next to it.
"""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.path import Path

from grokking_phases.figures.layouts import sheet
from grokking_phases.figures.panels import in_panels
from grokking_phases.figures.recipes import described, regularised
from grokking_phases.figures.squares import Active, area, draw_lines, draw_polygons, frame, last_of, polygons

DRAWS = ["partition"]
HERE, THERE, CHANGED = "C0", "C1", "C3"
OFF = "0.85"
ACROSS = 1e-6  # of the square's side: how far beyond an edge the neighbour is looked for


def select(tables: pd.DataFrame, panels: dict[str, list[str]]) -> pd.DataFrame:
    """Weights and, of the last hidden layer, corners of regions, after the last step of the first run and seed."""
    rows = last_of(in_panels(tables, panels)).drop(columns=["normalised"])
    hidden = rows.loc[rows["metric"] == "corner_1", "layer"].iloc[-1]
    corners = rows["metric"].str.startswith("corner") & (rows["layer"] == hidden)
    return rows[corners | (rows["metric"] == "weight")]


def draw(numbers: pd.DataFrame, study: dict) -> list[Figure]:
    regions = polygons(numbers)
    here = max(regions, key=lambda active: area(regions[active]))
    there = across(regions, here)
    figure, part = sheet(
        5.2, f"Circuits in a ReLU network: {numbers['panel'].iloc[0]}", text(numbers, here, there, study)
    )
    (whole, plane), (circuit, neighbour) = part.subplots(2, 2)
    weights = dict(list(numbers[numbers["metric"] == "weight"].groupby("layer", sort=False)))
    draw_network(whole, weights, None, "0.45", ())
    draw_network(circuit, weights, here, HERE, set(here) ^ set(there))
    draw_network(neighbour, weights, there, THERE, set(here) ^ set(there))
    draw_plane(plane, regions, here, there)
    for ax, title in (
        (whole, "(A) the network"),
        (plane, "its regions"),
        (circuit, "(B) the circuit in one region"),
        (neighbour, "(C) in the region next to it"),
    ):
        ax.set_title(title, loc="left")
    return [figure]


def across(regions: dict[Active, np.ndarray], here: Active) -> Active:
    """The largest of the regions beyond the middle of an edge."""
    corners = regions[here]
    following = np.roll(corners, -1, axis=0)
    edges = following - corners
    step = ACROSS * np.ptp(np.concatenate(list(regions.values())), axis=0).max()
    outward = np.column_stack([edges[:, 1], -edges[:, 0]]) / np.linalg.norm(edges, axis=1, keepdims=True)
    beyond = (corners + following) / 2 + step * outward
    found = [active for active, of in regions.items() if active != here and Path(of).contains_points(beyond).any()]
    if not found:
        raise ValueError(
            "the square is one region, and has no neighbour to draw; train the network longer or widen it."
        )
    return max(found, key=lambda active: area(regions[active]))


def draw_network(ax: Axes, weights: dict[str, pd.DataFrame], active: Active | None, colour: str, changed) -> None:
    """Layers from left to right, lines as thick as weights; of a circuit, what is active alone is coloured."""
    sizes = [1 + max(source for source, _ in next(iter(weights.values()))["units"])]
    sizes += [1 + max(neuron for _, neuron in of["units"]) for of in weights.values()]
    first = 0  # how many hidden neurons lie before this layer
    on = [set(range(sizes[0]))]
    for size in sizes[1:-1]:
        on.append(set(range(size)) if active is None else {n - first for n in active if first <= n < first + size})
        first += size
    on.append(set(range(sizes[-1])))
    # Layers of any size are equally high, but for those of a few neurons.
    height = [np.linspace(-1, 1, size + 2)[1:-1] for size in sizes]
    for depth, of in enumerate(weights.values()):
        largest = of["value"].abs().max()
        for (source, neuron), value in zip(of["units"], of["value"], strict=True):
            lit = source in on[depth] and neuron in on[depth + 1]
            look = {"color": colour, "alpha": 0.8, "zorder": 2} if lit else {"color": OFF, "alpha": 0.4, "zorder": 1}
            ends = height[depth][source], height[depth + 1][neuron]
            ax.plot([depth, depth + 1], ends, linewidth=1.3 * abs(value) / largest, **look)
    first = 0
    for depth, size in enumerate(sizes):
        hidden = 0 < depth < len(sizes) - 1
        for neuron in range(size):
            face = colour if neuron in on[depth] else "white"
            edge = CHANGED if hidden and first + neuron in changed else "0.3"
            width = 1.8 if edge == CHANGED else 0.5
            ax.plot(
                depth, height[depth][neuron], "o", color=face, markeredgecolor=edge, markeredgewidth=width, markersize=5
            )
        first += size if hidden else 0
    names = ["input", *(f"layer {i}" for i in range(1, len(sizes) - 1)), "output"]
    ax.set_xticks(range(len(sizes)), names)
    ax.set_yticks([])
    ax.grid(False)
    ax.spines[:].set_visible(False)


def draw_plane(ax: Axes, regions: dict[Active, np.ndarray], here: Active, there: Active) -> None:
    draw_lines(ax, [np.concatenate([of, of[:1]]) for of in regions.values()], color="0.6", linewidth=0.5)
    for region, colour in ((here, HERE), (there, THERE)):
        draw_polygons(ax, [regions[region]], facecolor=colour, edgecolor="black", linewidth=0.5)
    frame(ax, np.concatenate(list(regions.values())))


def text(numbers: pd.DataFrame, here: Active, there: Active, study: dict) -> str:
    first = numbers.iloc[0]
    run = study["runs"][first["run"]]
    differ = len(set(here) ^ set(there))
    return " ".join(
        [
            f"{described(run)}; {regularised(run)}; seed {first['seed']}, after step {first['step']:,}.",
            "Lines: weights, as thick as they are large in their layer. (B) the largest region (blue in the square): "
            "filled, active neurons; coloured, the weights between them. (C) the largest region next to it "
            "(orange).",
            f"The two circuits differ by {differ} neuron{'s' if differ > 1 else ''} (red rim).",
        ]
    )
