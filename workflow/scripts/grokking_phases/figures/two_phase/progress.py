"""Three measures of progress on the same networks, with the accuracies (section 3.2).

These are mutual information, the linear mapping number and local complexity. The two-phase paper names all
three, and takes one.
"""

import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from grokking_phases.analysis.events import FOUND
from grokking_phases.analysis.time_scales import in_last_layer
from grokking_phases.figures.two_phase._information import estimator_text
from grokking_phases.plotting.layer_names import in_order, layer_name
from grokking_phases.plotting.layouts import (
    MOST_COLUMNS,
    draw_legend,
    grid,
    in_pages,
    n_rows,
    sheet,
    title_panel,
)
from grokking_phases.plotting.lines import draw_means
from grokking_phases.plotting.panels import by_run, in_panels
from grokking_phases.plotting.recipes import all_described, regularised, sampling_of, spread
from grokking_phases.plotting.time_scale_names import NAMES
from grokking_phases.plotting.words import Words

DRAWS = ["curves", "mutual_information", "linear_mapping_number", "local_complexity", "time_scales"]
NEEDS = ["curves", "time_scales"]
LINES = {  # metric: name, dashes
    "train_accuracy": ("train", ""),
    "test_accuracy": ("test", (4, 1.5)),
    "information_x": ("I(T;X)", ""),
    "information_y": ("I(T;Y)", (4, 1.5)),
    "linear_mapping_number": ("train", ""),
    "local_complexity_train": ("train", ""),
    "local_complexity_test": ("test", (4, 1.5)),
    "local_complexity_random": ("random points", (1, 1)),
}
TURNS = ["compress", "lmn", "lc"]  # each belongs to the table that it is found in
MARKED = {"fit": "-", "gen_0.98": "--"}  # on every panel
MEANINGS = {"fit": f"{NAMES['fit']} (solid)", "gen_0.98": f"{NAMES['gen_0.98']} (dashed)"}
TURNING = "Black, dash-dotted: where the last layer, smoothed, is largest, if it turns there."
NETWORK = "network"  # in place of a layer, for what is measured of the whole network


def select(tables: pd.DataFrame, panels: dict[str, list[str]]) -> pd.DataFrame:
    """Return rows {run, seed, layer, step, table, metric, value} at steps > 0, then time scales over seeds.

    A turning point (`event`, `status`, `step`, `n_found`) has the table that it is found in as its `source`;
    fitting and generalising have none.
    """
    measured = tables[(tables["step"] > 0) & tables["metric"].isin(LINES)]
    over_seeds = tables[tables["seed"].isna()]
    is_turn = over_seeds["event"].isin(TURNS) & over_seeds["source"].isin(measured["table"])
    events = in_last_layer(over_seeds[is_turn | over_seeds["event"].isin(MARKED)])
    columns = ["run", "seed", "layer", "step", "table", "metric", "value", "event", "status", "source"]
    columns += ["n_found", "n_seeds"]
    rows = pd.concat([measured, events], ignore_index=True).reindex(columns=columns)
    return in_panels(rows.astype({"seed": "Int64"}), panels)


def draw(numbers: pd.DataFrame, study: dict) -> list[Figure]:
    """Return a page for each run; more, of more than six measures."""
    return [
        draw_page(rows, study, title, drawn)
        for title, rows in by_run(numbers, study["runs"]).items()
        for drawn in in_pages(["curves", *(name for name in study["metrics"] if name in set(rows["table"]))])
    ]


def draw_page(numbers: pd.DataFrame, study: dict, title: str, drawn: list[str]) -> Figure:
    height = 0.8 + 2.0 * n_rows(len(drawn))
    figure, part = sheet(height, f"Measures of progress: {title}", words(numbers, study))
    run = study["runs"][numbers["run"].iloc[0]]
    numbers = with_names(numbers)
    colours = colours_of(numbers)
    for ax, table in zip(grid(part, len(drawn), sharey=False), drawn, strict=True):
        draw_panel(ax, numbers[numbers["table"] == table], colours)
        title_panel(ax, named(table, study, run), min(len(drawn), MOST_COLUMNS), size=8)
        draw_events(ax, numbers[numbers["status"] == FOUND], table)
        ax.tick_params(labelbottom=True)
        ax.set(xscale="log", xlabel="step", ylabel="")
    lines = key(numbers[numbers["table"].isin(drawn)], colours)
    draw_legend(part, lines, [line.get_label() for line in lines])
    return figure


