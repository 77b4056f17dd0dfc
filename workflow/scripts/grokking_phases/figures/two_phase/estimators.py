"""I(T;X) and I(T;Y) of the last layer by every estimator, side by side.

The two-phase paper names no estimator. The estimates are of the same networks, each as a part of its ceiling,
with two nulls. Compression is claimed only if estimates that see a layer in different ways agree (`JUDGES`),
for the layer as it is and for the layer times three. Near its ceiling an estimate cannot show a turn, and it
has no vote.
"""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from grokking_phases.analysis.events import ABSENT, FOUND, NOT_REACHED, TOO_FEW
from grokking_phases.analysis.layers import last_layer
from grokking_phases.analysis.time_scales import SATURATED, in_last_layer
from grokking_phases.figures.two_phase._information import estimator_text
from grokking_phases.plotting.layer_names import layer_name
from grokking_phases.plotting.layouts import (
    MOST_COLUMNS,
    grid,
    in_pages,
    legend_above,
    n_rows,
    name_axes,
    sheet,
    title_panel,
)
from grokking_phases.plotting.lines import draw_means
from grokking_phases.plotting.panels import by_run, in_panels
from grokking_phases.plotting.recipes import all_described, regularised, sampling_of, spread
from grokking_phases.plotting.words import Words

DRAWS = ["mutual_information", "time_scales"]
NEEDS = ["mutual_information", "time_scales"]
LINES = {
    "information_x": ("I(T;X)", "C0", "-"),
    "information_y": ("I(T;Y)", "C1", "--"),
    "information_x_units": ("I(T;X), units shuffled", "C0", ":"),
    "information_y_labels": ("I(T;Y), labels permuted", "C1", "-."),
}
EVENTS = ["compress", "compress_tripled"]
FULL = "cannot tell, for it comes to its ceiling"
NO_TURN = {
    ABSENT: "none",
    NOT_REACHED: "none, for it is largest at the last step",
    TOO_FEW: "cannot tell, for the snapshots are too few",
}
OWN_NULL = "Bins on each unit do not see how units go together: with units shuffled, they are the same."
LOWEST = -0.05  # least value that is drawn, as a part of the ceiling
# The estimators that must agree, at all their resolutions, each with the options by which it is recognised.
JUDGES = {
    "kernel density": {"estimator": "kernel_density", "noise_scale": "relative"},
    "quantile bins": {"estimator": "binning", "bin_edges": "quantile"},
    "linear probes": {"estimator": "linear_probe"},
}


def select(tables: pd.DataFrame, panels: dict[str, list[str]]) -> pd.DataFrame:
    """Return the information of the last layer, and its turning points.

    Information is in nats (`value`) and as a part of its ceiling (`normalised`). There is a row for each
    estimate, run, seed and step > 0. Then follow, over seeds, the steps at which I(T;X) turns to compression
    (`event`, `status`, `step`), and whether the estimate comes to its ceiling (`saturated`).
    """
    measured = tables[(tables["step"] > 0) & tables["metric"].isin(LINES)].rename(
        columns={"table": "estimate"}
    )
    last = measured.groupby(["run", "estimate"])["layer"].transform(last_layer)
    measured = measured[measured["layer"] == last]
    events = tables[(tables["table"] == "time_scales") & tables["seed"].isna() & tables["event"].isin(EVENTS)]
    events = in_last_layer(events).assign(estimate=events["source"])
    events = events.merge(saturated(measured), how="left", on=["run", "estimate"])
    columns = ["estimate", "run", "seed", "layer", "step", "metric", "value", "normalised"]
    columns += ["event", "status", "low", "high", "n_found", "n_seeds", "saturated"]
    rows = pd.concat([measured, events], ignore_index=True)
    return in_panels(rows.reindex(columns=columns).astype({"seed": "Int64"}), panels)


def saturated(measured: pd.DataFrame) -> pd.DataFrame:
    """Return whether I(T;X), the mean over seeds, comes too near its ceiling to show a turn.

    There is a row for each run and estimate.
    """
    part = measured[measured["metric"] == "information_x"]
    means = part.groupby(["run", "estimate", "step"])["normalised"].mean()
    largest = means.groupby(["run", "estimate"]).max()
    return (largest >= SATURATED).rename("saturated").reset_index()


def draw(numbers: pd.DataFrame, study: dict) -> list[Figure]:
    """Return a page for each run; more, of more than six estimates."""
    return [
        draw_page(rows, study, title, drawn)
        for title, rows in by_run(numbers, study["runs"]).items()
        for drawn in in_pages([name for name in study["metrics"] if name in set(rows["estimate"])])
    ]


def draw_page(numbers: pd.DataFrame, study: dict, title: str, drawn: list[str]) -> Figure:
    height = 0.6 + 1.9 * n_rows(len(drawn))
    figure, part = sheet(height, f"Estimates of information: {title}", words(numbers, study))
    for ax, estimate in zip(grid(part, len(drawn)), drawn, strict=True):
        draw_panel(ax, numbers[numbers["estimate"] == estimate])
        title_panel(ax, estimator_text(study["metrics"][estimate]), min(len(drawn), MOST_COLUMNS), size=8)
    name_axes(part, "step", "information / its ceiling")
    legend_above(part)
    return figure


def draw_panel(ax: Axes, rows: pd.DataFrame) -> None:
    """Draw means over seeds, with bands of one standard error; a dashed line shows where I(T;X) turns."""
    for metric, (name, colour, dashes) in LINES.items():
        curve = rows[rows["metric"] == metric]
        draw_means(ax, curve, "normalised", color=colour, linestyle=dashes, label=name, legend=False)
    for turn in rows[(rows["event"] == "compress") & (rows["status"] == FOUND)].itertuples():
        ax.axvline(turn.step, color="C0", linestyle="--", linewidth=0.8)
    ax.set(xscale="log", ylim=(LOWEST, 1.05))


