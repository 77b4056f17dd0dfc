"""Emergence paper, Figure 5: synergy over training, by weight decay and by scale of the initial weights (section 6).

A page for each treatment of ties: above, synergy normalised for each seed as the paper draws it, which hides how much
of it there is; below, the same in bits.
"""

import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from grokking_phases.figures.recipes import described, sampling
from grokking_phases.style import NATS_PER_BIT, PAGE, caption, page

ROWS = {"normalised": "normalised synergy", "bits": "synergy, \N{MINUS SIGN}min Ω (bits)"}


def select(tables: pd.DataFrame, panels: dict[str, list[str]]) -> pd.DataFrame:
    """Synergy of each run, seed and step > 0: `value` = min Omega in nats, `bits` = its negative, `normalised`."""
    rows = tables[(tables["metric"] == "synergy") & (tables["step"] > 0)]
    shown = [rows[rows["run"].isin(runs)].assign(panel=panel) for panel, runs in panels.items()]
    numbers = pd.concat(shown, ignore_index=True).rename(columns={"table": "estimate"})
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
    figure.suptitle(f"Synergy over training, ranks of ties: {study['metrics'][estimate].get('ties', 'average')}")
    caption(figure, text(study, estimate))
    return figure


def draw_panel(ax: Axes, rows: pd.DataFrame, runs: dict[str, dict], quantity: str) -> None:
    """One line a run: mean over seeds, band of one standard error."""
    labels = {run: label(runs[run]) for run in rows["run"].unique()}
    sns.lineplot(
        rows.assign(run=rows["run"].map(labels)), x="step", y=quantity, hue="run", style="run", errorbar="se", ax=ax
    )
    ax.set_xscale("log")
    ax.legend(title=None, frameon=True)


def label(run: dict) -> str:
    """What tells a run from its neighbours."""
    training = run["training"]
    if training.get("constrain_norm", "none") != "none":
        return f"α = {training['alpha']:g}"
    return f"weight decay {training['weight_decay']:g}"


def text(study: dict, estimate: str) -> str:
    first = next(iter(study["runs"].values()))
    broken = [
        f"weight decay {run['training']['weight_decay']:g} multiplies every weight by {factor:g} a step: "
        "a broken regime, not more decay."
        for run in study["runs"].values()
        if (factor := 1 - run["training"]["learning_rate"] * run["training"].get("weight_decay", 0)) < 0
    ]
    return " ".join(
        [
            f"{described(first)} (others differ as the legends say).",
            f"{estimate}: {sampling(first)} (the authors: every 5 steps), then a moving average of factor 0.1 above;",
            "none below. Lines: mean over seeds; bands: standard error.",
            *broken,
        ]
    )
