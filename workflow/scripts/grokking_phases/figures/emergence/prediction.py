"""Early synergy peaks as predictors of generalising on a sweep, by the rule of `analysis.prediction`.

The claim is from the emergence paper, section 6. There is a page for each estimate of synergy. Above are ROC
curves, with and without the runs that no rule can miss, and how long before generalising each predictor could
have known. Below are the scores of every run, with the thresholds.
"""

from itertools import cycle

import numpy as np
import pandas as pd
from matplotlib import rcParams
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from grokking_phases.analysis.events import generalised_above
from grokking_phases.analysis.intervals import LEVEL
from grokking_phases.analysis.prediction import EARLY, FORGOTTEN, PREDICTORS, SMOOTHING, SUBSETS
from grokking_phases.figures.emergence._estimates import ties_in_words
from grokking_phases.plotting.layouts import draw_legend, legend_over, sheet
from grokking_phases.plotting.lines import sparse_ticks
from grokking_phases.plotting.panels import in_panels
from grokking_phases.plotting.recipes import broken, named
from grokking_phases.plotting.style import SMALL
from grokking_phases.plotting.words import Words, wrapped

NEEDS_RECIPE = True
DRAWS = ["prediction"]
NAMES = {"synergy_peak": "synergy peak", "weight_norm": "weight norm", "train_loss": "train loss"}
SCORES = {
    "synergy_peak": "early synergy peak:\nprominence (nats)",
    "weight_norm": "L2 norm\nof weights",
    "train_loss": "train loss (nats)",
}
LINES = {"synergy_peak": ("C3", "-"), "weight_norm": ("black", "--"), "train_loss": ("0.5", "-.")}
COLOURS = ["C0", "C1", "C2", "C4", "C5", "C9"]  # of panels; none is the colour of a line
MARKERS = {"hit": "o", "correct rejection": "o", "miss": "^", "false alarm": "^"}
GENERALISING = ["hit", "miss"]
BESIDE = 1.04  # where the crosses of runs that are left out stand, in widths of a panel
LEAST = 0.1  # nats; the scale of prominence is linear below
ROW, CLOSE = 0.15, 0.05  # height of a run's row in inches, with and without its setting beside it
MOST_NAMED = 40  # runs with their settings beside them
RULE = [
    "Rule: S = \N{MINUS SIGN}min Ω above that of shuffled samples, smoothed in ln step (Gaussian, "
    f"s.d. {SMOOTHING}), from step {FORGOTTEN:g} / learning rate to {EARLY:.0%} of training; score: its "
    "largest peak's prominence, asked after every snapshot.",
    "Baselines: at the last of these steps, with their lead from there.",
]


def select(tables: pd.DataFrame, panels: dict[str, list[str]]) -> pd.DataFrame:
    """Return the whole table, with the panel of each run and seed, in the order of the panels."""
    of_runs = tables["kind"] == "run"
    return pd.concat([in_panels(tables[of_runs], panels), tables[~of_runs]], ignore_index=True)


def draw(numbers: pd.DataFrame, study: dict) -> list[Figure]:
    """Return a page for each estimate, in the order of the table."""
    return [draw_page(rows, study, estimate) for estimate, rows in numbers.groupby("estimate", sort=False)]


def draw_page(numbers: pd.DataFrame, study: dict, estimate: str) -> Figure:
    trials, of_subset = numbers[numbers["kind"] == "run"], numbers.groupby("subset")
    title = f"Early synergy peaks as predictors of generalising: {ties_in_words(study, estimate)}"
    n_runs = trials["run"].nunique()
    heights = [3.2, 1.3 + n_runs * (ROW if n_runs <= MOST_NAMED else CLOSE)]
    figure, part = sheet(sum(heights), title, words(numbers, study))
    above, below = part.subfigures(2, 1, height_ratios=heights)
    *curves, leads = above.subplots(1, len(SUBSETS) + 1)
    draw_legend(above, predictors(), list(NAMES.values()))
    for ax, subset in zip(curves, SUBSETS, strict=True):
        draw_roc(ax, of_subset.get_group(subset), subset)
    draw_leads(leads, trials, of_subset.get_group("all"))
    axes = below.subplots(1, len(PREDICTORS), sharey=True)
    for ax, predictor in zip(axes, PREDICTORS, strict=True):
        draw_scores(ax, trials[trials["predictor"] == predictor])
        ax.set_title(rates(numbers, predictor), fontsize=SMALL, loc="left")
        ax.set_xlabel(SCORES[predictor])
    entries = marks()
    if n_runs <= MOST_NAMED:
        label_runs(axes[0], trials, study["runs"])
        label_panels(axes[-1], trials)
    else:
        axes[0].set(yticks=[], ylim=(n_runs, -1))
        entries += [
            Line2D([], [], marker="s", linestyle="", color=colour, label=panel)
            for panel, colour in panel_colours(trials).items()
        ]
    draw_legend(below, entries, [entry.get_label() for entry in entries], len(MARKERS) + 1)
    return figure


