"""Synergy, redundancy and losses of one run over steps, with its phases, and synergy against redundancy.

There is a page for each run and treatment of ties. At the top are the phases of the mean over seeds under
the stated rule. On the left, from top to bottom, are the curves normalised for each seed as the paper draws
them, then synergy and redundancy in bits. Normalised curves hide how much of each there is. On the right,
synergy is drawn against redundancy, normalised and in bits, coloured by phase.
"""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from grokking_phases.analysis.events import AS_STATED, PHASES
from grokking_phases.analysis.phases import STATED
from grokking_phases.figures.emergence._boundaries import interval_of_median, missing, over_seeds
from grokking_phases.figures.emergence._estimates import AVERAGE, estimated, undefined
from grokking_phases.figures.emergence._pareto import draw_path, marks
from grokking_phases.plotting.layouts import sheet
from grokking_phases.plotting.lines import draw_means
from grokking_phases.plotting.panels import in_panels
from grokking_phases.plotting.phase_looks import COLOURS, MARKERS, spans, worded
from grokking_phases.plotting.recipes import (
    all_described,
    broken,
    ended_early,
    evaluation,
    is_elsewhere,
    regularised,
    spread,
)
from grokking_phases.plotting.style import SMALL
from grokking_phases.plotting.words import SIGN, Words

DRAWS = ["curves", "o_information", "phases"]
NEEDS = ["o_information"]
LINES = {
    "synergy": "synergy, \N{MINUS SIGN}min Ω",
    "redundancy": "redundancy, max Ω",
    "synergy_size": "size of the synergistic multiplet",
    "train_loss": "train loss",
    "test_loss": "test loss",
}
COLOURED = dict(zip(LINES, ["C0", "C1", "C4", "0.55", "black"], strict=True))
SIGNS = {"synergy": -1, "redundancy": 1}  # synergy is drawn upwards
EVENTS = ["memorised", "generalised"]
LAYOUT = [  # of a page: left, over steps; right, synergy against redundancy
    ["phases", "key"],
    ["lines", "normalised"],
    ["synergy", "bits"],
    ["redundancy", "bits"],
]


def select(tables: pd.DataFrame, panels: dict[str, list[str]]) -> pd.DataFrame:
    """Return `value` (nats, variables), `bits` as drawn, and `normalised`, then the boundaries of phases.

    There is a row for each estimate, run, seed, layer, step > 0 and metric. The losses belong to the estimate
    `curves`. The boundaries are over seeds, under the stated rule.
    """
    rows = tables[tables["metric"].isin(LINES) & (tables["step"] > 0)].rename(columns={"table": "estimate"})
    rows = rows.assign(bits=rows["value"] * rows["metric"].map(SIGNS) / np.log(2))
    columns = ["estimate", "run", "seed", "layer", "step", "metric", "value", "bits", "normalised"]
    boundaries = over_seeds(tables, panels)
    return pd.concat(
        [in_panels(rows[columns], panels), boundaries[boundaries["rule"] == AS_STATED]], ignore_index=True
    )


def draw_pages(numbers: pd.DataFrame, study: dict, named: list[str]) -> list[Figure]:
    """Return a page for each run, estimate and layer.

    named: the phases that the paper's text names for these runs.
    """
    order = list(study["metrics"])
    keys = numbers.loc[
        numbers["metric"] == "synergy", ["panel", "run", "estimate", "layer"]
    ].drop_duplicates()
    keys = keys.sort_values("estimate", key=lambda names: names.map(order.index), kind="stable")
    return [draw_page(rows_on_page(numbers, key), study, key, named) for key in keys.itertuples(index=False)]


def rows_on_page(numbers: pd.DataFrame, key: tuple) -> pd.DataFrame:
    """Return one run's measures of one estimate and layer, the phases found in it, and the losses."""
    numbers = numbers[(numbers["panel"] == key.panel) & (numbers["run"] == key.run)]
    return numbers[
        numbers["estimate"].isin([key.estimate, "curves"])
        & (numbers["layer"].isna() | (numbers["layer"] == key.layer))
    ]


def draw_page(numbers: pd.DataFrame, study: dict, key: tuple, named: list[str]) -> Figure:
    title = f"Progress, {key.panel}: {estimated(study['metrics'][key.estimate], key.layer)}"
    figure, part = sheet(6.2, title, words(numbers, {key.run: study["runs"][key.run]}, named))
    axes = part.subplot_mosaic(LAYOUT, width_ratios=[1.5, 1], height_ratios=[0.6, 1, 0.45, 0.45])
    boundaries, last = numbers[numbers["event"].notna()], numbers["step"].max()
    phases = spans(boundaries, last)
    draw_phases(axes["phases"], boundaries, phases)
    draw_lines(axes["lines"], numbers, "normalised", phases)
    for metric in SIGNS:
        draw_lines(axes[metric], numbers[numbers["metric"] == metric], "bits", phases)
        axes[metric].set_ylabel(f"{metric}\n(bits)")
    for quantity in ("normalised", "bits"):
        draw_path(axes[quantity], path(numbers, quantity), phases)
        axes[quantity].set(xlabel=f"redundancy ({quantity})", ylabel=f"synergy ({quantity})")
    for name, *_ in LAYOUT:
        axes[name].set(xscale="log", xlim=(1, last), xlabel="step" if name == "redundancy" else "")
        axes[name].tick_params(labelbottom=name in ("lines", "redundancy"))
    draw_legend(axes["key"], axes["lines"])
    return figure


