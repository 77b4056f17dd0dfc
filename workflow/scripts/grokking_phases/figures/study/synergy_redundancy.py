"""Synergy and redundancy of each layer over steps and against each other, in bits, for any study."""

import pandas as pd
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure

from grokking_phases.figures.study._measures import numbers_of
from grokking_phases.figures.study._words import words
from grokking_phases.plotting.layouts import in_pages, legend_above, sheet
from grokking_phases.plotting.style import SEQUENTIAL
from grokking_phases.plotting.words import Words

DRAWS = ["o_information"]
MEASURES = ["synergy", "redundancy"]
MOST = 3  # layers on a page
KEY = "Right: means over seeds, coloured by step; star: last."


def select(tables: pd.DataFrame, panels: dict[str, list[str]]) -> pd.DataFrame:
    """Return synergy and redundancy (`value` in nats, `drawn` in bits, synergy upwards), tidy."""
    numbers = numbers_of(tables, panels)
    return numbers[numbers["metric"].isin(MEASURES)]


def draw(numbers: pd.DataFrame, study: dict) -> list[Figure]:
    """Return a page for each run and estimate, or more where there are more than three layers."""
    pages, numbers = [], numbers.fillna({"layer": ""})  # a table of one's own may name no layer
    for (panel, run, table), rows in numbers.groupby(["panel", "run", "table"], sort=False):
        layers = list(dict.fromkeys(rows["layer"]))
        for drawn in in_pages(layers, MOST):
            shown = rows[rows["layer"].isin(drawn)]
            title = panel if panel == run else f"{panel}: {run}"
            pages.append(draw_page(shown, study, f"Synergy and redundancy, {title}, {table}"))
    return pages


def draw_page(numbers: pd.DataFrame, study: dict, title: str) -> Figure:
    layers = list(dict.fromkeys(numbers["layer"]))
    figure, part = sheet(0.6 + 2.1 * len(layers), title, words(numbers, study, Words([KEY])))
    axes = part.subplots(len(layers), 2, squeeze=False)
    colours = LogNorm(1, max(2, numbers["step"].max()))
    for (left, right), layer in zip(axes, layers, strict=True):
        steps = numbers[numbers["layer"] == layer].groupby(["metric", "step"])["drawn"]
        draw_lines(left, steps.mean(), steps.sem().fillna(0))
        left.set(xscale="log", xlabel="step", ylabel=f"layer {layer} (bits)" if layer else "bits")
        draw_path(right, steps.mean().unstack("metric").reindex(columns=MEASURES).dropna(), colours)
    part.colorbar(ScalarMappable(colours, SEQUENTIAL), ax=list(axes[:, 1]), label="step", pad=0.02)
    legend_above(part)
    return figure


def draw_lines(ax: Axes, means: pd.Series, errors: pd.Series) -> None:
    """Draw the mean of each measure over steps, with a band of one standard error."""
    for i, name in enumerate(MEASURES):
        mean, error = means[name], errors[name]
        ax.plot(mean.index, mean, ("-", "--")[i], color=f"C{i}", label=name)
        ax.fill_between(mean.index, mean - error, mean + error, color=f"C{i}", alpha=0.2, linewidth=0)


def draw_path(ax: Axes, means: pd.DataFrame, colours: LogNorm) -> None:
    """Draw synergy against redundancy."""
    x, y = means["redundancy"].to_numpy(), means["synergy"].to_numpy()
    ax.plot(x, y, color="0.7", linewidth=0.6, zorder=1)
    ax.scatter(x, y, c=colormaps[SEQUENTIAL](colours(means.index.to_numpy())), s=12)
    ax.plot(x[-1:], y[-1:], "*", color="black", markersize=8, markeredgecolor="white")
    ax.set(xlabel="redundancy (bits)", ylabel="synergy (bits)")
