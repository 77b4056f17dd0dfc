"""Number of linear regions over training, and how many vanished in each of three ways (section 4.1).

The two-phase paper argues that regions vanish in these ways, but does not count them. On the left is the
number of regions that the layers up to a given one make. On the right is what became of them since the first
snapshot, by mechanism, with composite boundaries as one.
"""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from grokking_phases.figures.two_phase._squares import first_seeds
from grokking_phases.plotting.layer_names import in_order, layer_name
from grokking_phases.plotting.layouts import in_pages, legend_above, sheet
from grokking_phases.plotting.panels import by_run, in_panels
from grokking_phases.plotting.recipes import of_one_seed, sampling_of
from grokking_phases.plotting.words import Words

DRAWS = ["curves", "linear_regions"]
NEEDS = ["linear_regions"]
COUNTS = {"regions": ("exact", "black", "-"), "regions_resolved": ("composite boundaries as one", "C4", "--")}
MECHANISMS = {
    "alignment": ("vanished by alignment", "C0", "-"),
    "disappearance": ("by disappearance", "C1", "--"),
    "merging": ("by merging", "C2", "-."),
    "born": ("born", "0.45", "-"),
}
EULER = ["boundaries", "crossings", "closed"]
ACCURACIES = {"train_accuracy": "0.65", "test_accuracy": "0.35"}
WIDTHS = {"train_accuracy": 1.6, "test_accuracy": 0.9}


def select(tables: pd.DataFrame, panels: dict[str, list[str]]) -> pd.DataFrame:
    """Return the counts of regions by layer, accuracies, and the parts that make up regions (`EULER`).

    The rows are of each run's first seed and steps > 0. For changes, `so_far` is the sum up to a step.
    """
    measured = tables["metric"].isin([*COUNTS, *MECHANISMS, *EULER])
    seeds = first_seeds(tables[measured])[["run", "seed"]].drop_duplicates()
    rows = tables[(measured | tables["metric"].isin(ACCURACIES)) & (tables["step"] > 0)].merge(seeds)
    rows = rows.sort_values(["run", "layer", "metric", "step"])
    changing = rows["metric"].isin(MECHANISMS)
    so_far = rows[changing].groupby(["run", "layer", "metric"])["value"].cumsum()
    rows = rows.assign(so_far=so_far)[["run", "seed", "layer", "step", "metric", "value", "so_far"]]
    return in_panels(rows, panels)


def draw(numbers: pd.DataFrame, study: dict) -> list[Figure]:
    """Return a page for each run, with a row for each layer; more, of more than three layers."""
    return [
        draw_page(rows, study, title, layers)
        for title, rows in by_run(numbers, study["runs"]).items()
        for layers in in_pages(in_order(rows["layer"].dropna()), 3)
    ]


def draw_page(numbers: pd.DataFrame, study: dict, title: str, layers: list[str]) -> Figure:
    height = 1.1 + 1.7 * len(layers)
    figure, part = sheet(height, f"Linear regions over training: {title}", words(numbers, study))
    axes = part.subplots(len(layers), 2, sharex=True, squeeze=False)
    for (counts, changes), layer in zip(axes, layers, strict=True):
        rows = numbers[numbers["layer"] == layer]
        draw_lines(counts, rows, COUNTS, "value")
        draw_lines(changes, rows, MECHANISMS, "so_far")
        draw_accuracies(counts.twinx(), numbers)
        counts.set(ylabel="regions", title=f"by layers up to {layer.replace('_', ' ')}", xscale="log")
        changes.set(ylabel="regions", title="composites as one, so far", xscale="log")
    for ax in axes[-1]:
        ax.set_xlabel("step")
    legend_above(part)
    return figure


def draw_lines(ax: Axes, rows: pd.DataFrame, lines: dict[str, tuple[str, str, str]], column: str) -> None:
    """Draw one line for each metric in `lines`, which maps it to its name, colour and dashes."""
    for metric, (name, colour, dashes) in lines.items():
        curve = rows[rows["metric"] == metric]
        ax.plot(curve["step"], curve[column], dashes, color=colour, label=name, linewidth=1.2)
    ax.set_ylim(bottom=min(0, ax.get_ylim()[0]))


def draw_accuracies(ax: Axes, numbers: pd.DataFrame) -> None:
    for metric, colour in ACCURACIES.items():
        curve = numbers[numbers["metric"] == metric]
        width, name = WIDTHS[metric], metric.replace("_", " ")
        ax.plot(curve["step"], curve["value"], ":", color=colour, linewidth=width, label=name)
    ax.set(ylim=(-0.03, 1.03), ylabel="accuracy")
    ax.grid(False)


def words(numbers: pd.DataFrame, study: dict) -> Words:
    metric = study["metrics"]["linear_regions"]
    return Words(
        [
            "Dotted, left: train and test accuracy. Right: regions with composite boundaries as one, between "
            "successive snapshots; what vanishes and comes back between two is not seen.",
            "One seed, so no bands.",
        ],
        [
            f"Composite: boundaries that differ by at most {metric['together']:.0%} of the smaller side that "
            "either cuts off.",
            identity(numbers),
            unexplained(numbers),
            f"{of_one_seed(numbers, study['runs'], sampling_of(metric))}.",
        ],
    )


def identity(numbers: pd.DataFrame) -> str:
    """Return in words in how many intervals the first layer's regions changed by lines plus crossings."""
    first = by_step(numbers, in_order(numbers["layer"].dropna())[0]).diff().iloc[1:]
    held = int((first["regions"] == first["boundaries"] + first["crossings"]).sum())
    what = "First layer: the change in regions is that in lines plus that in crossings"
    return f"{what} in {held} of {len(first)} intervals."


def unexplained(numbers: pd.DataFrame) -> str:
    """Return in words how many regions each layer has at most beyond 1 + arcs + crossings."""
    layers = in_order(numbers["layer"].dropna())
    most = {layer_name(layer): by_step(numbers, layer)["closed"].abs().max() for layer in layers}
    said = ", ".join(f"{layer} {number:,.0f}" for layer, number in most.items())
    return f"Not in these counts, closed boundaries that nothing joins to the border, at most: {said}."


def by_step(numbers: pd.DataFrame, layer: str) -> pd.DataFrame:
    """Return the metrics of one layer as a table, step x metric."""
    return numbers[numbers["layer"] == layer].pivot(index="step", columns="metric", values="value")
