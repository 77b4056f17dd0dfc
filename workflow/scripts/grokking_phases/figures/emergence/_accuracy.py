"""Train and test accuracy over steps: code that several figures share."""

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from grokking_phases.plotting.layouts import in_pages, legend_above, name_axes, sheet
from grokking_phases.plotting.lines import draw_means
from grokking_phases.plotting.panels import in_panels
from grokking_phases.plotting.recipes import (
    FLOAT32,
    all_described,
    broken,
    ended_early,
    evaluation,
    held,
    is_elsewhere,
    labels,
    spread,
)
from grokking_phases.plotting.style import SEQUENTIAL
from grokking_phases.plotting.words import Words

DRAWS = ["curves"]
SPLITS = ["train", "test"]
MOST = 3  # rows on a page


def select(tables: pd.DataFrame, panels: dict[str, list[str]]) -> pd.DataFrame:
    """Return the accuracy (`value`) on the full set for each run, seed, `split` and step > 0."""
    curves = tables[(tables["table"] == "curves") & (tables["step"] > 0)]
    split = curves["metric"].str.extract(r"^(train|test)_accuracy$", expand=False)
    rows = curves.assign(split=split)[split.notna()].astype({"seed": int, "step": int})
    return in_panels(rows[["run", "seed", "step", "split", "value"]], panels)


def draw_accuracies(ax: Axes, rows: pd.DataFrame, **semantics) -> None:
    """Draw the mean over seeds, with a band of one standard error.

    `semantics` are seaborn's (hue, style). The legend lists lines, without headings.
    """
    draw_means(ax, rows, "value", **semantics)
    for heading in [line for line in ax.lines if line.get_linewidth() == 0]:
        heading.remove()
    ax.set(xscale="log", xlabel="step", ylabel="accuracy", ylim=(-0.03, 1.03))


def draw_sweep(numbers: pd.DataFrame, study: dict, title: str) -> list[Figure]:
    """Return a page with a row for each panel: train accuracy left, test accuracy right.

    Runs are coloured by their strength. More than three panels go to several pages.
    """
    numbers, names = without_loss(*named_apart(numbers, study["runs"]))
    colours = by_strength(numbers, study["runs"])
    look = {"hue": "name", "hue_order": names, "style": "name", "style_order": names, "palette": colours}
    parts = in_pages(list(numbers["panel"].unique()), MOST)
    return [draw_rows(numbers[numbers["panel"].isin(panels)], study, title, look) for panels in parts]


def draw_rows(numbers: pd.DataFrame, study: dict, title: str, look: dict) -> Figure:
    panels, runs = numbers["panel"].unique(), study["runs"]
    drawn = {run: runs[run] for run in numbers["run"].unique()}
    figure, part = sheet(0.6 + 1.9 * len(panels), title, words(numbers, drawn, *held(numbers, runs)))
    axes = part.subplots(len(panels), len(SPLITS), sharex=True, sharey=True, squeeze=False)
    for row, panel in zip(axes, panels, strict=True):
        for ax, split in zip(row, SPLITS, strict=True):
            rows = numbers[(numbers["panel"] == panel) & (numbers["split"] == split)]
            draw_accuracies(ax, rows, **look)
            ax.set_title(f"{panel}, {split}")
    name_axes(part, "step", "accuracy")
    legend_above(part)
    return figure


def named_apart(numbers: pd.DataFrame, runs: dict[str, dict]) -> tuple[pd.DataFrame, list[str]]:
    """Add the column `name`, which tells runs apart; also return all names, from weak to strong."""
    drawn = sorted(numbers["run"].unique(), key=lambda run: strengths(runs[run]))
    names = labels(runs, drawn)
    return numbers.assign(name=numbers["run"].map(dict(zip(drawn, names, strict=True)))), names


def without_loss(numbers: pd.DataFrame, names: list[str]) -> tuple[pd.DataFrame, list[str]]:
    """Leave the type of the loss out of the names, unless runs of one panel differ in it."""
    types = numbers["name"].str.endswith(FLOAT32).groupby(numbers["panel"]).nunique()
    if (types > 1).any():
        return numbers, names
    shorter = {name: name.removesuffix(f", {FLOAT32}") for name in names}
    return numbers.assign(name=numbers["name"].map(shorter)), list(dict.fromkeys(shorter.values()))


def by_strength(numbers: pd.DataFrame, runs: dict[str, dict]) -> dict[str, tuple]:
    """Return {name: colour}; runs of the same strength have the same colour."""
    ranks = sorted({strengths(runs[run]) for run in numbers["run"].unique()})
    shades = sns.color_palette(SEQUENTIAL, len(ranks))
    pairs = numbers[["run", "name"]].drop_duplicates().itertuples(index=False)
    return {name: shades[ranks.index(strengths(runs[run]))] for run, name in pairs}


def strengths(run: dict) -> tuple[float, float]:
    """Return the key by which runs are ordered from weak to strong: alpha, then weight decay.

    Runs that were recorded elsewhere have no recipe, and come last.
    """
    if is_elsewhere(run):
        return np.inf, np.inf
    return run["training"]["alpha"], run["training"]["weight_decay"]


def words(numbers: pd.DataFrame, runs: dict[str, dict], *variants: str) -> Words:
    """Return what lines and bands are; as notes, recipes, variants and failures."""
    return Words(
        [
            spread(numbers),
            "Accuracy on the full train and test sets, at snapshots (where there are any) too.",
        ],
        [*all_described(runs, evaluation), *variants, *ended_early(numbers, runs), *broken(runs)],
    )
