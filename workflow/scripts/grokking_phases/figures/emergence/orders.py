"""Phases in random orders of the samples: how often each appears, and when it begins.

Where ties are ranked by place, the order of the samples is part of the estimate, and the authors' order is
one of many.
"""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from grokking_phases.analysis.events import PHASES, PUBLISHED, Levels
from grokking_phases.analysis.orders import N_PHASES, find_in_orders, over_orders
from grokking_phases.figures.emergence._estimates import estimated
from grokking_phases.plotting.layouts import MOST_COLUMNS, draw_legend, in_pages, sheet
from grokking_phases.plotting.panels import by_run, in_panels
from grokking_phases.plotting.phase_looks import COLOURS, worded
from grokking_phases.plotting.recipes import all_described, broken
from grokking_phases.plotting.words import Words

DRAWS = ["curves", "o_information"]
LANE = 0.7  # height of the seeds of a phase, as a part of its row


def select(tables: pd.DataFrame, panels: dict[str, list[str]], levels: Levels = PUBLISHED) -> pd.DataFrame:
    """Return how often each event is found in random orders, and when (`analysis.orders`).

    There is a row for each estimate, run, layer, seed (missing: the mean curve) and event.
    """
    curves, measured = tables[tables["table"] == "curves"], tables[tables["table"] != "curves"]
    found = [
        over_orders(find_in_orders(curves[curves["run"] == run], rows, levels=levels)).assign(
            estimate=estimate, run=run
        )
        for (estimate, run), rows in measured.groupby(["table", "run"], sort=False)
    ]
    return in_panels(pd.concat(found, ignore_index=True), panels)


def draw(numbers: pd.DataFrame, study: dict) -> list[Figure]:
    """Return a page for each estimate and layer; more, of more than three runs."""
    return [
        draw_page(pd.concat(dict(runs).values()), study, *key)
        for key, rows in numbers.groupby(["estimate", "layer"], sort=False, dropna=False)
        for runs in in_pages(list(by_run(rows).items()), MOST_COLUMNS)
    ]


def draw_page(numbers: pd.DataFrame, study: dict, estimate: str, layer: str) -> Figure:
    runs = by_run(numbers)
    title = f"Phases in random orders of the samples: {estimated(study['metrics'][estimate], layer)}"
    figure, part = sheet(4.6, title, words(numbers, study["runs"]))
    axes = part.subplots(2, len(runs), sharey=True, sharex="row", squeeze=False)
    for (upper, lower), (name, rows) in zip(axes.T, runs.items(), strict=True):
        draw_shares(upper, rows)
        draw_starts(lower, rows)
        upper.set(title=name, xlabel="share of orders")
        lower.set(xlabel="first step")
    draw_legend(part, key(), [mark.get_label() for mark in key()])
    return figure


def lanes(rows: pd.DataFrame) -> list[tuple[str, float, pd.Series]]:
    """Return (phase, height, row) for the start of each phase in each seed."""
    seeds = sorted(rows["seed"].dropna().unique())
    heights = dict(zip(seeds, LANE * (np.arange(len(seeds)) + 0.5) / len(seeds) - LANE / 2, strict=True))
    starts = rows[rows["seed"].notna()].set_index("event")
    return [
        (phase, y + heights[row["seed"]], row)
        for y, phase in enumerate(PHASES)
        for _, row in starts.loc[[f"{phase}.start"]].iterrows()
    ]


def draw_shares(ax: Axes, rows: pd.DataFrame) -> None:
    """Draw the share of orders that have each phase: a circle for each seed, a bar for the mean curve.

    A circle is filled if the order of the split has the phase.
    """
    mean = rows[rows["seed"].isna()].set_index("event")
    for y, phase in enumerate(PHASES):
        share = mean.loc[f"{phase}.start", "n_found"] / mean.loc[f"{phase}.start", "n_orders"]
        ax.plot([share] * 2, [y - LANE / 2, y + LANE / 2], color="black", linewidth=2)
    for phase, height, row in lanes(rows):
        filled = COLOURS[phase] if row["own"] == row["own"] else "white"
        ax.plot(row["n_found"] / row["n_orders"], height, "o", color=COLOURS[phase], mfc=filled, markersize=4)
    ax.set_yticks(range(len(PHASES)), list(map(worded, PHASES)))
    ax.set(xlim=(-0.05, 1.05), ylim=(len(PHASES) - 0.5, -0.5))


def draw_starts(ax: Axes, rows: pd.DataFrame) -> None:
    """Draw the steps at which each phase begins, a line for each seed from the least to the most."""
    starts = lanes(rows)
    for phase, height, row in starts:
        ax.plot([row["least"], row["most"]], [height] * 2, color=COLOURS[phase], linewidth=1)
        ax.plot(row["median"], height, "|", color=COLOURS[phase], markersize=5)
        ax.plot(row["own"], height, "x", color="black", markersize=3)
    ax.set_xscale("log")
    if all(row[["least", "own"]].isna().all() for *_, row in starts):
        ax.text(0.5, 0.5, "no phase", transform=ax.transAxes, ha="center", va="center")


def key() -> list[Line2D]:
    """Return the entries of the legend."""
    alone = {"linestyle": "", "color": "0.3"}
    return [
        Line2D([], [], marker="o", label="a seed; the order of the split has it", **alone),
        Line2D([], [], marker="o", mfc="white", label="it does not", **alone),
        Line2D([], [], color="0.3", marker="|", label="least, median, most"),
        Line2D([], [], marker="x", label="order of the split", linestyle="", color="black"),
    ]


def words(numbers: pd.DataFrame, runs: dict[str, dict]) -> Words:
    counts = numbers.loc[(numbers["event"] == N_PHASES) & numbers["seed"].notna(), "n_orders"]
    return Words(
        [
            f"{counts.min()} random orders, the same for all snapshots, besides that in which the split drew "
            "the samples.",
            "Above: bars, the mean curve of the seeds; circles, each seed. Below: a line for each seed.",
        ],
        [*all_described(runs), *broken(runs)],
    )
