"""Three measures of progress on the same networks, with the accuracies (section 3.2).

These are mutual information, the linear mapping number and local complexity. The two-phase paper names all
three, and takes one.
"""

import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from grokking_phases.analysis.events import FOUND
from grokking_phases.analysis.time_scales import in_last_layer
from grokking_phases.figures.two_phase._information import estimator_text
from grokking_phases.plotting.layouts import MOST_COLUMNS, n_rows, sheet
from grokking_phases.plotting.panels import by_run, in_panels
from grokking_phases.plotting.recipes import all_described, regularised, sampling_of, spread

DRAWS = ["curves", "mutual_information", "linear_mapping_number", "local_complexity", "time_scales"]
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
EVENTS = ["compress", "lmn", "lc"]


def select(tables: pd.DataFrame, panels: dict[str, list[str]]) -> pd.DataFrame:
    """Return rows {run, seed, layer, step, table, metric, value} at steps > 0, then time scales over seeds.

    A time scale (`event`, `status`, `step`) has the table that it is found in as its `source`.
    """
    measured = tables[(tables["step"] > 0) & tables["metric"].isin(LINES)]
    events = tables[
        tables["event"].isin(EVENTS) & tables["seed"].isna() & tables["source"].isin(measured["table"])
    ]
    events = in_last_layer(events)
    columns = ["run", "seed", "layer", "step", "table", "metric", "value", "event", "status", "source"]
    rows = pd.concat([measured, events], ignore_index=True).reindex(columns=columns)
    return in_panels(rows.astype({"seed": "Int64"}), panels)


def draw(numbers: pd.DataFrame, study: dict) -> list[Figure]:
    """Return a page for each run."""
    return [draw_page(rows, study, title) for title, rows in by_run(numbers).items()]


def draw_page(numbers: pd.DataFrame, study: dict, title: str) -> Figure:
    drawn = ["curves", *(name for name in study["metrics"] if name in set(numbers["table"]))]
    figure, part = sheet(2.35 * n_rows(len(drawn)), f"Measures of progress: {title}", text(numbers, study))
    axes = part.subplots(n_rows(len(drawn)), MOST_COLUMNS, sharex=True, squeeze=False).flat
    run = study["runs"][numbers["run"].iloc[0]]
    explained: set[str] = set()  # the modules whose lines a legend has named
    for ax, table in zip(axes, drawn, strict=False):
        module = study["metrics"].get(table, {}).get("module", table)
        draw_panel(ax, numbers[numbers["table"] == table], legend=module not in explained)
        explained.add(module)
        ax.set_title(named(table, study, run), fontsize="small")
        for turn in numbers.loc[(numbers["source"] == table) & (numbers["status"] == FOUND), "step"]:
            ax.axvline(turn, color="black", linestyle=":", linewidth=0.9)
        ax.tick_params(labelbottom=True)
        ax.set(xscale="log", xlabel="step", ylabel="")
    for unused in list(axes):
        unused.remove()
    return figure


def draw_panel(ax: Axes, rows: pd.DataFrame, legend: bool) -> None:
    """Draw means over seeds, with bands of one standard error.

    Each layer has a colour, and each metric its dashes.
    """
    rows = rows.assign(
        line=rows["metric"].map(lambda metric: LINES[metric][0]),
        where=rows["layer"].fillna("network").str.replace("_", " ").str.replace(".hidden", ", feed-forward"),
    )
    dashes = dict(LINES[metric] for metric in rows["metric"].unique())
    looks = {"hue": "where"} if rows["where"].nunique() > 1 else {}
    looks |= {"style": "line", "dashes": dashes} if len(dashes) > 1 else {}
    sns.lineplot(
        rows, x="step", y="value", errorbar="se", ax=ax, linewidth=1.1, legend=legend and "auto", **looks
    )
    if looks and legend:
        handles, names = ax.get_legend_handles_labels()
        kept = [
            (handle, name)
            for handle, name in zip(handles, names, strict=True)
            if name not in ("where", "line")
        ]
        ax.legend(*zip(*kept, strict=True), fontsize=5.5, handlelength=2.2)


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


def text(numbers: pd.DataFrame, study: dict) -> str:
    runs = {run: study["runs"][run] for run in numbers["run"].unique()}
    events = numbers.dropna(subset="event")
    absent = [
        f"{row.source}: largest value {row.status}" for row in events.itertuples() if row.status != FOUND
    ]
    return " ".join(
        [
            all_described(runs),
            *(f"{regularised(run).capitalize()}." for run in runs.values()),
            spread(numbers.dropna(subset="seed")),
            "Dotted: where the value is largest, if that is a turning point (median over seeds).",
            *([f"No turning point ({'; '.join(absent)})."] if absent else []),
        ]
    )
