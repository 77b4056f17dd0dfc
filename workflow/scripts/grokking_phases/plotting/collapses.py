"""Softmax collapse over training, as the figures of both papers draw it (`metrics.softmax_collapse`)."""

from math import ceil

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from grokking_phases.plotting.layouts import in_pages, legend_above, sheet
from grokking_phases.plotting.lines import draw_lines, sparse_ticks
from grokking_phases.plotting.panels import in_panels
from grokking_phases.plotting.recipes import all_described, broken, cut_short, held, labels, spread
from grokking_phases.plotting.words import Words

QUANTITIES = {
    "rounded_to_one": "share of samples\nat p = 1",
    "class_mean_norm": "norm of the\nclass-mean part",
    "last_layer_norm": "norm of the last layer",
    "logit_scale": "scale of the logits",
}
LINEAR = 10  # the largest value of a panel whose axis is linear, if values may be negative
KEY = "All on the train set; p: probability of the sample's class, rounded to float32."
SYMLOG = f"A synergy that exceeds {LINEAR} bits has a logarithmic axis, which is linear below 1 bit."
ABOUT = [
    "Class-mean part: what the rows of the last layer have in common, which softmax ignores.",
    "Scale: root mean square of the logits less their mean over classes.",
]


def collapses(tables: pd.DataFrame, panels: dict[str, list[str]]) -> pd.DataFrame:
    """Return the `value` of each of QUANTITIES and of n_undefined, for each run, seed, layer and step > 0."""
    rows = tables[(tables["step"] > 0) & tables["metric"].isin([*QUANTITIES, "n_undefined"])]
    return in_panels(rows[["run", "seed", "layer", "step", "metric", "value"]], panels)


def draw_collapses(numbers: pd.DataFrame, study: dict, besides: dict[str, str] | None = None) -> list[Figure]:
    """Return a page for each panel, with a line for each of its runs; more, of more than six quantities.

    `besides` maps other metrics, which may be negative, to the names of their axes; they come first.
    """
    quantities = list(((besides or {}) | QUANTITIES).items())
    return [
        draw_page(rows, study["runs"], panel, dict(drawn))
        for panel, rows in numbers.groupby("panel", sort=False)
        for drawn in in_pages(quantities)
    ]


def draw_page(numbers: pd.DataFrame, runs: dict[str, dict], panel: str, quantities: dict[str, str]) -> Figure:
    drawn = list(numbers["run"].unique())
    names = dict(zip(drawn, labels(runs, drawn), strict=True))
    rows = numbers.assign(name=numbers["run"].map(names))
    title, n = f"Softmax collapse: {panel}", ceil(len(quantities) / 2)
    figure, part = sheet(0.5 + 1.8 * n, title, words(rows, {run: runs[run] for run in drawn}))
    axes = part.subplots(n, 2, sharex=True, squeeze=False)
    for ax, (quantity, name) in zip(axes.flat, quantities.items(), strict=False):
        draw_panel(ax, rows[rows["metric"] == quantity], quantity, list(names.values()))
        ax.set(xlabel="step", ylabel=name)
    legend_above(part, 2)
    return figure


def draw_panel(ax: Axes, rows: pd.DataFrame, quantity: str, names: list[str]) -> None:
    draw_lines(ax, rows, "value", "name", names)
    if quantity == "rounded_to_one":
        ax.set_ylim(-0.03, 1.03)
    elif quantity in QUANTITIES:
        ax.set_yscale("log")
        sparse_ticks(ax.yaxis)
    elif rows["value"].abs().max() > LINEAR:
        ax.set_yscale("symlog", linthresh=1)
        sparse_ticks(ax.yaxis)


def words(numbers: pd.DataFrame, runs: dict[str, dict]) -> Words:
    return Words(
        [spread(numbers.assign(run=numbers["name"])), KEY],
        [
            *([SYMLOG] if (~numbers["metric"].isin([*QUANTITIES, "n_undefined"])).any() else []),
            *all_described(runs),
            *held(numbers, runs),
            *ABOUT,
            *undefined(numbers),
            *cut_short(numbers, runs),
            *broken(runs),
        ],
    )


def undefined(numbers: pd.DataFrame) -> list[str]:
    """Return a sentence for each run with logits that are not finite in some snapshots."""
    counts = numbers[numbers["metric"] == "n_undefined"]
    found = (counts["value"] > 0).groupby(counts["run"]).agg(["sum", "size"])
    return [
        f"Logits not finite in {n} of {size} snapshots of {run}." for run, (n, size) in found.iterrows() if n
    ]
