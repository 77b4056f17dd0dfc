"""Emergence paper, Figure 5: synergy over training, by weight decay and by scale of the initial weights (section 6).

A page for each treatment of ties: above, synergy normalised for each seed as the paper draws it, which hides how much
of it there is; below, the same in bits.
"""

import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from grokking_phases.figures.panels import in_panels
from grokking_phases.figures.recipes import described, regularised
from grokking_phases.style import NATS_PER_BIT, PAGE, caption, page

ROWS = {"normalised": "normalised synergy", "bits": "synergy, \N{MINUS SIGN}min Ω (bits)"}
TIES = {
    "average": "ties at their mean rank",
    "paper": "ties as published (ranks by sorting twice)",
    "index": "ties by sample number",
    "random": "ties in random order",
}


def select(tables: pd.DataFrame, panels: dict[str, list[str]]) -> pd.DataFrame:
    """Synergy of each run, seed and step > 0: `value` = min Omega in nats, `bits` = its negative, `normalised`."""
    rows = tables[(tables["metric"] == "synergy") & (tables["step"] > 0)]
    numbers = in_panels(rows, panels).rename(columns={"table": "estimate"})
    numbers["bits"] = -numbers["value"] / NATS_PER_BIT
    return numbers[["estimate", "panel", "run", "seed", "layer", "step", "value", "bits", "normalised"]]


def draw(numbers: pd.DataFrame, study: dict) -> list[Figure]:
    return [draw_page(rows, study, estimate) for estimate, rows in numbers.groupby("estimate", sort=False)]


def draw_page(numbers: pd.DataFrame, study: dict, estimate: str) -> Figure:
    figure = page(PAGE, 4.8)
    panels = numbers["panel"].unique()
    axes = figure.subplots(len(ROWS), len(panels), sharex=True, sharey="row", squeeze=False)
    for column, panel in enumerate(panels):
        rows = numbers[numbers["panel"] == panel]
        for row, (quantity, label) in enumerate(ROWS.items()):
            draw_panel(axes[row, column], rows, study["runs"], quantity)
            axes[row, column].set(xlabel="step", ylabel=label)
        axes[0, column].set_title(panel)
        axes[1, column].get_legend().remove()
    options = study["metrics"][estimate]
    figure.suptitle(
        f"Synergy over training: {options['variables']} of {options['n_bins']} bins, {TIES[options['ties']]}"
    )
    caption(figure, text(numbers, study["runs"]))
    return figure


def draw_panel(ax: Axes, rows: pd.DataFrame, runs: dict[str, dict], quantity: str) -> None:
    """One line a run: mean over seeds, band of one standard error."""
    rows = rows.assign(run=[label(runs[run]) for run in rows["run"]])
    sns.lineplot(rows, x="step", y=quantity, hue="run", style="run", errorbar="se", ax=ax)
    ax.set_xscale("log")
    ax.legend(title=None, frameon=True)


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
            f"All: {described(next(iter(first.values())))} (the authors: every 5 steps).",
            *(f"{panel.capitalize()}: {regularised(run)}." for panel, run in constrained.items()),
            "Above: from 0 to 1 for each seed, then a moving average of factor 0.1, which lags. Below: raw.",
            "Lines: mean over seeds; bands: standard error.",
            *broken(runs),
        ]
    )


def broken(runs: dict[str, dict]) -> list[str]:
    """Weight decays so strong that a step turns the weights' sign are no point of a sweep."""
    recipes = [run["training"] for run in runs.values()]
    factors = {recipe["weight_decay"]: 1 - recipe["learning_rate"] * recipe["weight_decay"] for recipe in recipes}
    return [
        f"Weight decay {decay:g} multiplies every weight by {factor:g} a step: a broken regime, not more decay."
        for decay, factor in factors.items()
        if factor < 0
    ]
