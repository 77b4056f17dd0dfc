"""Synergy over training under each treatment of ties, and before the ReLU, where ties are rare.

About half of the activations after a ReLU are equal, namely zero, and a rank among equals is arbitrary
(`synergy.normal_scores`). The layer before the ReLU, `preactivation`, has hardly any ties.
"""

import pandas as pd
from matplotlib.figure import Figure

from grokking_phases.figures.emergence._estimates import TIES, undefined
from grokking_phases.figures.emergence._synergy import LABEL, log_both_ways, synergies
from grokking_phases.plotting.layouts import grid, in_pages, legend_above, n_rows, name_axes, sheet
from grokking_phases.plotting.lines import draw_lines
from grokking_phases.plotting.panels import by_run
from grokking_phases.plotting.recipes import all_described, broken, cut_short, held, spread
from grokking_phases.plotting.words import SIGN, Words

DRAWS = ["o_information"]
LINEAR = 1.0  # bits


def select(tables: pd.DataFrame, panels: dict[str, list[str]]) -> pd.DataFrame:
    """Return synergy and counts for each estimate, run, seed, layer and step > 0.

    The columns are `value` = min Omega in nats, `bits` = its negative, and counts.
    """
    return synergies(tables, panels).drop(columns="normalised")


def draw(numbers: pd.DataFrame, study: dict) -> list[Figure]:
    """Return a page with a panel for each run, and a line for each layer and treatment of ties.

    More than six runs go to several pages.
    """
    ties = numbers["estimate"].map(lambda estimate: TIES[study["metrics"][estimate]["ties"]])
    numbers = numbers.assign(treatment=numbers["layer"] + ", " + ties)
    treatments = in_order(numbers, list(study["metrics"]))
    parts = in_pages(list(by_run(numbers, study["runs"]).items()))
    return [draw_page(dict(runs), study, treatments) for runs in parts]


def draw_page(runs: dict[str, pd.DataFrame], study: dict, treatments: list[str]) -> Figure:
    said = words(pd.concat(runs.values()), study)
    title = "Synergy over training by the treatment of ties"
    figure, part = sheet(1.2 + 2.0 * n_rows(len(runs)), title, said)
    for ax, (title, rows) in zip(grid(part, len(runs)), runs.items(), strict=True):
        draw_lines(ax, rows, "bits", "treatment", treatments)
        log_both_ways(ax, LINEAR)
        ax.set_title(title)
    name_axes(part, "step", LABEL)
    legend_above(part, 3)
    return figure


def in_order(numbers: pd.DataFrame, estimates: list[str]) -> list[str]:
    """Return the treatments in the order of the config."""
    order = numbers["estimate"].map(estimates.index).sort_values(kind="stable").index
    return list(numbers.loc[order, "treatment"].unique())


def words(numbers: pd.DataFrame, study: dict) -> Words:
    runs = study["runs"]
    return Words(
        [
            spread(numbers),
            f"Vertical axis: linear between {LINEAR:g} bit and its negative, logarithmic beyond.",
        ],
        [
            *(distances(title, rows) for title, rows in by_run(numbers, study["runs"]).items()),
            "How far apart: range of the treatments' means, and standard deviation of the seeds, in bits; "
            "medians over the steps that all treatments of a layer share.",
            SIGN,
            *all_described(runs),
            *held(numbers, runs),
            *undefined(numbers),
            *cut_short(numbers, runs),
            *broken(runs),
        ],
    )


def distances(title: str, rows: pd.DataFrame) -> str:
    """Return how far treatments lie apart, and how far seeds do, in each layer with several treatments."""
    parts = [
        f"{layer}: treatments {shown(apart)}, seeds {shown(seeds)}"
        for layer, layer_rows in rows.groupby("layer", sort=False)
        if layer_rows["treatment"].nunique() > 1
        for apart, seeds in [spreads(layer_rows)]
    ]
    return f"{title}, how far apart, {'; '.join(parts)}." if parts else f"{title}: one treatment."


def spreads(rows: pd.DataFrame) -> tuple[float, float]:
    """Return the range of the treatments' means over seeds, and the standard deviation of seeds.

    Both are medians over the steps that all treatments share.
    """
    steps = rows.groupby(["treatment", "step"])["bits"].agg(["mean", "std"]).unstack("treatment")
    means = steps["mean"].dropna()
    return (means.max(axis=1) - means.min(axis=1)).median(), steps["std"].loc[means.index].median(
        axis=1
    ).median()


def shown(bits: float) -> str:
    """Return a number in words: one seed has no deviation, and treatments may share no step."""
    return "unknown" if pd.isna(bits) else f"{bits:.2g}"
