"""Every measure of a run on two pages: curves, information, O-information, complexity, softmax collapse.

The two-phase paper shows accuracy, test error and information. The other measures are those that it names,
or that its recipe (weight decay 0) calls for. I(T;X) in bits is the candidate for the paper's own estimator,
with its null: what normal variables of as many samples would have.
"""

from typing import NamedTuple

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from grokking_phases.analysis.events import FOUND
from grokking_phases.analysis.study_tables import BITS
from grokking_phases.plotting.layer_names import in_order, layer_name
from grokking_phases.plotting.layouts import grid, in_pages, legend_over, n_rows, sheet, title_panel
from grokking_phases.plotting.panels import by_run, in_panels
from grokking_phases.plotting.recipes import all_described, regularised, spread
from grokking_phases.plotting.time_scale_names import NAMES
from grokking_phases.plotting.words import Words

DRAWS = [
    "curves",
    "mutual_information",
    "o_information",
    "linear_mapping_number",
    "local_complexity",
    "softmax_collapse",
    "time_scales",
]
SOLID, DASHED, DOTTED, DASH_DOTTED = "-", "--", ":", "-."
EVENTS = {"fit": DOTTED, "peak": DASH_DOTTED, "gen_0.98": DASHED}  # time scales, with their dashes
ROOM = 3.5  # titles must fit so many to a page, more than there are, since ticks take room between panels
NETWORK = ""  # in place of a layer, for what is measured of the whole network
NULL = "information_x_gaussian"  # depends on the number of samples alone


class Panel(NamedTuple):
    """One panel: the options by which its tables are recognised, and {metric: (name, dashes)}."""

    title: str
    wanted: dict[str, str]
    lines: dict[str, tuple[str, str]]
    factor: float = 1.0
    scale: str = "linear"


CURVES = {"module": "curves"}
KERNEL = {"estimator": "kernel_density", "noise_scale": "relative"}
CANDIDATE = {"estimator": "binning_per_neuron", "range": "snapshot"}
SPLITS = {"train": SOLID, "test": DASHED, "random": DOTTED}
PANELS = [
    Panel("accuracy", CURVES, {"train_accuracy": ("train", SOLID), "test_accuracy": ("test", DASHED)}),
    Panel(
        "loss (nats)", CURVES, {"train_loss": ("train", SOLID), "test_loss": ("test", DASHED)}, scale="log"
    ),
    Panel("norm of all weights", CURVES, {"weight_norm": ("", SOLID)}),
    Panel("I(T;X), kernel (nats)", KERNEL, {"information_x": ("", SOLID)}),
    Panel("I(T;Y), kernel (nats)", KERNEL, {"information_y": ("", SOLID)}),
    Panel(
        "I(T;X), unit bins (bits)",
        CANDIDATE,
        {"information_x": ("", SOLID), NULL: ("normal", DOTTED)},
        BITS,
    ),
    Panel("synergy (bits)", {"module": "o_information"}, {"synergy": ("", SOLID)}, -BITS),
    Panel("redundancy (bits)", {"module": "o_information"}, {"redundancy": ("", SOLID)}, BITS),
    Panel(
        "linear mapping number",
        {"module": "linear_mapping_number"},
        {"linear_mapping_number": ("", SOLID)},
    ),
    Panel(
        "local complexity",
        {"module": "local_complexity"},
        {f"local_complexity_{split}": (split, dashes) for split, dashes in SPLITS.items()},
    ),
    Panel("samples at p = 1", {"module": "softmax_collapse"}, {"rounded_to_one": ("", SOLID)}),
    Panel(
        "last layer: norm",
        {"module": "softmax_collapse"},
        {"last_layer_norm": ("all", SOLID), "class_mean_norm": ("class mean", DASHED)},
    ),
]
METRICS = {metric for panel in PANELS for metric in panel.lines}


def select(tables: pd.DataFrame, panels: dict[str, list[str]]) -> pd.DataFrame:
    """Return {run, seed, table, layer, step, metric, value} at steps > 0, then time scales over seeds."""
    measured = tables[(tables["step"] > 0) & tables["metric"].isin(METRICS)]
    events = tables[(tables["table"] == "time_scales") & tables["seed"].isna() & tables["event"].isin(EVENTS)]
    columns = ["run", "seed", "table", "layer", "step", "metric", "value", "event", "status"]
    rows = pd.concat([measured, events], ignore_index=True).reindex(columns=columns)
    return in_panels(rows.astype({"seed": "Int64"}), panels)


def draw(numbers: pd.DataFrame, study: dict) -> list[Figure]:
    """Return two pages for each run, or one if few measures were taken."""
    return [
        page
        for title, rows in by_run(numbers, study["runs"]).items()
        for page in draw_run(rows, study, title)
    ]


