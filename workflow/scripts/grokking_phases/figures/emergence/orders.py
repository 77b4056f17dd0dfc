"""Phases in random orders of the samples: how often each appears, and when it begins.

Where ties are ranked by place, the order of the samples is part of the estimate, and the authors' order is
one of many.
"""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from grokking_phases.analysis.events import MEAN, PHASES
from grokking_phases.analysis.orders import N_PHASES
from grokking_phases.figures.emergence._estimates import estimated
from grokking_phases.plotting.layouts import MOST_COLUMNS, draw_legend, in_pages, sheet
from grokking_phases.plotting.panels import by_run, in_panels
from grokking_phases.plotting.phase_looks import COLOURS, worded
from grokking_phases.plotting.recipes import all_described, broken
from grokking_phases.plotting.words import Words

DRAWS = ["orders"]
COLUMNS = ["estimate", "run", "layer", "seed", "event", "n_orders", "n_found", "own"]
COLUMNS += ["least", "median", "most", "place"]
AVERAGED = {"marker": "D", "color": "black"}  # marks of the mean curve
LANE = 0.8  # height of the lanes of a phase, as a part of its row


def select(tables: pd.DataFrame, panels: dict[str, list[str]]) -> pd.DataFrame:
    """Return how often each event is found in random orders, and when (`analysis.orders`).

    There is a row for each estimate, run, layer, seed (missing: the mean curve) and event.
    """
    return in_panels(tables.rename(columns={"source": "estimate"})[COLUMNS], panels)


def draw(numbers: pd.DataFrame, study: dict) -> list[Figure]:
    """Return a page for each estimate and layer; more, of more than three runs."""
    return [
        draw_page(pd.concat(dict(runs).values()), study, *key)
        for key, rows in numbers.groupby(["estimate", "layer"], sort=False, dropna=False)
        for runs in in_pages(list(by_run(rows, study["runs"]).items()), MOST_COLUMNS)
    ]


def draw_page(numbers: pd.DataFrame, study: dict, estimate: str, layer: str) -> Figure:
    """Draw shares of orders and, below, first steps, unless no run of the page has a phase in any order."""
    runs, begin = by_run(numbers, study["runs"]), bool(begins(numbers).any())
    said = estimated(study["metrics"][estimate], layer)
    title = f"Phases in random orders of the samples, {said}: {'; '.join(runs)}"
    figure, part = sheet(5.4 if begin else 3.1, title, words(numbers, study["runs"]))
    axes = part.subplots(1 + begin, len(runs), sharey=True, sharex="row", squeeze=False)
    for column, (name, rows) in zip(axes.T, runs.items(), strict=True):
        draw_shares(column[0], rows)
        column[0].set(title=name, xlabel="share of orders")
        for lower in column[1:]:
            draw_starts(lower, rows)
            lower.set(xlabel="first step")
    marks = key(begin)
    draw_legend(part, marks, [mark.get_label() for mark in marks])
    return figure


def begins(rows: pd.DataFrame) -> pd.Series:
    """Return which rows are of a phase that begins in some order, random or the split's."""
    return rows["event"].str.endswith(".start") & rows[["least", "own"]].notna().any(axis=1)


def lanes(rows: pd.DataFrame) -> list[tuple[str, float, dict, pd.Series]]:
    """Return (phase, height, look of its marks, row) for the start of each phase.

    Each seed has a lane, and the mean curve has the lowest.
    """
    curves = [*sorted(rows["seed"].dropna().unique()), MEAN]
    heights = LANE * (np.arange(len(curves)) + 0.5) / len(curves) - LANE / 2
    heights = dict(zip(curves, heights, strict=True))
    starts = rows.assign(curve=rows["seed"].astype(object).where(rows["seed"].notna(), MEAN))
    starts = starts.set_index("event")
    return [
        (phase, y + heights[row["curve"]], AVERAGED if row["curve"] == MEAN else one_seed(phase), row)
        for y, phase in enumerate(PHASES)
        for _, row in starts.loc[[f"{phase}.start"]].iterrows()
    ]


def one_seed(phase: str) -> dict:
    """Return the look of a seed's marks."""
    return {"marker": "o", "color": COLOURS[phase]}


def draw_shares(ax: Axes, rows: pd.DataFrame) -> None:
    """Draw the share of orders that have each phase: a circle for each seed, a diamond for the mean curve.

    A mark is filled if the order of the split has the phase.
    """
    for _, height, look, row in lanes(rows):
        filled = look["color"] if pd.notna(row["own"]) else "white"
        ax.plot(row["n_found"] / row["n_orders"], height, **look, mfc=filled, markersize=4)
    ax.set_yticks(range(len(PHASES)), list(map(worded, PHASES)))
    ax.set(xlim=(-0.05, 1.05), ylim=(len(PHASES) - 0.5, -0.5))


def draw_starts(ax: Axes, rows: pd.DataFrame) -> None:
    """Draw the steps at which each phase begins: a line for each seed, and one for the mean curve."""
    for _, height, look, row in lanes(rows):
        ax.plot([row["least"], row["most"]], [height] * 2, color=look["color"], linewidth=1)
        ax.plot(row["median"], height, "|", color=look["color"], markersize=5)
        ax.plot(row["own"], height, "x", color="C3", markersize=3)
    ax.set_xscale("log")
    if not begins(rows).any():
        ax.text(0.5, 0.5, "no phase", transform=ax.transAxes, ha="center", va="center")


def key(begin: bool) -> list[Line2D]:
    """Return the entries of the legend, with those of first steps if there are any."""
    shares = [
        Line2D([], [], marker="o", label="a seed", linestyle="", color="0.3"),
        Line2D([], [], **AVERAGED, linestyle="", label="the mean curve of the seeds"),
    ]
    steps = [
        Line2D([], [], color="0.3", marker="|", label="least, median, most step"),
        Line2D([], [], marker="x", label="in the order of the split", linestyle="", color="C3"),
    ]
    return [*shares, *(steps if begin else [])]


def words(numbers: pd.DataFrame, runs: dict[str, dict]) -> Words:
    counts = numbers.loc[(numbers["event"] == N_PHASES) & numbers["seed"].notna(), "n_orders"]
    return Words(
        [
            f"{counts.min()} random orders, the same for all snapshots, besides that in which the split drew "
            "the samples.",
            "Filled: the order of the split has the phase."
            + (
                "" if begins(numbers).any() else " No phase begins in any order, of a seed or the mean curve."
            ),
        ],
        [*all_described(runs), *broken(runs)],
    )
