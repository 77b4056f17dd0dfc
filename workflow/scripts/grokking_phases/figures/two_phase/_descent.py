"""One task as the two-phase paper shows it: grokking, the information bottleneck and double descent.

Panel (a) shows accuracies. Panel (b) shows the path of the last layer in the information plane, coloured by
step, with arrows at named events. Panel (c) shows test cross-entropy, which the paper calls test error, and
1 - test accuracy. The phase between fitting and generalising is a band in (a) and (c).
"""

from itertools import cycle

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from grokking_phases.analysis.events import FOUND
from grokking_phases.analysis.layers import last_layer
from grokking_phases.analysis.published_points import farthest, of_figure
from grokking_phases.analysis.time_scales import SATURATED, in_last_layer
from grokking_phases.figures.two_phase._information import estimator_text
from grokking_phases.plotting.layouts import draw_legend, sheet
from grokking_phases.plotting.panels import in_panels
from grokking_phases.plotting.planes import ARROWS, MARKERS, draw_path, mark_events
from grokking_phases.plotting.recipes import described, is_elsewhere, regularised
from grokking_phases.plotting.style import SEQUENTIAL
from grokking_phases.plotting.time_scale_names import NAMES
from grokking_phases.plotting.words import Words

DRAWS = ["curves", "mutual_information", "time_scales"]
NEEDS = ["curves", "mutual_information", "time_scales"]
CURVES = ["train_accuracy", "test_accuracy", "test_loss"]
INFORMATION = ["information_x", "information_y"]
# One for each seed, with its name in the caption.
DASHES = {
    "-": "solid, circles",
    "--": "dashed, squares",
    ":": "dotted, triangles",
    "-.": "dash-dotted, diamonds",
}
TRAIN, TEST = "C1", "C0"
WIDTHS = {TRAIN: 1.9, TEST: 1.1}  # of lines; train and test differ without colour too
LAYOUT = [["a", "b"], ["c", "b"]]


def select(tables: pd.DataFrame, panels: dict[str, list[str]]) -> pd.DataFrame:
    """Return curves, information and time scales of each run and seed at steps > 0.

    The columns are {run, seed, step, table, layer, quantity, value, saturated, source, status, panel}. The
    rows are curves, information of the last layer in nats (saturated at 0.98 of its ceiling or more), and
    each seed's time scales with their status. The value of a time scale is its `step`; its `source` is a
    table of I(T;X), or none for the curves.
    """
    later = tables[tables["step"] > 0]
    curves = later[(later["table"] == "curves") & later["metric"].isin(CURVES)]
    measured = later[later["metric"].isin(INFORMATION)]
    last = measured.groupby(["run", "table"])["layer"].transform(last_layer)
    measured = measured[measured["layer"] == last]
    measured = measured.assign(saturated=measured["normalised"] >= SATURATED)
    events = in_last_layer(tables[(tables["table"] == "time_scales") & tables["seed"].notna()])
    events = events.assign(metric=events["event"])
    rows = pd.concat([curves, measured, events]).rename(columns={"metric": "quantity"})
    columns = ["run", "seed", "step", "table", "layer", "quantity", "value", "saturated", "source", "status"]
    return in_panels(rows.reindex(columns=columns).astype({"seed": int}), panels)


def draw_task(numbers: pd.DataFrame, study: dict, published: list[str], figure: str) -> list[Figure]:
    """Return a page for each panel and estimate of information, panel by panel.

    Panels named in `published` also show the points of the paper's `figure` in grey. ValueError: one of them
    is no panel.
    """
    panels = dict(list(numbers.groupby("panel", sort=False)))
    unknown = [title for title in published if title not in panels]
    if unknown:
        raise ValueError(
            f"published: there is no panel {unknown[0]!r}; give the title of a panel ({', '.join(panels)})."
        )
    return [
        draw_page(rows, study, estimate, figure if panel in published else None)
        for panel, rows in panels.items()
        for estimate in study["metrics"]
        if estimate in set(rows["table"])
    ]


