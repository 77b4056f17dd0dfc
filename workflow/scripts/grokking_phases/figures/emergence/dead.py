"""Units and multiplets that O-information leaves out, over training: constant, duplicate and failed ones.

Constant and duplicate units make covariances singular. A multiplet fails if its covariance is singular
nonetheless, or if a bin is empty.
"""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from grokking_phases.figures.emergence._accuracy import named_apart
from grokking_phases.figures.emergence._estimates import estimated, undefined
from grokking_phases.figures.emergence._synergy import by_estimate, log_both_ways, synergies
from grokking_phases.plotting.layouts import in_pages, legend_over, sheet
from grokking_phases.plotting.lines import draw_lines
from grokking_phases.plotting.recipes import all_described, broken, cut_short, held, spread
from grokking_phases.plotting.words import Words

DRAWS = ["o_information"]
ROWS = {"n_constant": "constant\nunits", "n_duplicate": "duplicate\nunits", "n_failed": "failed\nmultiplets"}


def select(tables: pd.DataFrame, panels: dict[str, list[str]]) -> pd.DataFrame:
    """Return how many units were left out and multiplets failed.

    There is a row for each estimate, run, seed, layer and step > 0. `value` is min Omega in nats of the
    remaining units, NaN if they are too few.
    """
    return synergies(tables, panels).drop(columns=["bits", "normalised"])


def draw(numbers: pd.DataFrame, study: dict) -> list[Figure]:
    """Return a page for each estimate and layer; more, of more than two panels."""
    return [
        draw_page(rows[rows["panel"].isin(panels)], study, *key)
        for key, rows in by_estimate(numbers, study["metrics"]).items()
        for panels in in_pages(list(rows["panel"].unique()), 2)
    ]


def draw_page(numbers: pd.DataFrame, study: dict, estimate: str, layer: str) -> Figure:
    options, panels = study["metrics"][estimate], list(numbers["panel"].unique())
    title = f"Left out of O-information: {estimated(options, layer)}"
    figure, part = sheet(5.2, title, words(numbers, study["runs"], options))
    numbers, _ = named_apart(numbers, study["runs"])
    axes = part.subplots(len(ROWS), len(panels), sharex=True, sharey="row", squeeze=False)
    for column, panel in enumerate(panels):
        rows = numbers[numbers["panel"] == panel]
        for ax, (count, label) in zip(axes[:, column], ROWS.items(), strict=True):
            draw_panel(ax, rows, count)
            ax.set(xlabel="step", ylabel=label if column == 0 else "")
        legend_over(axes[0, column], panel, 1)
    return figure


def draw_panel(ax: Axes, rows: pd.DataFrame, count: str) -> None:
    """Draw one line for each run, without a legend."""
    draw_lines(ax, rows, count, "name", list(rows["name"].unique()))
    log_both_ways(ax, 1)
    ax.set_ylim(bottom=-0.2, top=max(ax.get_ylim()[1], 12))
    ax.get_legend().remove()


def words(numbers: pd.DataFrame, runs: dict[str, dict], options: dict) -> Words:
    n_multiplets = 2 ** options["n_bins"] - options["n_bins"] - 1
    return Words(
        [f"{spread(numbers)} Vertical axes: linear up to 1, logarithmic beyond."],
        [
            most(numbers),
            "Constant: one value on all train samples; duplicate: the ranks of a unit of lower number, "
            "or their reverse. Both are left out before the units are clustered.",
            f"Failed: of {n_multiplets:,} multiplets, those whose covariance was singular nonetheless.",
            "Synergy is undefined where fewer units than bins remain.",
            *all_described(runs),
            *held(numbers, runs),
            *undefined(numbers),
            *cut_short(numbers, runs),
            *broken(runs),
        ],
    )


def most(numbers: pd.DataFrame) -> str:
    """Return a sentence with the largest counts of each run in any snapshot."""
    found = numbers.groupby("run", sort=False)[list(ROWS)].max()
    some, none = found[(found > 0).any(axis=1)], found.index[(found == 0).all(axis=1)]
    parts = [
        f"{run} {row['n_constant']:.0f} constant, {row['n_duplicate']:.0f} duplicate, "
        f"{row['n_failed']:.0f} failed"
        for run, row in some.iterrows()
    ]
    if not parts:
        return "Nothing was left out and nothing failed, in any snapshot after step 0 of any run."
    return f"Most in any snapshot: {'; '.join(parts)}." + (
        f" None of {', '.join(none)}." if len(none) else ""
    )
