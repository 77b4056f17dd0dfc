"""Path of each layer in the information plane over training, for any study.

A value at 0.98 of its ceiling or more says nothing about the layer, and is drawn hollow.
"""

from itertools import cycle

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure

from grokking_phases.analysis.events import FOUND
from grokking_phases.analysis.time_scales import SATURATED
from grokking_phases.figures.study._words import words
from grokking_phases.plotting.layouts import grid, n_rows, sheet
from grokking_phases.plotting.panels import in_panels
from grokking_phases.plotting.planes import ARROWS, MARKERS, draw_ceilings, draw_path, mark_events
from grokking_phases.plotting.style import SEQUENTIAL
from grokking_phases.plotting.time_scale_names import NAMES
from grokking_phases.plotting.words import Words

DRAWS = ["mutual_information", "time_scales"]  # of time scales, those that are drawn have names
NEEDS = ["mutual_information"]
COLUMNS = ["run", "seed", "table", "layer", "step", "metric", "value", "event", "status", "source"]
INFORMATION = ["information_x", "information_y"]
DRAWN = [*INFORMATION, "ceiling_x", "ceiling_y"]
LINES = "A path for each run and seed, by marker."
KEY = f"Colour: step; star: last. Dashed: ceilings; hollow: {SATURATED:g} of one, or above."
EVENTS = Words(notes=["Arrows: events of the first seed, each at the nearest snapshot."])


def select(tables: pd.DataFrame, panels: dict[str, list[str]]) -> pd.DataFrame:
    """Return information and ceilings in nats for each run, seed, layer and step > 0, tidy.

    Behind them are the named time scales of each seed (`event`), if a table of them is drawn. The `source` of
    one is the table in which it was found, or none for the curves.
    """
    tables = tables.reindex(columns=list(dict.fromkeys([*tables, *COLUMNS])))
    rows = tables[(tables["step"] > 0) & tables["metric"].isin(DRAWN)]
    found = tables["event"].isin(ARROWS) & (tables["status"] == FOUND) & tables["seed"].notna()
    return in_panels(pd.concat([rows[COLUMNS], tables.loc[found, COLUMNS]], ignore_index=True), panels)


def draw(numbers: pd.DataFrame, study: dict) -> list[Figure]:
    """Return a page for each estimate and panel, with the layers side by side."""
    measured, events = numbers[numbers["metric"].notna()], numbers[numbers["event"].notna()]
    measured = measured.fillna({"layer": ""})  # a table of one's own may name none
    pages = dict(list(measured.groupby(["table", "panel"], sort=False)))
    order = sorted(pages, key=lambda key: list(study["metrics"]).index(key[0]))
    return [
        draw_page(pages[table, panel], of_table(events, table), study, f"{panel}, {table}")
        for table, panel in order
    ]


def of_table(events: pd.DataFrame, table: str) -> pd.DataFrame:
    """Return the events of the curves and of one table."""
    return events[events["source"].isna() | (events["source"] == table)]


def draw_page(numbers: pd.DataFrame, events: pd.DataFrame, study: dict, title: str) -> Figure:
    layers = list(dict.fromkeys(numbers["layer"]))
    colours = LogNorm(1, max(2, numbers["step"].max()))
    height = 0.6 + 2.5 * n_rows(len(layers))
    figure, part = sheet(
        height,
        f"Information plane, {title}",
        words(numbers, study, Words([KEY]) + (EVENTS if len(events) else Words()), LINES),
    )
    axes = grid(part, len(layers))
    for ax, layer in zip(axes, layers, strict=True):
        draw_panel(ax, numbers[numbers["layer"] == layer], colours)
        ax.set(title=f"layer {layer}" if layer else "", xlabel="I(T;X) (nats)", ylabel="I(T;Y) (nats)")
    for ax, layer in zip(axes, layers, strict=True):  # once all panels have their range
        mark_first(
            ax,
            numbers[numbers["layer"] == layer],
            events[events["layer"].isna() | (events["layer"] == layer)],
        )
    part.colorbar(ScalarMappable(colours, SEQUENTIAL), ax=axes, label="step", pad=0.01)
    return figure


def mark_first(ax: Axes, rows: pd.DataFrame, events: pd.DataFrame) -> None:
    """Draw arrows at the events of the first run and seed of a panel; those without a layer are of all."""
    run, seed = rows[["run", "seed"]].iloc[0]
    first = rows[(rows["run"] == run) & (rows["seed"] == seed)]
    path = first.pivot(index="step", columns="metric", values="value")[INFORMATION]
    own = events[(events["run"] == run) & (events["seed"] == seed)]
    mark_events(ax, path, {NAMES[event.event]: event.step for event in own.itertuples()})


def draw_panel(ax: Axes, rows: pd.DataFrame, colours: LogNorm) -> None:
    """Draw a path for each run and seed, coloured by step, with a star at its end."""
    wide = rows.pivot(index=["run", "seed", "step"], columns="metric", values="value").reset_index()
    above = [wide[f"information_{v}"] >= SATURATED * wide[f"ceiling_{v}"] for v in ("x", "y")]
    wide = wide.assign(hollow=above[0] | above[1])
    for marker, (_, path) in zip(cycle(MARKERS), wide.groupby(["run", "seed"]), strict=False):
        draw_path(ax, path.set_index("step")[INFORMATION], path["hollow"].to_numpy(), colours, marker)
    draw_ceilings(ax, wide["ceiling_x"].max(), wide["ceiling_y"].max())