def draw_roc(ax: Axes, rows: pd.DataFrame, title: str) -> None:
    """Draw a line for each predictor, with its AUC and interval in the panel's legend."""
    ax.plot([0, 1], [0, 1], color="0.8", linewidth=0.8)
    for predictor, (colour, line) in LINES.items():
        chosen = rows[rows["predictor"] == predictor]
        points, [summary] = (
            chosen[chosen["kind"] == "roc"],
            chosen[chosen["kind"] == "summary"].to_dict("records"),
        )
        ax.plot(points["false_alarm_rate"], points["hit_rate"], line, color=colour, label=area(summary))
    ax.set(xlabel="rate of false alarms", ylabel="rate of hits", box_aspect=1)
    legend_over(ax, f"AUC, {title}", n_columns=1)


def predictors() -> list[Line2D]:
    """Return the legend of the ROC curves."""
    return [Line2D([], [], color=colour, linestyle=line) for colour, line in LINES.values()]


def area(summary: dict) -> str:
    """Return an AUC in words: `0.81 [0.66, 0.93]`, or why there is none."""
    if np.isnan(summary["auc"]):
        return wrapped(summary["undefined"], 1.3, 0.9 * rcParams["legend.fontsize"])
    return f"{summary['auc']:.2f} [{summary['auc_low']:.2f}, {summary['auc_high']:.2f}]"


def draw_leads(ax: Axes, trials: pd.DataFrame, summaries: pd.DataFrame) -> None:
    """Draw a dot for each scored hit, and the median over them with its interval."""
    hits = trials[(trials["role"] == "scored") & (trials["outcome"] == "hit")]
    medians = summaries[summaries["kind"] == "summary"].set_index("predictor")
    colours = panel_colours(trials)
    offsets = dict(zip(colours, np.linspace(-0.25, 0.25, len(colours)), strict=True))
    for row, predictor in enumerate(PREDICTORS):
        chosen, said = hits[hits["predictor"] == predictor], medians.loc[predictor]
        heights_of_marks = row + chosen["panel"].map(offsets).astype(float)
        ax.scatter(
            chosen["lead"],
            heights_of_marks,
            s=10,
            color=list(chosen["panel"].map(colours)),
            linewidth=0,
            zorder=3,
        )
        ax.plot([said["lead_median_low"], said["lead_median_high"]], [row, row], color="black", linewidth=1)
        ax.plot(said["lead_median"], row, "|", color="black", markersize=14)
    ax.set_xscale("log" if len(hits) else "linear")
    sparse_ticks(ax.xaxis)
    ax.set(xlabel="steps before\ngeneralising", title="lead of the hits")
    ax.set_ylim(len(PREDICTORS) - 0.5, -0.5)
    ax.set_yticks(range(len(PREDICTORS)), [NAMES[predictor].replace(" ", "\n") for predictor in PREDICTORS])


def draw_scores(ax: Axes, trials: pd.DataFrame) -> None:
    """Draw a row for each run and a mark for each seed.

    Marks of calibration runs are small. Runs that are left out have crosses, at the right of the panel.
    """
    seeds = sorted(trials["seed"].unique())
    offsets = dict(zip(seeds, np.linspace(-0.25, 0.25, len(seeds)), strict=True))
    heights_of_marks = trials["run"].map(places(trials)) + trials["seed"].map(offsets).astype(float)
    shades = trials["panel"].map(panel_colours(trials))
    for (outcome, role), rows in trials.groupby(["outcome", "role"]):
        edges, size = list(shades[rows.index]), 18 if role == "scored" else 5
        faces = edges if outcome in GENERALISING else "none"
        style = {"marker": MARKERS[outcome], "s": size, "linewidth": 0.8, "zorder": 3}
        ax.scatter(rows["value"], heights_of_marks[rows.index], facecolors=faces, edgecolors=edges, **style)
    gone = heights_of_marks[trials["left_out"].notna()]
    beside = {"transform": ax.get_yaxis_transform(), "clip_on": False}
    ax.plot(np.full(len(gone), BESIDE), gone, "x", color="0.5", markersize=3, **beside)
    if trials["value"].min() > 0:
        ax.set_xscale("log")
    else:  # a score of 0, or no run left
        ax.set_xscale("symlog", linthresh=LEAST)
    ax.margins(x=0.1)  # no tick at the edge, where its label would be cut
    shade(ax, trials["direction"].iloc[0], trials["threshold"].iloc[0])
    sparse_ticks(ax.xaxis)


def shade(ax: Axes, direction: float, threshold: float) -> None:
    """Shade the side of the threshold on which runs are predicted to generalise."""
    if np.isfinite(threshold):
        limits = ax.get_xlim()
        ax.axvspan(direction * threshold, limits[1] if direction > 0 else limits[0], color="0.93", zorder=0)
        ax.axvline(direction * threshold, color="black", linestyle="--", linewidth=0.8)
        ax.set_xlim(limits)


