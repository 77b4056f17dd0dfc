"""Whether time scales are aligned and move together over settings, by the rules of `analysis.comovement`.

The paper claims that time scales align, of two runs. Above, a point is one run and seed; below, how far it is
from the mean of its setting, in which runs differ by the seed alone. The pairs are those of the plan
(docs/analysis_plan.md); the table of numbers has all others too.
"""

from itertools import cycle

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from grokking_phases.analysis.comovement import ALIGNED, LEAST
from grokking_phases.analysis.events import FOUND, NOT_REACHED
from grokking_phases.plotting.layouts import legend_above, sheet
from grokking_phases.plotting.lines import sparse_ticks
from grokking_phases.plotting.style import SMALL
from grokking_phases.plotting.time_scale_names import NAMES
from grokking_phases.plotting.words import Words

DRAWS = ["comovement"]
NAME = 8.5  # points, of the names of axes: three columns share a page
LOOKS = [("C0", "o"), ("C1", "s"), ("C2", "D")]  # colour and marker of each task, again from the first on
KEY = Words(
    [
        "Above: each run and seed in which neither event is absent. Below: log10 steps less their mean over "
        "a setting's seeds.",
        f"Shaded: within {ALIGNED:g} in log10 step.",
        "Slope and tau also use runs in which a step is not known; their intervals test 0, and exclude no "
        "other value.",
        "Hollow, at a run's last step: not met by then (plus: neither is).",
    ],
    [
        "Intervals: bootstrap over settings; verdicts: after Holm's correction.",
        "For the slope, a step that is not known is imputed; for tau, such a pair of runs counts 0.",
        "Runs in which a time scale is absent, so that nothing is known of it, are not drawn.",
        "Distance: median over runs, or its interval alone where steps that are not known decide it.",
        "Slope: given the task, train accuracy 0.5 and, unless it is one of the two, fitting.",
    ],
)


def select(tables: pd.DataFrame, panels: dict[str, list[str]]) -> pd.DataFrame:
    """Return the whole table: time scales of the runs of the panels, then all pairs."""
    runs = [run for names in panels.values() for run in names]
    return tables[(tables["kind"] == "pair") | tables["run"].isin(runs)]


def draw(numbers: pd.DataFrame, study: dict) -> list[Figure]:
    """Return one page with a column for each primary pair."""
    pairs = numbers[numbers["role"] == "primary"].to_dict("records")
    figure, part = sheet(4.9, "Do time scales move together?", words(numbers, pairs))
    axes = part.subplots(2, max(len(pairs), 1), squeeze=False)
    looks = dict(zip(numbers["task"].dropna().unique(), cycle(LOOKS), strict=False))
    for column, pair in zip(axes.T, pairs, strict=False):
        points = both(numbers, pair)
        draw_steps(column[0], points, pair, looks)
        draw_deviations(column[1], deviations(points), pair, looks)
    legend_above(part)
    return [figure]


def both(numbers: pd.DataFrame, pair: dict) -> pd.DataFrame:
    """Return {task, run, seed, first, second, first_later, second_later} of a pair.

    A step that was not reached by then is the run's last, and `later`. Runs in which one of the two is absent
    are left out.
    """
    own = numbers[numbers["event"].isin([pair["first"], pair["second"]])]
    own = own[own["source"].isna() | (own["source"] == pair["source"])]
    own = own.assign(
        later=own["status"] == NOT_REACHED,
        step=own["step"].where(own["status"].isin([FOUND, NOT_REACHED])),
    )
    wide = own.pivot(index=["task", "run", "seed"], columns="event", values=["step", "later"])
    ends = {"first": pair["first"], "second": pair["second"]}
    steps = {end: wide["step"][event].astype(float) for end, event in ends.items()}
    later = {f"{end}_later": wide["later"][event].astype(bool) for end, event in ends.items()}
    return pd.DataFrame(steps | later).dropna().reset_index()


def deviations(points: pd.DataFrame) -> pd.DataFrame:
    """Return log10 steps less the mean of their setting, of runs that have both."""
    seen = points[~points["first_later"] & ~points["second_later"]].copy()
    for end in ("first", "second"):
        logs = np.log10(seen[end])
        seen[end] = logs - logs.groupby(seen["run"]).transform("mean")
    return seen[seen.groupby("run")["seed"].transform("size") > 1]