def words(numbers: pd.DataFrame, study: dict) -> Words:
    runs = {run: study["runs"][run] for run in numbers["run"].unique()}
    layer = numbers["layer"].dropna().unique()[0]
    *seen, verdict = verdicts(numbers, study["metrics"])
    return Words(
        [
            f"Layer {layer_name(layer)}. {spread(numbers.dropna(subset='seed'))}",
            "Dashed: where I(T;X), smoothed, is largest, if that is a peak and below its ceiling.",
            verdict,
        ],
        [
            *seen,
            *([OWN_NULL] if drawn_per_unit(numbers, study["metrics"]) else []),
            *all_described(runs, sampling_of(study["metrics"][numbers["estimate"].iloc[0]])),
            *(f"{regularised(run).capitalize()}." for run in runs.values()),
            *sampled_otherwise(numbers, study),
            *cut(numbers),
        ],
    )


def drawn_per_unit(numbers: pd.DataFrame, metrics: dict[str, dict]) -> bool:
    """Return whether an estimate looks at each unit alone."""
    return any(
        metrics[name]["estimator"] == "binning_per_neuron"
        for name in metrics
        if name in {*numbers["estimate"]}
    )


def sampled_otherwise(numbers: pd.DataFrame, study: dict) -> list[str]:
    """Return a sentence for each estimate that was taken at other snapshots than the first one."""
    run = study["runs"][numbers["run"].iloc[0]]
    names = [name for name in study["metrics"] if name in set(numbers["estimate"])]
    times = {name: sampling_of(study["metrics"][name])(run) for name in names}
    first = times[numbers["estimate"].iloc[0]]
    others = {name: words for name, words in times.items() if words != first}
    return [
        f"{estimator_text(study['metrics'][name]).capitalize()}: {words}." for name, words in others.items()
    ]


def cut(numbers: pd.DataFrame) -> list[str]:
    """Return a sentence that says where lines are cut, if an estimate is below the range of the panels."""
    least = numbers["normalised"].min()
    return [f"Lines are cut below {LOWEST:g}; the least is {least:.2g}."] if least < LOWEST else []


def verdicts(numbers: pd.DataFrame, metrics: dict[str, dict]) -> list[str]:
    """Return sentences that say what each estimate sees, and whether compression may be claimed."""
    events = numbers.dropna(subset="event").groupby("estimate", sort=False)
    full = {*numbers.loc[numbers["saturated"].eq(True), "estimate"]}
    sentences = [
        f"Compression by {estimator_text(metrics[name])}: {FULL if name in full else said(rows)}."
        for name, rows in events
        if name in metrics
    ]
    seen = {estimate: turns(rows) for estimate, rows in events}
    votes = votes_of(seen, full, metrics)
    if not all(votes.values()):
        return [*sentences, not_judged(votes, votes_of(seen, set(), metrics))]
    agree = all(all(of_judge) for of_judge in votes.values())
    claim = "is claimed" if agree else "is not claimed"
    seen_by = "they all see it" if agree else "not all of them see it"
    return [*sentences, f"Compression {claim}. Judges: {', '.join(JUDGES)}, on T and on 3 T; {seen_by}."]


def not_judged(votes: dict[str, list[bool]], drawn: dict[str, list[bool]]) -> str:
    """Return a sentence that says why judges have no vote; `drawn` holds the votes that all would have."""
    full = [judge for judge, of_judge in votes.items() if drawn[judge] and not of_judge]
    missing = [judge for judge in votes if not drawn[judge]]
    reasons = {"at the ceiling": full, "not among these estimates": missing}
    why = "; ".join(f"{', '.join(judges)} ({reason})" for reason, judges in reasons.items() if judges)
    return f"Compression is not judged without {why}."


def votes_of(
    seen: dict[str, dict[str, float | None]], full: set[str], metrics: dict[str, dict]
) -> dict[str, list[bool]]:
    """Return for each judge whether its estimates see compression, of T and of 3 T; one vote an estimate.

    seen: {estimate: {event: step, or None}}. full: the estimates without a vote, `saturated` ones.
    """
    return {
        judge: [
            all(turned.get(event) is not None for event in EVENTS)
            for name, turned in seen.items()
            if name not in full and fits(metrics.get(name, {}), wanted)
        ]
        for judge, wanted in JUDGES.items()
    }


def turns(events: pd.DataFrame) -> dict[str, float | None]:
    """Return {event: step over seeds, or None if it is not found}."""
    return {row.event: row.step if row.status == FOUND else None for row in events.itertuples()}


def said(events: pd.DataFrame) -> str:
    """Return in words from which step an estimate sees compression, and whether it also does at 3 T.

    Without such a step, return why there is none.
    """
    step, tripled = (turns(events).get(event) for event in EVENTS)
    turn = events[events["event"] == EVENTS[0]].iloc[0]
    if step is None:
        return NO_TURN[turn["status"]]
    of_seeds = f" in {turn['n_found']:.0f} of {turn['n_seeds']:.0f} seeds"
    survives = (
        ""
        if EVENTS[1] not in set(events["event"])
        else ", and so at 3 T"
        if tripled is not None
        else ", not at 3 T"
    )
    return f"from step {step:,.0f}{of_seeds if turn['n_found'] < turn['n_seeds'] else ''}{survives}"


def fits(options: dict, wanted: dict) -> bool:
    """Return whether options have the wanted values."""
    return all(options.get(name) == value for name, value in wanted.items())
