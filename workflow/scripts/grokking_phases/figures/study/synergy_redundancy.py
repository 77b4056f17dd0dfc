"""Synergy and redundancy of each layer over steps and against each other, in bits, for any study."""

import pandas as pd
from matplotlib.cm import ScalarMappable
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure

from grokking_phases.figures.study._measures import numbers_of
from grokking_phases.figures.study._words import words
from grokking_phases.plotting.layouts import in_pages, legend_above, sheet
from grokking_phases.plotting.lines import draw_course
from grokking_phases.plotting.planes import draw_path
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
        rows = numbers[numbers["layer"] == layer]
        for i, name in enumerate(MEASURES):
            draw_course(left, rows[rows["metric"] == name], "drawn", ("-", "--")[i], name, color=f"C{i}")
        left.set(xscale="log", xlabel="step", ylabel=f"layer {layer} (bits)" if layer else "bits")
        means = rows.pivot_table(index="step", columns="metric", values="drawn")
        draw_path(right, means.reindex(columns=MEASURES[::-1]).dropna(), hollow=False, colours=colours)
        right.set(xlabel="redundancy (bits)", ylabel="synergy (bits)")
    part.colorbar(ScalarMappable(colours, SEQUENTIAL), ax=list(axes[:, 1]), label="step", pad=0.02)
    legend_above(part)
    return figure
