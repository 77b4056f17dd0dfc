"""Time scales by dropout and weight decay: a row for each recipe of a task.

The runs of the two-phase paper have one recipe. If a time scale is not found, the row says so in words.
"""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from grokking_phases.analysis.events import FOUND
from grokking_phases.analysis.time_scales import in_last_layer
from grokking_phases.plotting.layouts import legend_above, sheet
from grokking_phases.plotting.panels import in_panels
from grokking_phases.plotting.recipes import described, dropout, evaluation, regularised, sampling
from grokking_phases.plotting.style import SMALL
from grokking_phases.plotting.time_scale_names import NAMES
from grokking_phases.plotting.words import Words

NEEDS_RECIPE = True
DRAWS = ["time_scales"]
SCALES = {  # time scale: short name, colour, marker
    "fit": ("fit", "C1", "o"),
    "peak": ("peak", "C3", "^"),
    "compress": ("turn", "C2", "D"),
    "gen_0.9": ("0.9", "C0", "s"),
    "gen_0.98": ("0.98", "C4", "P"),
}
APART = 0.12  # rows between the marks of two time scales, so that none hides another


def select(tables: pd.DataFrame, panels: dict[str, list[str]]) -> pd.DataFrame:
    """Return rows {run, source, event, status, step, n_seeds, panel} over seeds, each time scale once a run.

    They are from the first source of I(T;X), in its last layer.
    """
    events = in_last_layer(tables[tables["seed"].isna() & tables["event"].isin(SCALES)])
    events = events.drop_duplicates(["run", "event"])
    return in_panels(events[["run", "source", "event", "status", "step", "n_seeds"]], panels)


def draw(numbers: pd.DataFrame, study: dict) -> list[Figure]:
    """Return one page with a panel for each task."""
    panels = dict(list(numbers.groupby("panel", sort=False)))
    n_recipes = max(rows["run"].nunique() for rows in panels.values())
    height = 0.6 + len(panels) * (0.4 + 0.2 * n_recipes)
    figure, part = sheet(height, "Time scales by dropout and weight decay", words(numbers, study))
    axes = part.subplots(len(panels), 1, sharex=True, squeeze=False)[:, 0]
    last = max(run["training"]["steps"] for run in study["runs"].values())
    first = numbers.loc[numbers["status"] == FOUND, "step"].min()
    ends = 10 ** np.floor(np.log10(max(first, 1))) if first < np.inf else 1, 1.1 * last
    for ax, (panel, rows) in zip(axes, panels.items(), strict=True):
        draw_panel(ax, rows, study["runs"])
        ax.set(xscale="log", xlim=ends)
        ax.set_title(panel, loc="left")
    axes[-1].set_xlabel("step")
    legend_above(part, n_columns=3)
    return [figure]


def draw_panel(ax: Axes, rows: pd.DataFrame, runs: dict[str, dict]) -> None:
    """Draw a row for each run: marks at its time scales, and at the right the names of those not found."""
    names = list(dict.fromkeys(rows["run"]))
    for i, (event, (short, colour, marker)) in enumerate(SCALES.items()):
        found = rows[(rows["event"] == event) & (rows["status"] == FOUND)]
        places = found["run"].map(names.index).astype(float) + APART * (i - len(SCALES) // 2)
        ax.plot(found["step"], places, marker, color=colour, label=f"{short}: {NAMES[event]}", markersize=5)
    for place, run in enumerate(names):
        ax.text(
            1.01,
            place,
            missing(rows[rows["run"] == run]),
            transform=ax.get_yaxis_transform(),
            va="center",
            fontsize=SMALL,
        )
    ax.set_yticks(range(len(names)), [recipe(runs[name]) for name in names])
    ax.set(ylim=(len(names) - 0.5, -0.5))


def recipe(run: dict) -> str:
    """Return the dropout and weight decay of a run in words."""
    return ", ".join(filter(None, [dropout(run), regularised(run)]))


def missing(rows: pd.DataFrame) -> str:
    """Return the time scales that are not found in words: `not reached: 0.9, 0.98; absent: peak`."""
    absent = rows[rows["status"] != FOUND]
    words = {event: short for event, (short, *_) in SCALES.items()}
    return "; ".join(
        f"{status}: {', '.join(group['event'].map(words))}"
        for status, group in absent.groupby("status", sort=False)
    )


def taken(run: dict) -> str:
    """Return in words when snapshots were taken or, for a run of curves alone, when it was evaluated."""
    return sampling(run) if "snapshots" in run else evaluation(run)


def words(numbers: pd.DataFrame, study: dict) -> Words:
    first = {
        panel: study["runs"][rows["run"].iloc[0]] for panel, rows in numbers.groupby("panel", sort=False)
    }
    n_seeds = numbers["n_seeds"].max()
    seeds = (
        "One seed each: a difference may be chance."
        if n_seeds == 1
        else f"Medians over up to {n_seeds:.0f} seeds."
    )
    return Words(
        [seeds, "At the right, in words, what was not met or is no turning point."],
        [
            *(f"First row of {panel}: {described(run, taken)}." for panel, run in first.items()),
            "Other rows differ in what is said at their left.",
            "The marks of a row stand a little above or below it, so that none hides another.",
        ],
    )