def places(trials: pd.DataFrame) -> dict[str, int]:
    """Return {run: number of its row}."""
    return {run: place for place, run in enumerate(trials["run"].unique())}


def panel_colours(trials: pd.DataFrame) -> dict[str, str]:
    return dict(zip(trials["panel"].unique(), cycle(COLOURS), strict=False))


def label_runs(ax: Axes, trials: pd.DataFrame, runs: dict[str, dict]) -> None:
    """Write the setting of each run beside its row."""
    ax.set_yticks(range(len(places(trials))), [setting(runs[run]) for run in places(trials)], fontsize=SMALL)
    ax.set_ylim(len(places(trials)) - 0.4, -0.6)


def marks() -> list[Line2D]:
    """Return the legend of the scores."""
    style = {"color": "0.3", "linestyle": "none", "markersize": 4}
    faces = {outcome: "0.3" if outcome in GENERALISING else "none" for outcome in MARKERS}
    shapes = [
        Line2D([], [], marker=MARKERS[name], markerfacecolor=faces[name], label=name, **style)
        for name in MARKERS
    ]
    return [*shapes, Line2D([], [], marker="x", label="left out", **style)]


def label_panels(ax: Axes, trials: pd.DataFrame) -> None:
    """Write each panel's title at the right of its rows, in its colour."""
    for panel, rows in trials.groupby("panel", sort=False):
        middle = np.mean([places(trials)[run] for run in rows["run"].unique()])
        style = {"rotation": 270, "va": "center", "transform": ax.get_yaxis_transform()}
        ax.text(1.09, middle, panel, color=panel_colours(trials)[panel], fontsize=SMALL + 1, **style)


def setting(run: dict) -> str:
    """Return in words what tells a run from the others of the sweep."""
    training = run["training"]
    held = training["constrain_norm"] != "none"
    strength = f"α {training['alpha']:g}" if held else f"weight decay {training['weight_decay']:g}"
    return f"{strength}, rate {training['learning_rate']:g}, {run['dataset']['train_fraction']:.0%} train"


def words(numbers: pd.DataFrame, study: dict) -> Words:
    runs = study["runs"]
    trials = numbers[(numbers["kind"] == "run") & (numbers["predictor"] == PREDICTORS[0])]
    first = runs[trials["run"].iloc[0]]
    calibration, scored = (
        trials.loc[trials["role"] == role, "run"].nunique() for role in ("calibration", "scored")
    )
    return Words(
        [
            "Below, a row for each network. Filled: generalises; circles: as predicted; small: calibration "
            "runs; dashed: threshold; shaded: predicted to generalise.",
            f"Intervals (of AUC; bars: of the median): {LEVEL:.0%}, bootstrap over runs.",
        ],
        [
            *outcomes(numbers),
            *RULE,
            f"Thresholds and the baselines' directions are of {calibration} runs (small marks), all else of "
            f"{scored} others, with other settings. Baselines are asked at q alone.",
            f"Generalised: test accuracy {generalised_above(study)}.",
            f"{named(first['dataset'])}; {named(first['model'])}; {trials['run'].nunique()} runs, "
            f"{len(trials)} networks.",
            *left_out(trials),
            *broken(runs),
        ],
    )


def rates(numbers: pd.DataFrame, predictor: str) -> str:
    """Return in words how many scored runs are hits, and how many are false alarms."""
    of_all = summaries(numbers, predictor).set_index("subset").loc["all"]
    hits, false = (of_all[name] for name in ("hits", "false_alarms"))
    of_hits, of_false = hits + of_all["misses"], false + of_all["correct_rejections"]
    return f"hits: {hits:.0f} of {of_hits:.0f}\nfalse alarms: {false:.0f} of {of_false:.0f}"


def outcomes(numbers: pd.DataFrame) -> list[str]:
    """Return a sentence for each predictor and subset: how many scored runs have each outcome."""
    return [
        f"{NAMES[predictor]}, {row['subset']}: {row['hits']:.0f} hits, {row['misses']:.0f} misses, "
        f"{row['false_alarms']:.0f} false alarms, {row['correct_rejections']:.0f} correct rejections."
        for predictor in PREDICTORS
        for row in summaries(numbers, predictor).to_dict("records")
    ]


def summaries(numbers: pd.DataFrame, predictor: str) -> pd.DataFrame:
    return numbers[(numbers["kind"] == "summary") & (numbers["predictor"] == predictor)]


def left_out(trials: pd.DataFrame) -> list[str]:
    """Return a sentence that says how many runs are left out, and why; none if all are kept."""
    reasons = trials["left_out"].value_counts()
    if reasons.empty:
        return []
    return [
        f"Left out of {len(trials)}: {', '.join(f'{count} {reason}' for reason, count in reasons.items())}."
    ]
