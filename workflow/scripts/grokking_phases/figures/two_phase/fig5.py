"""Two-phase paper, Figure 5: the information plane of both layers over training, for both tasks (section 3.2).

The paper does not say how it estimates I(T;X), so there is a page for each estimate, and no match is claimed. A value
above 0.98 of its ceiling says nothing about the layer: it is drawn hollow.
"""

import numpy as np
import pandas as pd
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure

from grokking_phases.figures.panels import in_panels
from grokking_phases.figures.recipes import described, regularised
from grokking_phases.style import PAGE, SEQUENTIAL, caption, page

SATURATED = 0.98  # of the ceiling
MARKERS = ["o", "s", "^", "D", "v"]
INDEX = ["table", "run", "seed", "layer", "step"]


def select(tables: pd.DataFrame, panels: dict[str, list[str]]) -> pd.DataFrame:
    """Per run, seed, layer and step > 0: both informations and ceilings in nats, and whether I(T;X) is saturated."""
    wide = tables[tables["step"] > 0].pivot(index=INDEX, columns="metric", values=["value", "normalised"])
    numbers = wide["value"][["information_x", "information_y", "ceiling_x", "ceiling_y", "resolution"]].copy()
    numbers["saturated"] = wide["normalised"]["information_x"] > SATURATED
    numbers = numbers.reset_index().rename(columns={"table": "estimate"})
    return in_panels(numbers, panels)


def draw(numbers: pd.DataFrame, study: dict) -> list[Figure]:
    return [draw_page(rows, study, estimate) for estimate, rows in numbers.groupby("estimate", sort=False)]


def draw_page(numbers: pd.DataFrame, study: dict, estimate: str) -> Figure:
    figure = page(PAGE, 5.6)
    panels, layers = numbers["panel"].unique(), sorted(numbers["layer"].unique())
    axes = figure.subplots(len(panels), len(layers), sharex="row", sharey="row", squeeze=False)
    for row, panel in enumerate(panels):
        colours = LogNorm(1, numbers.loc[numbers["panel"] == panel, "step"].max())
        for column, layer in enumerate(layers):
            ax = axes[row, column]
            draw_panel(ax, numbers[(numbers["panel"] == panel) & (numbers["layer"] == layer)], colours)
            ax.set(title=f"{panel}, {layer.replace('_', ' ')}", xlabel="I(T;X) (nats)")
        axes[row, 0].set_ylabel("I(T;Y) (nats)")
        figure.colorbar(ScalarMappable(colours, SEQUENTIAL), ax=list(axes[row]), label="step", pad=0.01)
    figure.suptitle(f"Information plane over training, {estimator_text(study['metrics'][estimate])}")
    caption(figure, text(study["runs"]))
    return figure


def draw_panel(ax: Axes, rows: pd.DataFrame, colours: LogNorm) -> None:
    """A path for each seed, coloured by step, to its end, a star; ceilings dashed."""
    for marker, (seed, path) in zip(MARKERS, rows.groupby("seed"), strict=False):
        ax.plot(path["information_x"], path["information_y"], color="0.7", linewidth=0.6, zorder=1)
        shades = colormaps[SEQUENTIAL](colours(path["step"].to_numpy()))
        filled = np.where(path["saturated"].to_numpy()[:, None], 0.0, shades)
        ax.scatter(path["information_x"], path["information_y"], c=filled, edgecolors=shades, marker=marker, s=16)
        end = path.iloc[-1]
        ax.plot(end["information_x"], end["information_y"], "*", color="black", markersize=9, markeredgecolor="white")
        ax.plot([], [], marker, color="0.4", label=f"seed {seed}")
    ax.axvline(rows["ceiling_x"].max(), color="0.4", linestyle="--", linewidth=0.8)
    ax.axhline(rows["ceiling_y"].max(), color="0.4", linestyle="--", linewidth=0.8)
    ax.legend(loc="best", frameon=True)


def estimator_text(options: dict) -> str:
    """The estimator and its resolution."""
    if options["estimator"] == "kde":
        return f"kernel density estimate, {options['noise_scale']} noise {options['noise']:g}"
    edges = options["bin_edges"].replace("_", "-")
    return f"{options['bins']} {edges} bins on {options['n_components']} principal components"


def text(runs: dict[str, dict]) -> str:
    recipes = [f"{name}: {described(run)}; {regularised(run)}." for name, run in runs.items()]
    key = "Colour: step; star: last. Dashed: ceilings; hollow: above 0.98 of that of I(T;X), where it says nothing."
    return " ".join([*recipes, key])
