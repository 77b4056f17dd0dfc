"""Whether time scales are aligned and move together over settings, by the rules of `analysis.comovement`.

The paper claims that time scales align, of two runs. Above, a point is one run and seed; below, how far it is
from the mean of its setting, in which runs differ by the seed alone. The pairs are those of the plan
(docs/analysis_plan.md); the table of numbers has all others too.
"""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullFormatter

from grokking_phases.analysis.comovement import ALIGNED, LEAST
from grokking_phases.plotting.layouts import legend_above, sheet
from grokking_phases.plotting.style import SMALL
from grokking_phases.plotting.words import Words

DRAWS = ["comovement"]
NAMES = {
    "half_fit": "train accuracy 0.5",
    "fit": "fitted",
    "peak": "top of the test loss",
    "compress": "turn of I(T;X)",
    "gen_0.98": "generalised",
}
KEY = Words(
    [
        "Above: each run and seed. Below: deviations from the mean over the seeds of a setting.",
        f"Shaded: within {ALIGNED:g} in log10 step.",
        "Triangles point to where a time scale is that was not met or is absent.",
        "Intervals: bootstrap over settings; verdicts: after Holm's correction.",
    ],
    ["Slope: given the task, train accuracy 0.5 and, unless it is one of the two, fitting."],
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
    for column, pair in zip(axes.T, pairs, strict=False):
        points = both(numbers, pair)
        draw_steps(column[0], points, pair)
        draw_deviations(column[1], deviations(points), pair)
    legend_above(part)
    return [figure]


def both(numbers: pd.DataFrame, pair: dict) -> pd.DataFrame:
    """Return {task, run, seed, first, second, first_censored, second_censored} of a pair."""
    own = numbers[numbers["event"].isin([pair["first"], pair["second"]])]
    own = own[own["source"].isna() | (own["source"] == pair["source"])]
    wide = own.pivot(index=["task", "run", "seed"], columns="event", values=["step", "censored"])
    ends = {"first": pair["first"], "second": pair["second"]}
    steps = {end: wide["step"][event].astype(float) for end, event in ends.items()}
    unseen = {f"{end}_censored": wide["censored"][event].astype(bool) for end, event in ends.items()}
    return pd.DataFrame(steps | unseen).reset_index()


def deviations(points: pd.DataFrame) -> pd.DataFrame:
    """Return log10 steps less the mean of their setting, of runs that have both."""
    seen = points[~points["first_censored"] & ~points["second_censored"]].copy()
    for end in ("first", "second"):
        logs = np.log10(seen[end])
        seen[end] = logs - logs.groupby(seen["run"]).transform("mean")
    return seen[seen.groupby("run")["seed"].transform("size") > 1]


def draw_steps(ax: Axes, points: pd.DataFrame, pair: dict) -> None:
    """Draw the steps of a pair, with the band in which the two are aligned."""
    ends = np.array([points[["first", "second"]].min().min(), points[["first", "second"]].max().max()])
    ax.fill_between(ends, ends / 10**ALIGNED, ends * 10**ALIGNED, color="0.9", zorder=0)
    for place, (task, rows) in enumerate(points.groupby("task", sort=False)):
        for marker, first, second in (("o", 0, 0), (">", 1, 0), ("^", 0, 1), ("P", 1, 1)):
            own = rows[(rows["first_censored"] == first) & (rows["second_censored"] == second)]
            hollow = {"markerfacecolor": "none"} if marker != "o" else {}
            label = {"label": task} if marker == "o" else {}
            ax.plot(own["first"], own["second"], marker, color=f"C{place}", markersize=3.5, **hollow, **label)
    ax.set(xscale="log", yscale="log", xlabel=named(pair["first"]), ylabel=named(pair["second"]))
    ax.set(xlim=ends * [0.8, 1.25], ylim=ends * [0.8, 1.25])
    for axis in (ax.xaxis, ax.yaxis):
        axis.set_minor_formatter(NullFormatter())
    distance = f"{pair['least']:.2f} [{pair['distance_low']:.2f}, {pair['distance_high']:.2f}]"
    ax.set_title(f"distance {distance}\naligned: {pair['aligned']}", fontsize=SMALL, loc="left")


def draw_deviations(ax: Axes, points: pd.DataFrame, pair: dict) -> None:
    """Draw how far runs are from the mean of their setting."""
    for place, (_, rows) in enumerate(points.groupby("task", sort=False)):
        ax.plot(rows["first"], rows["second"], "o", color=f"C{place}", markersize=3)
    for line in (ax.axhline, ax.axvline):
        line(0, color="0.5", linewidth=0.7)
    ax.set(xlabel=f"{named(pair['first'])}, log10", ylabel=f"{named(pair['second'])}, log10")
    slope, tau = (
        f"{name} {pair[name]:.2f} [{pair[f'{name}_low']:.2f}, {pair[f'{name}_high']:.2f}]"
        for name in ("slope", "tau")
    )
    ax.set_title(f"{slope}\n{tau}\nmoving together: {pair['moving']}", fontsize=SMALL, loc="left")


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
