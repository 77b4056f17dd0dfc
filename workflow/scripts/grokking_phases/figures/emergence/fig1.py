"""Emergence paper, Figure 1: train and test accuracy, by weight decay and by initial scale (section 4).

If phases are given, the step at which each run generalises is marked.
"""

import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from grokking_phases.analysis.events import generalised_above
from grokking_phases.figures.emergence import _accuracy as accuracy
from grokking_phases.figures.emergence._boundaries import generalisations, interval_of_median
from grokking_phases.plotting.layouts import grid, in_pages, legend_above, n_rows, name_axes, sheet
from grokking_phases.plotting.recipes import held
from grokking_phases.plotting.words import Words

DRAWS = ["curves", "phases"]
NEEDS = ["curves"]


def select(tables: pd.DataFrame, panels: dict[str, list[str]]) -> pd.DataFrame:
    """Return accuracies, then the step of each run's generalisation over seeds.

    The latter needs no estimate of information.
    """
    return pd.concat([accuracy.select(tables, panels), generalisations(tables, panels)], ignore_index=True)


def draw(numbers: pd.DataFrame, study: dict) -> list[Figure]:
    """Return a page with a panel for each title, in which each run has a colour; more, of many titles."""
    numbers, names = accuracy.named_apart(numbers, study["runs"])
    colours = dict(zip(names, sns.color_palette("colorblind", len(names)), strict=True))
    parts = in_pages(list(numbers.groupby("panel", sort=False)))
    return [draw_page(dict(panels), study, colours) for panels in parts]


def draw_page(panels: dict[str, pd.DataFrame], study: dict, colours: dict) -> Figure:
    said = words(pd.concat(panels.values()), study)
    figure, part = sheet(0.6 + 2.2 * n_rows(len(panels)), "Train and test accuracy", said)
    for ax, (panel, rows) in zip(grid(part, len(panels)), panels.items(), strict=True):
        draw_panel(ax, rows, colours)
        ax.set_title(panel)
    name_axes(part, "step", "accuracy")
    legend_above(part, 5)
    return figure


def draw_panel(ax: Axes, rows: pd.DataFrame, colours: dict) -> None:
    """Draw each run in a colour: test accuracy solid, train accuracy dashed.

    The step of generalisation is dotted, in its interval.
    """
    curves, events = rows[rows["event"].isna()], rows[rows["event"].notna() & rows["step"].notna()]
    look = {"hue": "name", "hue_order": list(colours), "style": "split", "style_order": ["test", "train"]}
    accuracy.draw_accuracies(ax, curves, palette=colours, **look)
    for event in events.itertuples():
        ax.axvline(event.step, color=colours[event.name], linestyle=":", linewidth=1)
        ax.axvspan(
            event.low,
            min(event.high, curves["step"].max()),
            color=colours[event.name],
            alpha=0.15,
            linewidth=0,
        )


def words(numbers: pd.DataFrame, study: dict) -> Words:
    runs, level = study["runs"], generalised_above(study)
    events = numbers[numbers["event"].notna()]
    never = events[events["step"].isna()]
    marked = (
        f"Dotted: step of generalisation (test accuracy {level}), median over seeds; shaded: "
        f"{interval_of_median(events)}."
    )
    curves = numbers[numbers["event"].isna()]
    return accuracy.words(curves, runs, *held(curves, runs)) + Words(
        [marked] if len(never) < len(events) else [],
        [f"Generalisation of {event.run}: {event.status}." for event in never.itertuples()],
    )