def with_names(numbers: pd.DataFrame) -> pd.DataFrame:
    """Add the columns `line`, the name of a metric's dashes, and `where`, the layer or the network."""
    layers = numbers["layer"].map(layer_name, na_action="ignore")
    lines = numbers["metric"].map(lambda metric: LINES[metric][0], na_action="ignore")
    return numbers.assign(line=lines, where=layers.fillna(NETWORK))


def colours_of(numbers: pd.DataFrame) -> dict[str, object]:
    """Return the colour of each layer on a page; what is measured of the network is black."""
    layers = [layer_name(layer) for layer in in_order(numbers.dropna(subset="metric")["layer"].dropna())]
    return {NETWORK: "black"} | dict(zip(layers, sns.color_palette("colorblind", len(layers)), strict=True))


def draw_panel(ax: Axes, rows: pd.DataFrame, colours: dict[str, object]) -> None:
    """Draw means over seeds, with bands of one standard error.

    Each layer has a colour, and each metric its dashes.
    """
    dashes = dict(LINES[metric] for metric in rows["metric"].unique())
    looks = {"hue": "where", "palette": colours, "style": "line", "dashes": dashes, "legend": False}
    draw_means(ax, rows, "value", linewidth=1.2, **looks)


def draw_events(ax: Axes, events: pd.DataFrame, table: str) -> None:
    """Draw a black line at the turning point of a table, and grey ones at fitting and generalising."""
    for turn in events.loc[events["source"] == table, "step"]:
        ax.axvline(turn, color="black", linestyle="-.", linewidth=0.9)
    for event, dashes in MARKED.items():
        for step in events.loc[events["event"] == event, "step"]:
            ax.axvline(step, color="0.6", linestyle=dashes, linewidth=0.9, zorder=0)


def key(numbers: pd.DataFrame, colours: dict[str, object]) -> list[Line2D]:
    """Return the entries of the legend: layers by colour, and metrics by dashes."""
    drawn = numbers.dropna(subset="metric")
    layers = [name for name in colours if name in set(drawn["where"]) and name != NETWORK]
    dashes = {dash: None for name, dash in LINES.values() if name in set(drawn["line"])}
    names = {
        dash: dict.fromkeys(n for n, d in LINES.values() if d == dash and n in set(drawn["line"]))
        for dash in dashes
    }
    return [
        *(Line2D([], [], color=colours[layer], linewidth=3, label=layer) for layer in layers),
        *(
            Line2D([], [], color="black", label=", or ".join(named), dashes=dash or (None, None))
            for dash, named in names.items()
        ),
    ]


def named(table: str, study: dict, run: dict) -> str:
    """Return a panel's title: the measure, its options, and its steps if these are not all snapshots."""
    if table == "curves":
        return "accuracy"
    options = study["metrics"][table]
    when = f"\n{sampling_of(options)(run)}" if options.get("steps") else ""
    match options["module"]:
        case "mutual_information":
            return f"information (nats)\n{estimator_text(options)}{when}"
        case "linear_mapping_number":
            return f"linear mapping number\n{options['n_samples']} samples{when}"
        case _:
            return (
                f"local complexity (neurons)\nradius {options['radius']:g}, "
                f"{options['n_samples']:,} samples{when}"
            )


def words(numbers: pd.DataFrame, study: dict) -> Words:
    runs = {run: study["runs"][run] for run in numbers["run"].unique()}
    events = numbers.dropna(subset="event")
    found = events[events["status"] == FOUND]
    marked = [MEANINGS[event] for event in MARKED if event in set(found["event"])]
    return Words(
        [
            spread(numbers.dropna(subset="seed")),
            *([TURNING] if found["event"].isin(TURNS).any() else []),
            *([f"Grey: {', '.join(marked)}."] if marked else []),
        ],
        [
            "A line at a step stands at the median over the seeds that have the event.",
            *in_some_seeds(found),
            *without_turn(events),
            *all_described(runs),
            *(f"{regularised(run).capitalize()}." for run in runs.values()),
        ],
    )


def in_some_seeds(found: pd.DataFrame) -> list[str]:
    """Return a sentence for each event that only some seeds have."""
    return [
        f"{row.source if row.event in TURNS else MEANINGS[row.event].capitalize()}: "
        f"in {row.n_found:.0f} of {row.n_seeds:.0f} seeds."
        for row in found[found["n_found"] < found["n_seeds"]].itertuples()
    ]


def without_turn(events: pd.DataFrame) -> list[str]:
    """Return a sentence that names the measures without a turning point, if there are any."""
    rows = events[events["event"].isin(TURNS) & (events["status"] != FOUND)]
    absent = [f"{row.source}: largest value {row.status}" for row in rows.itertuples()]
    return [f"No turning point ({'; '.join(absent)})."] if absent else []
