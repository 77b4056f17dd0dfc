"""Losses, accuracies and each measure over steps, for each run and layer of any study.

Lines are means over seeds, with a band of one standard error. Phases are shaded if the table of phases is
drawn. A page has at most six panels.
"""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from grokking_phases.figures.study._measures import axes_of, numbers_of
from grokking_phases.figures.study._words import DOTTED, phases_words, words
from grokking_phases.plotting.layouts import grid, in_pages, legend_above, n_rows, sheet
from grokking_phases.plotting.lines import draw_course
from grokking_phases.plotting.phase_looks import COLOURS, spans
from grokking_phases.plotting.style import SMALL

ROUNDING = 1e-3  # a course of relatively less than this is drawn flat, not stretched over the axis
DASHES = ["-", "--", ":", "-."]  # of the lines of a panel
SHORT = {  # above the panels, since the shades do not differ in black and white
    "feature_learning": "FL",
    "emergence": "E",
    "divergence": "Di",
    "delayed_emergence": "DE",
    "decoupling": "De",
}


def select(tables: pd.DataFrame, panels: dict[str, list[str]]) -> pd.DataFrame:
    """Return each measure of each run, seed, layer and step > 0, then the phases over seeds."""
    return numbers_of(tables, panels)


def draw(numbers: pd.DataFrame, study: dict) -> list[Figure]:
    """Return a page for each run and layer, or more where there are more than six measures."""
    pages = []
    for (panel, run), rows in numbers.groupby(["panel", "run"], sort=False):
        for layer in list(dict.fromkeys(rows.loc[rows["metric"].notna(), "layer"].dropna())) or [None]:
            drawn = rows[rows["layer"].isna() | (rows["layer"] == layer)]
            title = panel if panel == run else f"{panel}: {run}"
            pages += draw_pages(drawn, study, title if layer is None else f"{title}, layer {layer}")
    return pages


def draw_pages(numbers: pd.DataFrame, study: dict, title: str) -> list[Figure]:
    axes = axes_of(numbers, study["metrics"])
    return [draw_page(numbers, study, title, drawn) for drawn in in_pages(axes)]


def draw_page(numbers: pd.DataFrame, study: dict, title: str, drawn: list[tuple]) -> Figure:
    events, measured = numbers[numbers["event"].notna()], numbers[numbers["metric"].notna()]
    shown = measured[measured["table"].isin([table for table, *_ in drawn])]
    said = words(shown, study, phases_words(events))
    figure, part = sheet(0.8 + 2.0 * n_rows(len(drawn)), f"Progress, {title}", said)
    for ax, (table, name, lines) in zip(grid(part, len(drawn), sharey=False), drawn, strict=True):
        draw_panel(ax, measured[measured["table"] == table], lines, name)
        draw_events(ax, events_of(events, table), measured["step"].max())
    legend_above(part)
    return figure


def events_of(events: pd.DataFrame, table: str) -> pd.DataFrame:
    """Return the events that were found in a table, or those of the first table if none were."""
    own = events[events["source"] == table]
    return own if len(own) else events[events["source"] == events["source"].min()]


def draw_panel(ax: Axes, rows: pd.DataFrame, lines: dict[str, str], name: str) -> None:
    for i, (metric, line) in enumerate(lines.items()):
        label = line if len(lines) > 1 else None
        draw_course(ax, rows[rows["metric"] == metric], "drawn", DASHES[i % 4], label, color=f"C{i}")
    ax.set(xscale="log", xlabel="step", ylabel=name)
    if name == "loss" and (rows.loc[rows["metric"].isin(lines), "drawn"] > 0).all():
        ax.set_yscale("log")
    elif np.ptp(ax.get_ylim()) < ROUNDING * np.abs(ax.get_ylim()).max():
        ax.set_ylim(*np.mean(ax.get_ylim()) * np.array([0.9, 1.1]))


def draw_events(ax: Axes, events: pd.DataFrame, last: float) -> None:
    """Shade the phases, and mark the steps at which the run memorised and generalised."""
    for phase, (start, end) in spans(events, last).items():
        name = f"{SHORT[phase]}: {phase.replace('_', ' ')}"
        ax.axvspan(start, end, color=COLOURS[phase], alpha=0.15, linewidth=0, label=name)
        place = {"transform": ax.get_xaxis_transform(), "ha": "center", "va": "bottom"}
        ax.text(np.sqrt(max(start, 1) * end), 1.01, SHORT[phase], **place, fontsize=SMALL, color="0.3")
    for event in events[events["event"].isin(DOTTED)].itertuples():
        if np.isfinite(event.step):
            ax.axvline(event.step, color="0.3", linestyle=":", linewidth=0.9)
