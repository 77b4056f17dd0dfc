"""Accuracy by scale of the initial weights, by constraint on their norm, and by start of the last layer.

The emergence paper varies alpha alone, under the constraint. Omnigrok (arXiv 2210.01117) says that a large
alpha induces grokking and that the constraint removes it. To tell, each must be varied without the others.
"""

import pandas as pd
from matplotlib.figure import Figure

from grokking_phases.figures.emergence import _accuracy as accuracy
from grokking_phases.figures.emergence._accuracy import DRAWS, SPLITS, draw_accuracies, select
from grokking_phases.plotting.layouts import (
    MOST_COLUMNS,
    grid,
    in_pages,
    legend_above,
    n_rows,
    name_axes,
    sheet,
    title_panel,
)
from grokking_phases.plotting.words import Words

__all__ = ["DRAWS", "draw", "select"]

NEEDS_RECIPE = True
STARTS = {False: "last layer as drawn", True: "last layer zero at first"}
VARIANTS = [
    "The emergence paper multiplies the weights, not the biases, by α, holds the norm of the weights and, "
    "in its text, zeroes the last layer.",
    "Omnigrok (arXiv 2210.01117) does the first two with all parameters and does not zero; it says that a "
    "large α induces grokking, and that the constraint removes it.",
]


def draw(numbers: pd.DataFrame, study: dict) -> list[Figure]:
    """Return a page with a small panel for each title, in the order of the config; more, of many titles."""
    starts = {name: STARTS[run["training"]["zero_last_layer"]] for name, run in study["runs"].items()}
    numbers = numbers.assign(start=numbers["run"].map(starts))
    parts = in_pages(list(numbers.groupby("panel", sort=False)))
    return [draw_page(dict(panels), study["runs"]) for panels in parts]


def draw_page(panels: dict[str, pd.DataFrame], runs: dict[str, dict]) -> Figure:
    numbers = pd.concat(panels.values())
    drawn = {run: runs[run] for run in numbers["run"].unique()}
    height = 0.7 + 1.8 * n_rows(len(panels))
    figure, part = sheet(height, "Accuracy by initialisation", words(numbers, drawn))
    for ax, (panel, rows) in zip(grid(part, len(panels)), panels.items(), strict=True):
        check_apart(panel, rows)
        look = {"hue": "split", "hue_order": SPLITS, "style": "start", "style_order": list(STARTS.values())}
        draw_accuracies(ax, rows, **look)
        title_panel(ax, panel, min(len(panels), MOST_COLUMNS))
    name_axes(part, "step", "accuracy")
    legend_above(part)
    return figure


def check_apart(panel: str, rows: pd.DataFrame) -> None:
    """Raise ValueError if two runs of a panel start alike, and so would share a line."""
    runs = rows.groupby("start")["run"].unique()
    for start, names in runs.items():
        if len(names) > 1:
            raise ValueError(
                f"panels: {panel!r}: {' and '.join(names)} have the same start ({start}) and would share a "
                "line; give each a panel of its own."
            )


def words(numbers: pd.DataFrame, runs: dict[str, dict]) -> Words:
    decays = {f"{run['training']['weight_decay']:g}" for run in runs.values()}
    return accuracy.words(numbers, runs, f"Weight decay {', '.join(sorted(decays))}.", *VARIANTS)