def draw_phases(ax: Axes, boundaries: pd.DataFrame, phases: dict[str, tuple[float, float]]) -> None:
    """Draw a row for each event and phase, with whiskers at its boundaries.

    The marker of a phase is that of its points on the right of the page.
    """
    names = [*EVENTS, *PHASES]
    for phase, edges in phases.items():
        y = names.index(phase)
        ax.plot(edges, [y, y], color=COLOURS[phase], linewidth=5, alpha=0.5, solid_capstyle="butt")
        ax.plot(np.sqrt(np.prod(edges)), y, MARKERS[phase], color=COLOURS[phase], markersize=4)
    for bound in boundaries.itertuples():
        name, _, edge = bound.event.partition(".")
        y = names.index(name) + {"start": -0.15, "end": 0.15}.get(edge, 0)
        if np.isfinite(bound.step):
            ax.plot([bound.low, bound.high], [y, y], color="black", linewidth=0.8, marker="|", markersize=3)
            ax.plot(bound.step, y, "|" if edge else "o", color="black", markersize=4)
        elif edge != "end":
            ax.text(1.1, names.index(name), bound.status, va="center", fontsize=SMALL)
    ax.set(yticks=range(len(names)), yticklabels=map(worded, names), ylim=(len(names) - 0.5, -0.5))


def draw_lines(
    ax: Axes, numbers: pd.DataFrame, quantity: str, phases: dict[str, tuple[float, float]]
) -> None:
    """Draw means over seeds, with bands of one standard error, in front of the phases."""
    rows = numbers[numbers[quantity].notna()]
    order = list(LINES)
    look = {"hue": "metric", "hue_order": order, "style": "metric", "style_order": order, "palette": COLOURED}
    if len(rows):
        draw_means(ax, rows, quantity, legend=quantity == "normalised", **look)
    for phase, (start, end) in phases.items():
        ax.axvspan(start, end, color=COLOURS[phase], alpha=0.15, linewidth=0)


def path(numbers: pd.DataFrame, quantity: str) -> pd.DataFrame:
    """Return the means over seeds of `redundancy` and `synergy` at each step at which both are defined."""
    rows = numbers[numbers["metric"].isin(SIGNS)]
    return rows.groupby(["step", "metric"])[quantity].mean().unstack().dropna()


def draw_legend(ax: Axes, drawn: Axes) -> None:
    """Draw the legend of the lines on the left and of the paths below, in a cell of its own."""
    handles, names = drawn.get_legend_handles_labels()
    if drawn.get_legend():  # a run that diverged at once has no lines
        drawn.get_legend().remove()
    entries = dict(zip([LINES[name] for name in names], handles, strict=True)) | marks()
    ax.legend(entries.values(), entries.keys(), loc="center", frameon=False, fontsize=SMALL, handlelength=3)
    ax.axis("off")


def words(numbers: pd.DataFrame, runs: dict[str, dict], named: list[str]) -> Words:
    measured, boundaries = numbers[numbers["metric"] == "synergy"], numbers[numbers["event"].notna()]
    by_eye = [f"The paper's text names, by eye, {', '.join(map(worded, named))}."] if named else []
    return Words(
        [
            spread(measured),
            "Normalised: from 0 to 1 for each seed. Points on the right: means over seeds.",
            phases_key(boundaries),
        ],
        [
            *all_described(runs),
            *(
                f"{regularised(run).capitalize()}; losses: {evaluation(run)} and at snapshots."
                for run in runs.values()
            ),
            f"Normalised curves are scaled (sizes after a Hampel filter), then, but for losses, {AVERAGE}.",
            *phases_notes(boundaries),
            *(by_eye if not any(map(is_elsewhere, runs.values())) else []),
            SIGN,
            *undefined(measured),
            *ended_early(numbers[numbers["estimate"] == "curves"], runs),
            *broken(runs),
        ],
    )


def phases_key(boundaries: pd.DataFrame) -> str:
    """Return a sentence that says how phases are drawn, if any are given."""
    if boundaries.empty:
        return "No phases are given."
    if boundaries.loc[boundaries["event"].str.endswith(".start"), "step"].isna().all():
        return "No phase is found on the mean curve."
    return "Shaded, and coloured on the right: phases of the mean curve; whiskers: spread over seeds."


def phases_notes(boundaries: pd.DataFrame) -> list[str]:
    """Return sentences that say where phases come from, and which are absent."""
    if boundaries.empty:
        return []
    return [
        f"Phases: by a rule stated beforehand (phases.py), which looks from step {STATED.first_step} on, at "
        "raw values smoothed without lag, so that normalised lines trail them; on the mean of the seeds; "
        "whiskers: 95 % of resamples of the seeds. Memorised, generalised: medians over seeds; whiskers: "
        f"{interval_of_median(boundaries[boundaries['event'].isin(EVENTS)])}.",
        *missing(boundaries),
    ]