def draw_steps(ax: Axes, points: pd.DataFrame, pair: dict, looks: dict[str, tuple[str, str]]) -> None:
    """Draw the steps of a pair, with the band in which the two are aligned."""
    steps = points[["first", "second"]].to_numpy()
    ends = np.array([steps.min(), steps.max()]) if len(steps) else np.array([1.0, 10.0])
    ax.fill_between(ends, ends / 10**ALIGNED, ends * 10**ALIGNED, color="0.9", zorder=0)
    for task, (colour, marker) in looks.items():
        rows = points[points["task"] == task]
        for mark, first, second in ((marker, 0, 0), (">", 1, 0), ("^", 0, 1), ("P", 1, 1)):
            own = rows[(rows["first_later"] == first) & (rows["second_later"] == second)]
            fill = {"label": task} if mark == marker else {"markerfacecolor": "none"}
            ax.plot(own["first"], own["second"], mark, color=colour, markersize=3.5, **fill)
    ax.set(xscale="log", yscale="log")
    ax.set_xlabel(f"{named(pair['first'])} (step)", fontsize=NAME)
    ax.set_ylabel(f"{named(pair['second'])} (step)", fontsize=NAME)
    ax.set(xlim=ends * [0.8, 1.25], ylim=ends * [0.8, 1.25])
    for axis in (ax.xaxis, ax.yaxis):
        sparse_ticks(axis)
    median = f"{number(pair['least'])} " if pair["least"] == pair["most"] else ""
    lines = [
        f"both in {pair['n_both']:.0f} of {pair['n_runs']:.0f} runs",
        f"distance {median}{interval(pair, 'distance')}",
        f"aligned: {pair['aligned']}",
    ]
    state(ax, lines)


def draw_deviations(ax: Axes, points: pd.DataFrame, pair: dict, looks: dict[str, tuple[str, str]]) -> None:
    """Draw how far runs are from the mean of their setting."""
    for task, (colour, marker) in looks.items():
        rows = points[points["task"] == task]
        ax.plot(rows["first"], rows["second"], marker, color=colour, markersize=3)
    for line in (ax.axhline, ax.axvline):
        line(0, color="0.5", linewidth=0.7)
    ax.set_xlabel(f"{named(pair['first'])}, log10", fontsize=NAME)
    ax.set_ylabel(f"{named(pair['second'])}, log10", fontsize=NAME)
    lines = [
        f"slope {number(pair['slope'])} {interval(pair, 'slope')}",
        f"tau {number(pair['tau'])} {interval(pair, 'tau')}",
        f"together: {pair['moving']}",
    ]
    state(ax, lines)


def state(ax: Axes, lines: list[str]) -> None:
    """Write what was found above a panel; the lines begin left of it, so that they fit."""
    ax.set_title("\n".join(lines), fontsize=SMALL, loc="left", x=-0.15)


def interval(pair: dict, name: str) -> str:
    return f"[{number(pair[f'{name}_low'])}, {number(pair[f'{name}_high'])}]"


def number(value: float) -> str:
    """Return a number as it is printed: `0.15`, `−0.15`, `∞`, or `?` if it is NaN."""
    if np.isnan(value):
        return "?"
    return f"{value:.2f}".replace("inf", "∞").replace("-", "−")


def named(event: str) -> str:
    return NAMES.get(event, event)


def words(numbers: pd.DataFrame, pairs: list[dict]) -> Words:
    sources = {pair["source"] for pair in pairs}
    of_runs = numbers[
        (numbers["kind"] == "run") & (numbers["source"].isna() | numbers["source"].isin(sources))
    ]
    counts = [
        f"{name[0].upper()}{name[1:]}: {own['censored'].sum()} of {len(own)} censored."
        for event, name in NAMES.items()
        if len(own := of_runs[of_runs["event"] == event])
    ]
    few = [
        f"{verdict}: no verdict for {', '.join(lacking)}, for lack of {LEAST} settings."
        for key, verdict in (("aligned_lacks", "Aligned"), ("moving_lacks", "Moving together"))
        if (lacking := [f"{named(p['first'])} and {named(p['second'])}" for p in pairs if p[key]])
    ]
    return KEY + Words(notes=[*counts, *few])