def draw_page(numbers: pd.DataFrame, study: dict, estimate: str, published: str | None) -> Figure:
    title = f"{numbers['panel'].iloc[0]}; {estimator_text(study['metrics'][estimate])}"
    rows = numbers[numbers["table"].isin(["curves", "time_scales", estimate])]
    rows = rows[rows["source"].isna() | (rows["source"] == estimate)]
    figure, part = sheet(4.1, title, words(rows, study["runs"], published))
    a, b, c = part.subplot_mosaic(LAYOUT).values()
    draw_accuracies(a, rows)
    draw_plane(b, rows, part)
    draw_loss(c, rows)
    if published:
        draw_published(a, f"{published}a", {"train_batch_acc": ("x", TRAIN), "test_acc": ("o", TEST)})
        draw_published(c, f"{published}c", {"test_loss": ("o", TEST)})
        for ax in (a, c):
            span_published(ax, published, rows["step"].max())
    for ax, letter in ((a, "(a)"), (b, "(b)"), (c, "(c)")):
        ax.set_title(letter, loc="left")
    for ax in (a, c):
        draw_phase(ax, rows)
    lines = [Line2D([], [], color=c, label=s, lw=WIDTHS[c]) for s, c in (("train", TRAIN), ("test", TEST))]
    draw_legend(part, lines, [line.get_label() for line in lines])
    return figure


def phase(rows: pd.DataFrame) -> tuple[float, float] | None:
    """Return the steps of fitting and of test accuracy 0.98: medians over seeds that have both, if any."""
    ends = ["fit", "gen_0.98"]
    events = rows[rows["quantity"].isin(ends) & (rows["status"] == FOUND)]
    steps = events.pivot(index=["run", "seed"], columns="quantity", values="step")
    start, end = steps.reindex(columns=ends).dropna().median()
    return (start, end) if start < end else None


def draw_phase(ax: Axes, rows: pd.DataFrame) -> None:
    """Shade the steps from fitting to generalising."""
    if ends := phase(rows):
        ax.axvspan(*ends, color="0.92", linewidth=0, zorder=-1)


def draw_accuracies(ax: Axes, rows: pd.DataFrame) -> None:
    """Draw train and test accuracy of each seed; dotted, the steps at which they are reached."""
    for split, colour in (("train", TRAIN), ("test", TEST)):
        for dashes, curve in by_seed(rows[rows["quantity"] == f"{split}_accuracy"]):
            ax.plot(curve["step"], curve["value"], dashes, color=colour, linewidth=WIDTHS[colour])
    for event, colour in (("fit", TRAIN), ("gen_0.98", TEST)):
        for step in found(rows, event):
            ax.axvline(step, color=colour, linestyle=":", linewidth=0.9)
    ax.set(xscale="log", xlabel="step", ylabel="accuracy", ylim=(-0.03, 1.03))