def draw_run(numbers: pd.DataFrame, study: dict, title: str) -> list[Figure]:
    tables = {"curves": CURVES} | study["metrics"]
    drawn = [(panel, rows) for panel in PANELS if len(rows := rows_of(panel, numbers, tables))]
    return [draw_page(panels, numbers, study, title) for panels in in_pages(drawn)]


def draw_page(drawn: list, numbers: pd.DataFrame, study: dict, title: str) -> Figure:
    """Draw panels, given with their rows; `numbers` are those of the run."""
    figure, part = sheet(2.3 * n_rows(len(drawn)), f"All measures: {title}", words(numbers, study))
    layers = in_order(numbers["layer"].dropna())
    colours = {NETWORK: "black"} | {layer: f"C{i}" for i, layer in enumerate(layers)}
    for ax, (panel, rows) in zip(grid(part, len(drawn), sharey=False), drawn, strict=True):
        draw_panel(ax, panel, rows, colours)
        draw_events(ax, numbers)
    return figure


def rows_of(panel: Panel, numbers: pd.DataFrame, tables: dict[str, dict]) -> pd.DataFrame:
    """Return the rows of a panel, of all tables with the options that it wants."""
    names = [name for name, entry in tables.items() if panel.wanted.items() <= entry.items()]
    return numbers[numbers["table"].isin(names) & numbers["metric"].isin(panel.lines)]


def draw_panel(ax: Axes, panel: Panel, rows: pd.DataFrame, colours: dict[str, str]) -> None:
    """Draw each line of each layer, which has a colour; what does not depend on the layer is drawn once."""
    rows = rows.assign(layer=rows["layer"].fillna(NETWORK))
    layers = in_order(rows["layer"])
    for layer in layers:
        for metric, (_, dashes) in panel.lines.items():
            own = rows[(rows["layer"] == layer) & (rows["metric"] == metric)]
            if metric == NULL and layer != layers[0]:
                continue
            draw_seeds(ax, own, panel.factor, "0.3" if metric == NULL else colours[layer], dashes)
    ax.set(xscale="log", xlabel="step", yscale=panel.scale)
    write_legend(ax, panel, {layer: colours[layer] for layer in layers})


def write_legend(ax: Axes, panel: Panel, colours: dict[str, str]) -> None:
    """Name the colours of several layers, and the dashes that have names."""
    [colour] = colours.values() if len(colours) == 1 else ["0.3"]
    for layer in colours if len(colours) > 1 else ():
        ax.plot([], [], color=colours[layer], label=layer_name(layer))
    for name, dashes in panel.lines.values():
        if name:
            ax.plot([], [], color=colour, linestyle=dashes, label=name)
    if any(ax.get_legend_handles_labels()[1]):
        legend_over(ax, panel.title)
    else:
        title_panel(ax, panel.title, ROOM, size=10)


def draw_seeds(ax: Axes, rows: pd.DataFrame, factor: float, color: str, dashes: str) -> None:
    """Draw the mean over seeds, with a band from the least to the largest."""
    values = factor * rows.astype({"step": int}).pivot(index="step", columns="seed", values="value")
    ax.plot(values.index, values.mean(axis=1), color=color, linestyle=dashes, linewidth=1.1)
    ax.fill_between(values.index, values.min(axis=1), values.max(axis=1), color=color, alpha=0.2, linewidth=0)


def draw_events(ax: Axes, numbers: pd.DataFrame) -> None:
    """Mark the time scales of the curves."""
    for row in numbers[numbers["event"].notna() & (numbers["status"] == FOUND)].itertuples():
        ax.axvline(row.step, color="0.4", linestyle=EVENTS[row.event], linewidth=0.8)


def words(numbers: pd.DataFrame, study: dict) -> Words:
    runs = {run: study["runs"][run] for run in numbers["run"].unique()}
    lines = ", ".join(f"{name} ({'not found' if lost else dashes})" for name, dashes, lost in marks(numbers))
    return Words(
        [
            spread(numbers.dropna(subset="seed"), bands="from the least to the largest"),
            f"Vertical: {lines}; medians over seeds.",
        ],
        [
            "Unit bins: bins of each unit, in its range at the snapshot.",
            "Dotted there: normal variables of as many samples.",
            "Samples at p = 1: share whose target probability, rounded to float32, is 1.",
            *all_described(runs),
            *(f"{regularised(run).capitalize()}." for run in runs.values()),
        ],
    )


def marks(numbers: pd.DataFrame) -> list[tuple[str, str, bool]]:
    """Return (name, dashes in words, whether it is not found) of each time scale."""
    dashes_in_words = {DOTTED: "dotted", DASH_DOTTED: "dash-dotted", DASHED: "dashed"}
    found = set(numbers.loc[numbers["status"] == FOUND, "event"])
    return [(NAMES[event], dashes_in_words[dashes], event not in found) for event, dashes in EVENTS.items()]
