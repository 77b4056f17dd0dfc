"""Boundaries of each phase when the constants of the rule that finds them are doubled and halved.

There is a page for each run, and a panel for each estimate of O-information in a layer.
"""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from grokking_phases.analysis.events import AS_STATED, PHASES
from grokking_phases.figures.emergence._boundaries import over_seeds
from grokking_phases.figures.emergence._estimates import ties_in_words
from grokking_phases.plotting.layouts import draw_legend, in_pages, name_axes, sheet, title_panel
from grokking_phases.plotting.panels import by_run
from grokking_phases.plotting.phase_looks import COLOURS, worded
from grokking_phases.plotting.recipes import all_described, broken
from grokking_phases.plotting.words import Words

DRAWS = ["phases", "o_information"]  # o_information says how it was estimated
NEEDS = ["phases"]
EDGES = {"start": ">", "end": "<"}
ABSENT = {"marker": "x", "markersize": 3, "linestyle": ""}
CONSTANTS = {  # of the rule, as rows name them
    "smoothing": "s.d. of the smoothing in ln step",
    "first step": "the step from which it looks",
    "prominence": "least prominence of a peak, as a part of the range",
    "noise": "how many times as far a peak must stand out as noise does in 5 % of draws",
    "breadth": "s.d. in ln step of the smoothing under which a peak must still stand out",
    "least": "least number of snapshots; with fewer, no phase is looked for",
    "tolerance": "part of a rise or a fall after which it counts as begun",
    "rise": "least rise of test accuracy in Decoupling",
}
EVENTS = {"memorised": ":", "generalised": "--"}
ROW = 0.32  # inches, of a rule
LANE = 0.17  # height of a phase, as a part of a rule's row


def select(tables: pd.DataFrame, panels: dict[str, list[str]]) -> pd.DataFrame:
    """Return each event's step over seeds with its interval.

    There is a row for each run, estimate, variant of the rule, and event.
    """
    return over_seeds(tables, panels)


def draw(numbers: pd.DataFrame, study: dict) -> list[Figure]:
    """Return a page for each run, with a panel for each estimate in a layer; more, of more than two."""
    columns = list(numbers[["estimate", "layer"]].drop_duplicates().itertuples(index=False, name=None))
    titles = {column: [ties_in_words(study, column[0]), *named_layer(columns, *column)] for column in columns}
    return [
        draw_page(rows, study, name, dict(shown))
        for name, rows in by_run(numbers, study["runs"]).items()
        for shown in in_pages(list(titles.items()), 2)
    ]


def draw_page(rows: pd.DataFrame, study: dict, name: str, columns: dict) -> Figure:
    """Return a page of a run; `columns` maps (estimate, layer) to the words of its title."""
    rules, run = list(rows["rule"].unique()), rows["run"].iloc[0]
    title = f"Phases when a constant of their rule is doubled or halved: {name}"
    figure, part = sheet(1.3 + ROW * len(rules), title, words({run: study["runs"][run]}))
    axes = part.subplots(1, len(columns), sharex=True, sharey=True, squeeze=False)[0]
    for ax, ((estimate, layer), said) in zip(axes, columns.items(), strict=True):
        draw_panel(ax, rows[(rows["estimate"] == estimate) & rows["layer"].isin([layer])], rules)
        title_panel(ax, ", ".join([name, *said]), len(columns) + 0.7)
    name_axes(part, "step", "")
    draw_legend(part, key(), [mark.get_label() for mark in key()])
    return figure


def named_layer(columns: list[tuple[str, str]], estimate: str, layer: str) -> list[str]:
    """Return the layer's name for a title in a list, which is empty if the estimate has only one layer."""
    return [f"layer {layer}"] if len([other for other, _ in columns if other == estimate]) > 1 else []


def draw_panel(ax: Axes, rows: pd.DataFrame, rules: list[str]) -> None:
    """Draw a row for each rule, and in it a lane for each phase, from its start to its end."""
    for y, rule in enumerate(rules):
        variant = rows[rows["rule"] == rule]
        for lane, phase in enumerate(PHASES):
            height = y + LANE * (lane - (len(PHASES) - 1) / 2)
            draw_phase(ax, variant[variant["event"].str.startswith(f"{phase}.")], phase, height)
    for stated in rows[rows["rule"] == AS_STATED].dropna(subset="step").itertuples():
        colour = COLOURS.get(stated.event.split(".")[0], "black")
        ax.axvline(
            stated.step,
            color=colour,
            linestyle=EVENTS.get(stated.event, "-"),
            linewidth=0.6,
            alpha=0.6,
            zorder=0,
        )
    ax.set(xscale="log", ylim=(len(rules) - 0.5, -0.5))
    ax.set_yticks(range(len(rules)), [worded(rule).replace(" x ", " × ") for rule in rules])
    ax.grid(False, axis="y")
    for y in range(1, len(rules)):
        ax.axhline(y - 0.5, color="0.85", linewidth=0.6, zorder=0)


def draw_phase(ax: Axes, edges: pd.DataFrame, phase: str, y: float) -> None:
    """Draw the two ends of a phase in their intervals, or a cross if the phase is absent.

    An end is hollow if only some seeds have it.
    """
    found = edges.dropna(subset="step")
    if found.empty and len(edges):
        ax.plot(1.03, y, color=COLOURS[phase], transform=ax.get_yaxis_transform(), clip_on=False, **ABSENT)
    ax.plot(
        found["step"], [y] * len(found), color=COLOURS[phase], linewidth=3, alpha=0.35, solid_capstyle="butt"
    )
    for edge in found.itertuples():
        look = {"marker": EDGES[edge.event.split(".")[1]], "color": COLOURS[phase], "markersize": 3.5}
        ax.plot([edge.low, edge.high], [y, y], color=COLOURS[phase], linewidth=0.8)
        ax.plot(
            edge.step, y, **look, markerfacecolor=COLOURS[phase] if edge.n_found == edge.n_seeds else "white"
        )


def key() -> list[Line2D]:
    """Return the entries of the legend: phases, marks and lines."""
    return [
        *(Line2D([], [], color=COLOURS[phase], linewidth=3, label=worded(phase)) for phase in PHASES),
        *(Line2D([], [], color="0.3", marker=mark, linestyle="", label=edge) for edge, mark in EDGES.items()),
        Line2D([], [], color="0.3", label="absent", **ABSENT),
        *(
            Line2D([], [], color="black", linestyle=dash, linewidth=0.8, label=name)
            for name, dash in EVENTS.items()
        ),
    ]


def words(runs: dict[str, dict]) -> Words:
    return Words(
        [
            "Marks: on the mean of the seeds, with the central 95 % of resamples of the seeds; "
            "hollow: not all seeds have them; a start without an end: that is not reached.",
            "Vertical lines: under the stated rule.",
        ],
        [
            "Each row but the first: the rule with one constant doubled or halved.",
            *(f"{name.capitalize()}: {meaning}." for name, meaning in CONSTANTS.items()),
            "The rule reads O-information, as far as a Gaussian copula sees it (it is blind to XOR).",
            *all_described(runs),
            *broken(runs),
        ],
    )
