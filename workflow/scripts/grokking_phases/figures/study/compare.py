"""Runs of any study side by side: accuracy, loss and each measure over steps, the mean over seeds.

Runs that were recorded elsewhere are coloured. Those that this pipeline trained, such as the papers', lie
behind them in grey. Where all were trained here, all are coloured.
"""

import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from grokking_phases.figures.study._measures import axes_of, numbers_of
from grokking_phases.figures.study._words import words
from grokking_phases.plotting.layer_names import in_order
from grokking_phases.plotting.layouts import grid, in_pages, legend_above, n_rows, sheet
from grokking_phases.plotting.lines import draw_course
from grokking_phases.plotting.recipes import is_elsewhere
from grokking_phases.plotting.words import Words

DASHES = ["-", "--", ":", "-."]  # of layers
KEY = "Solid, dashed, dotted: the layers of a run, in the order of their names."


def select(tables: pd.DataFrame, panels: dict[str, list[str]]) -> pd.DataFrame:
    """Return each measure of each run, seed, layer and step > 0, tidy."""
    numbers = numbers_of(tables, panels)
    return numbers[numbers["metric"].notna()]


def draw(numbers: pd.DataFrame, study: dict) -> list[Figure]:
    """Return a page for each panel of the config, or more where there are more than six measures."""
    pages = []
    for panel, rows in numbers.groupby("panel", sort=False):
        single = [
            (table, f"{line} {axis}" if len(lines) > 1 else axis, metric)
            for table, axis, lines in axes_of(rows, study["metrics"])
            for metric, line in lines.items()
        ]
        pages += [draw_page(rows, study, panel, drawn) for drawn in in_pages(single)]
    return pages


def draw_page(numbers: pd.DataFrame, study: dict, title: str, drawn: list[tuple]) -> Figure:
    shown = numbers[numbers["table"].isin([table for table, *_ in drawn])]
    layers = shown.groupby("run")["layer"].nunique()
    said = words(shown, study, Words([KEY] if (layers > 1).any() else []))
    figure, part = sheet(0.6 + 2.0 * n_rows(len(drawn)), f"Runs compared, {title}", said)
    looks = looks_of({run: study["runs"][run] for run in dict.fromkeys(numbers["run"])})
    for ax, (table, name, metric) in zip(grid(part, len(drawn), sharey=False), drawn, strict=True):
        draw_panel(ax, numbers[(numbers["table"] == table) & (numbers["metric"] == metric)], looks)
        ax.set(xscale="log", xlabel="step", ylabel=name)
    legend_above(part)
    return figure


def looks_of(runs: dict[str, dict]) -> dict[str, dict]:
    """Return the look of each run's lines: coloured in front, or grey behind."""
    own = [run for run in runs if is_elsewhere(runs[run])] or list(runs)
    behind = [run for run in runs if run not in own]
    greys = sns.color_palette("gray", len(behind) + 2)[1:-1]
    colours = sns.color_palette("colorblind", len(own))
    looks = {run: {"color": colour, "zorder": 3} for run, colour in zip(own, colours, strict=True)}
    return looks | {run: {"color": grey, "zorder": 2} for run, grey in zip(behind, greys, strict=True)}


def draw_panel(ax: Axes, rows: pd.DataFrame, looks: dict[str, dict]) -> None:
    """Draw the mean over seeds of each run and layer, with a band of one standard error."""
    for run, look in looks.items():
        own = rows[rows["run"] == run].fillna({"layer": ""})
        for i, layer in enumerate(in_order(own["layer"])):
            values = own[own["layer"] == layer]
            draw_course(ax, values, "drawn", DASHES[i % len(DASHES)], None if i else run, **look)
