"""Emergence paper, Figure 5: synergy over training, by weight decay and by scale of the initial weights (section 6).

A page for each treatment of ties: above, synergy normalised for each seed as the paper draws it, which hides how much
of it there is; below, the same in bits.
"""

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from grokking_phases.figures.panels import in_panels
from grokking_phases.figures.recipes import all_described, regularised
from grokking_phases.style import PAGE, caption, page

DRAWS = ["o_information"]
ROWS = {"normalised": "normalised synergy", "bits": "synergy, \N{MINUS SIGN}min Ω (bits)"}
TIES = {
    "average": "ties at their mean rank",
    "paper": "ties as published",
    "index": "ties by sample number",
    "random": "ties in random order",
}
INDEX = ["table", "run", "seed", "layer", "step"]
COUNTS = ["n_constant", "n_duplicate", "n_failed"]


def select(tables: pd.DataFrame, panels: dict[str, list[str]]) -> pd.DataFrame:
    """For each run, seed, layer and step > 0: `value` = min Omega in nats, `bits` = its negative, `normalised`, and
    how many units were left out and multiplets failed.
    """
    wide = tables[tables["step"] > 0].pivot(index=INDEX, columns="metric", values=["value", "normalised"])
    numbers = wide["value"][["synergy", *COUNTS]].rename(columns={"synergy": "value"})
    numbers = numbers.assign(bits=-numbers["value"] / np.log(2), normalised=wide["normalised"]["synergy"]).reset_index()
    return in_panels(numbers.rename(columns={"table": "estimate"}), panels)


def draw(numbers: pd.DataFrame, study: dict) -> list[Figure]:
    """A page for each estimate, in the config's order, and layer."""
    pages = dict(list(numbers.groupby(["estimate", "layer"])))
    order = list(study["metrics"])
    return [draw_page(pages[key], study, *key) for key in sorted(pages, key=lambda key: order.index(key[0]))]


def draw_page(numbers: pd.DataFrame, study: dict, estimate: str, layer: str) -> Figure:
    figure = page(PAGE, 4.9)
    panels = numbers["panel"].unique()
    axes = figure.subplots(len(ROWS), len(panels), sharex=True, sharey="row", squeeze=False)
    for column, panel in enumerate(panels):
        rows = numbers[numbers["panel"] == panel]
        for row, (quantity, label) in enumerate(ROWS.items()):
            draw_panel(axes[row, column], rows, study["runs"], quantity)
            axes[row, column].set(xlabel="step", ylabel=label)
        axes[0, column].set_title(panel)
        axes[0, column].get_legend().remove()  # below, there is more room
    options = study["metrics"][estimate]
    kind = f"{options['variables']} of {options['n_bins']} bins of layer {layer}"
    figure.suptitle(f"Synergy over training: {kind}, {TIES[options['ties']]}")
    caption(figure, text(numbers, study["runs"]))
    return figure


def draw_panel(ax: Axes, rows: pd.DataFrame, runs: dict[str, dict], quantity: str) -> None:
    """One line a run: mean over seeds, band of one standard error."""
    sns.lineplot(rows, x="step", y=quantity, hue="run", style="run", errorbar="se", ax=ax)
    ax.set_xscale("log")
    handles, names = ax.get_legend_handles_labels()
    labels = [label(runs[name]) for name in names]
    ax.legend(handles, labels if len(set(labels)) == len(labels) else names, frameon=True)


def label(run: dict) -> str:
    """What tells a run from its neighbours."""
    training = run["training"]
    if training["constrain_norm"] != "none":
        return f"α = {training['alpha']:g}"
    return f"weight decay {training['weight_decay']:g}"


def text(numbers: pd.DataFrame, runs: dict[str, dict]) -> str:
    first = {panel: runs[rows["run"].iloc[0]] for panel, rows in numbers.groupby("panel", sort=False)}
    constrained = {panel: run for panel, run in first.items() if run["training"]["constrain_norm"] != "none"}
    return " ".join(
        [
            all_described(runs),
            *(f"{panel.capitalize()}: {regularised(run)}." for panel, run in constrained.items()),
            "Above: from 0 to 1 for each seed, then a moving average of factor 0.1, which lags (the authors sample",
            "every 5 steps). Below: raw. Lines: mean over seeds; bands: standard error. Ω < 0 is synergy, Ω > 0",
            "redundancy, as far as a Gaussian copula sees them (it is blind to XOR).",
            *undefined(numbers),
            *broken(runs),
        ]
    )


def undefined(numbers: pd.DataFrame) -> list[str]:
    """Runs whose synergy is not defined somewhere, most units being dead, or whose training diverged at once."""
    missing = numbers["value"].isna().groupby(numbers["run"]).agg(["sum", "size"])
    return [f"Undefined in {n} of {size} snapshots of {run}." for run, (n, size) in missing.iterrows() if n]


def broken(runs: dict[str, dict]) -> list[str]:
    """Weight decays so strong that a step turns the weights' sign are no point of a sweep."""
    recipes = [run["training"] for run in runs.values()]
    factors = {recipe["weight_decay"]: 1 - recipe["learning_rate"] * recipe["weight_decay"] for recipe in recipes}
    return [
        f"Weight decay {decay:g} multiplies every weight by {factor:g} a step: a broken regime, not more decay."
        for decay, factor in factors.items()
        if factor < 0
    ]
