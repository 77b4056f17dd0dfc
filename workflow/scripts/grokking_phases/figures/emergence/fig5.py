"""Emergence paper, Figure 5: synergy over training, by weight decay and by initial scale (section 6).

There is a page for each treatment of ties. Above, synergy is normalised over all runs of a panel together, as
in the authors' code for this figure. Below, it is in bits. If phases are given, the step at which each run
generalises is marked.
"""

import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from grokking_phases.analysis.events import generalised_above
from grokking_phases.figures.emergence._accuracy import strengths
from grokking_phases.figures.emergence._boundaries import generalisations
from grokking_phases.figures.emergence._estimates import AVERAGE, estimated, undefined
from grokking_phases.figures.emergence._synergy import (
    LABEL,
    by_estimate,
    log_both_ways,
    scaled_together,
    synergies,
)
from grokking_phases.plotting.layouts import legend_over, sheet
from grokking_phases.plotting.lines import apart, draw_means
from grokking_phases.plotting.recipes import (
    all_described,
    broken,
    cut_short,
    held,
    is_elsewhere,
    labels,
    spread,
)
from grokking_phases.plotting.words import SIGN, Words

DRAWS = ["o_information", "phases"]
NEEDS = ["o_information"]
ROWS = {"normalised": "normalised synergy", "bits": LABEL}
LINEAR = 1.0  # bits


def select(tables: pd.DataFrame, panels: dict[str, list[str]]) -> pd.DataFrame:
    """Return synergy and counts for each run, seed, layer and step > 0, then the steps of generalisation.

    The columns are `value` = min Omega in nats, `bits` = its negative, `normalised` (`scaled_together`), and
    how many units were left out and multiplets failed. The steps of generalisation are over seeds.
    """
    numbers = synergies(tables[tables["table"] != "phases"], panels)
    numbers = numbers.assign(normalised=scaled_together(numbers))
    return pd.concat([numbers, generalisations(tables, panels)], ignore_index=True)


def draw(numbers: pd.DataFrame, study: dict) -> list[Figure]:
    """Return a page for each estimate, in the order of the config, and layer."""
    events = numbers["event"].notna()
    pages = by_estimate(numbers[~events], study["metrics"])
    return [draw_page(rows, numbers[events], study, *key) for key, rows in pages.items()]


def draw_page(numbers: pd.DataFrame, events: pd.DataFrame, study: dict, estimate: str, layer: str) -> Figure:
    title = f"Synergy over training: {estimated(study['metrics'][estimate], layer)}"
    figure, part = sheet(4.9, title, words(numbers, events, study))
    panels = numbers["panel"].unique()
    axes = part.subplots(len(ROWS), len(panels), sharex=True, sharey="row", squeeze=False)
    for column, panel in enumerate(panels):
        rows = numbers[numbers["panel"] == panel]
        for row, (quantity, label) in enumerate(ROWS.items()):
            draw_panel(axes[row, column], rows, events[events["panel"] == panel], study["runs"], quantity)
            axes[row, column].set(xlabel="step", ylabel=label)
        legend_over(axes[0, column], panel, 1)
        axes[1, column].get_legend().remove()
    return figure


def draw_panel(
    ax: Axes, rows: pd.DataFrame, events: pd.DataFrame, runs: dict[str, dict], quantity: str
) -> None:
    """Draw one line for each run: the mean over seeds, with a band of one standard error.

    The step of generalisation is dotted.
    """
    drawn = list(rows["run"].unique())
    names = dict(zip(drawn, labels(runs, drawn), strict=True))
    colours = dict(zip(drawn, sns.color_palette("colorblind", len(drawn)), strict=True))
    palette = {names[run]: colour for run, colour in colours.items()}
    rows = rows.assign(name=rows["run"].map(names))
    draw_means(ax, rows, quantity, **apart("name", list(names.values())) | {"palette": palette})
    for event in events.dropna(subset="step").itertuples():
        ax.axvline(event.step, color=colours[event.run], linestyle=":", linewidth=1)
    ax.set_xscale("log")
    if quantity == "bits":
        log_both_ways(ax, LINEAR)


def words(numbers: pd.DataFrame, events: pd.DataFrame, study: dict) -> Words:
    runs, level = study["runs"], generalised_above(study)
    marked = f"Vertical lines: test accuracy is {level}; runs without one never get there."
    return Words(
        [
            spread(numbers),
            f"Lower panels: linear between {LINEAR:g} bit and its negative, logarithmic beyond.",
            *([marked] if len(events) else []),
        ],
        [
            *all_described(runs),
            *held(numbers, runs),
            f"Above: from 0 to 1 over all runs of the panel, then, for each seed, {AVERAGE}. Below: raw.",
            *together(numbers, runs),
            *(["The step of generalisation is the median over seeds."] if len(events) else []),
            SIGN,
            *undefined(numbers),
            *cut_short(numbers, runs),
            *broken(runs),
        ],
    )


def together(numbers: pd.DataFrame, runs: dict[str, dict]) -> list[str]:
    """Return a sentence for each panel with more runs than the paper's: it names those that share a scale."""
    sentences = []
    for panel, rows in numbers.groupby("panel", sort=False):
        drawn = list(rows["run"].unique())
        by_paper = [strengths(runs[run]) for run in drawn if not is_elsewhere(runs[run])]
        if len(set(by_paper)) < len(by_paper):
            sentences.append(
                f"{panel.capitalize()}: the scale is over {'; '.join(labels(runs, drawn))}. The paper's "
                "panel has one run for each strength, so its scale may differ."
            )
    return sentences