def draw_plane(ax: Axes, rows: pd.DataFrame, part: Figure) -> None:
    """Draw a path for each seed with some arrows, a diamond where I(T;X) turns, a star at the last step.

    The events of the first seed are named.
    """
    measured = rows[rows["quantity"].isin(INFORMATION)]
    path = measured.pivot(index=["run", "seed", "step"], columns="quantity", values="value").reset_index()
    hollow = measured.groupby(["run", "seed", "step"])["saturated"].any().to_numpy()
    colours = LogNorm(path["step"].min(), path["step"].max())
    for dashes, points in by_seed(path):
        looks = {"dashes": dashes, "marker": MARKERS[list(DASHES).index(dashes)]}
        draw_path(ax, points.set_index("step")[INFORMATION], hollow[points.index], colours, **looks)
        places = points[INFORMATION].to_numpy()
        for i in range(len(places) // 8, len(places) - 1, max(1, len(places) // 6)):
            way = {"arrowstyle": "-|>", "color": "0.35", "linewidth": 0.6}
            ax.annotate("", places[i + 1], places[i], arrowprops=way, zorder=3)
    for turn in turns(rows, path):
        ax.plot(*turn, "D", color="red", markersize=6, markeredgecolor="white", zorder=4)
    first = path[(path["run"] == path["run"].iloc[0]) & (path["seed"] == path["seed"].iloc[0])]
    ax.margins(0.15)  # room for the names
    mark_events(ax, first.set_index("step")[INFORMATION], events_of(rows, first["run"].iloc[0]))
    ax.set(xlabel="I(T;X) (nats)", ylabel="I(T;Y) (nats)")
    bar = {"label": "step", "location": "bottom", "pad": 0.02, "aspect": 40}
    part.colorbar(ScalarMappable(colours, SEQUENTIAL), ax=ax, **bar)


def events_of(rows: pd.DataFrame, run: str) -> dict[str, float]:
    """Return {name: step} of the time scales that the first seed of a run has."""
    events = rows[(rows["run"] == run) & rows["quantity"].isin(ARROWS) & (rows["status"] == FOUND)]
    events = events[events["seed"] == rows.loc[rows["run"] == run, "seed"].min()]
    return {NAMES[event.quantity]: event.step for event in events.itertuples()}


def turns(rows: pd.DataFrame, path: pd.DataFrame) -> list[tuple[float, float]]:
    """Return the point at which each seed's I(T;X) turns to compression, if it does."""
    events = rows[(rows["quantity"] == "compress") & (rows["status"] == FOUND)]
    points = path.merge(events[["run", "seed", "step"]], on=["run", "seed", "step"])
    return list(zip(points["information_x"], points["information_y"], strict=True))


def draw_loss(ax: Axes, rows: pd.DataFrame) -> None:
    """Draw test loss and 1 - test accuracy of each seed, on two axes; dotted, the second peak of the loss."""
    error = ax.twinx()
    for quantity, axis, colour, transform in (
        ("test_loss", ax, TEST, lambda value: value),
        ("test_accuracy", error, "C2", lambda value: 1 - value),
    ):
        for dashes, curve in by_seed(rows[rows["quantity"] == quantity]):
            axis.plot(curve["step"], transform(curve["value"]), dashes, color=colour, linewidth=1.1)
    for step in found(rows, "peak"):
        ax.axvline(step, color=TEST, linestyle=":", linewidth=0.9)
    ax.set(xscale="log", xlabel="step")
    ax.set_ylabel("test loss (nats)", color=TEST)
    error.set_ylabel("1 − test accuracy", color="C2")
    error.set_ylim(-0.03, 1.03)
    error.grid(False)


def draw_published(ax: Axes, panel: str, looks: dict[str, tuple[str, str]]) -> None:
    """Draw the paper's own points, hollow, each series in the colour of our curve of the same quantity."""
    points = of_figure(panel)
    for series, (marker, colour) in looks.items():
        shown = points[points["series"] == series]
        look = {"color": colour, "markerfacecolor": "none", "markersize": 4, "markeredgewidth": 0.9}
        ax.plot(shown["step"], shown["value"], marker, zorder=0, **look)


def span_published(ax: Axes, name: str, last: float) -> None:
    """Begin the axis at the paper's first step, and fit the other axis to what is drawn from there on."""
    first = of_figure(name)["step"].min()
    ax.set_xlim(first / 1.2, 1.2 * max(last, of_figure(name)["step"].max()))
    if ax.get_ylabel() != "accuracy":
        drawn = [line.get_xydata() for line in ax.lines if len(set(line.get_xdata())) > 1]
        heights = np.concatenate([line[line[:, 0] >= first, 1] for line in drawn])
        ax.set_ylim(0, 1.05 * np.nanmax(heights))


def by_seed(rows: pd.DataFrame) -> list[tuple[str, pd.DataFrame]]:
    """Return (dashes, rows) for each run and seed."""
    return [
        (dashes, own) for dashes, (_, own) in zip(cycle(DASHES), rows.groupby(["run", "seed"]), strict=False)
    ]


def found(rows: pd.DataFrame, event: str) -> pd.Series:
    """Return the steps at which a time scale was found."""
    return rows.loc[(rows["quantity"] == event) & (rows["status"] == FOUND), "step"]


def words(rows: pd.DataFrame, runs: dict[str, dict], published: str | None) -> Words:
    drawn = list(dict.fromkeys(rows["run"]))
    recipes = [f"{name}: {described(runs[name])}; {regularised(runs[name])}." for name in drawn]
    points = (
        "Hollow circles: test accuracy and loss read off the paper's figure; crosses: its accuracy on train "
        "batches."
        if published
        else "The recipe is not the paper's, whose points are not drawn."
    )
    of_paper = [points, "The paper names no estimator of information: no match is claimed."]
    if all(is_elsewhere(runs[name]) for name in drawn):
        of_paper = []
    missing = [f"{status.capitalize()}: {event} ({who})." for event, status, who in not_found(rows)]
    curves = rows[rows["quantity"].isin(CURVES)].rename(columns={"quantity": "metric"})
    far = farthest(curves, published) if published else []
    one_seed = len(rows[["run", "seed"]].drop_duplicates()) == 1
    shaded = "Shaded: from fitting to test accuracy 0.98" + (
        "." if one_seed else " (medians over the seeds that have both)."
    )
    return Words(
        [
            "One seed." if one_seed else looks_of(rows),
            *([shaded] if phase(rows) else []),
            *of_paper[: 1 if published else 0],
            f"(b) {'; '.join(['last layer; star: last step', *marks_of(rows, one_seed)])}.",
        ],
        [
            *far,
            *missing,
            "Accuracies and losses on the full sets. (a) dotted: fitted, and the first of three evaluations "
            "with a test accuracy of 0.98.",
            "(b) diamond: the largest I(T;X), where it is a peak. Arrows: at the nearest snapshot. Grey "
            "arrowheads: the way a path goes.",
            "(c) dotted: the highest peak of the test loss (cross-entropy) after its first minimum.",
            *of_paper[1 if published else 0 :],
            *recipes,
        ],
    )


def marks_of(rows: pd.DataFrame, one_seed: bool) -> list[str]:
    """Return what the marks of the plane say, of those that are drawn."""
    of_seed = "" if one_seed else " of the first seed"
    return [
        *([f"arrows: events{of_seed}"] if events_of(rows, rows["run"].iloc[0]) else []),
        *(["red diamond: I(T;X) turns"] if len(found(rows, "compress")) else []),
        *([f"hollow: at {SATURATED:g} of its ceiling or more"] if rows["saturated"].eq(True).any() else []),
    ]


def looks_of(rows: pd.DataFrame) -> str:
    """Return which line is which seed: `Solid: seed 0; dashed: seed 1.`; several runs are named too."""
    seeds = [own.iloc[0] for _, own in by_seed(rows)]
    names = [f"seed {row['seed']}" for row in seeds]
    if rows["run"].nunique() > 1:
        names = [f"{row['run']} {name}" for row, name in zip(seeds, names, strict=True)]
    looks = "; ".join(f"{look}: {name}" for look, name in zip(cycle(DASHES.values()), names, strict=False))
    return f"{looks.capitalize()}."


def not_found(rows: pd.DataFrame) -> list[tuple[str, str, str]]:
    """Return (time scale, status, seeds) for each time scale that some seeds lack."""
    events = rows[rows["quantity"].isin(ARROWS) & (rows["status"] != FOUND)]
    events = events[events["table"] == "time_scales"]
    return [
        (NAMES[event], status, ", ".join(f"{row.run} seed {row.seed}" for row in group.itertuples()))
        for (event, status), group in events.groupby(["quantity", "status"], sort=False)
    ]
