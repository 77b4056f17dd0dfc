"""Two-phase paper, Figure 5: information plane of both layers over training, for both tasks (section 3.2).

The paper does not say how it estimates I(T;X), so that there is a page for each estimate, and no match is
claimed. A value at 0.98 of its ceiling or more says nothing about the layer, and is drawn hollow.
"""

from itertools import cycle

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure

from grokking_phases.analysis.time_scales import ACCURACIES, SATURATED, compression, reached
from grokking_phases.figures.two_phase._information import estimator_text
from grokking_phases.plotting.layer_names import in_order, layer_name
from grokking_phases.plotting.layouts import in_pages, legend_above, sheet, title_panel
from grokking_phases.plotting.panels import in_panels
from grokking_phases.plotting.planes import MARKERS, draw_ceilings, draw_path, mark_events
from grokking_phases.plotting.recipes import described, is_elsewhere, regularised
from grokking_phases.plotting.style import SEQUENTIAL
from grokking_phases.plotting.time_scale_names import NAMES
from grokking_phases.plotting.words import Words

HOLLOW = f"Hollow: a value at {SATURATED:g} of its ceiling or more, and so uninformative."
UNNAMED = "The paper names no estimator: no match is claimed."
TURN, GENERALISED = NAMES["compress"], NAMES["gen_0.98"]
DRAWS = ["mutual_information", "curves"]  # without curves, nothing says when a run generalises
NEEDS = ["mutual_information"]
INFORMATION = ["information_x", "information_y"]
DRAWN = [*INFORMATION, "ceiling_x", "ceiling_y", "resolution"]
BOUNDS = ["information_x_lower", "information_y_lower", "information_y_upper"]  # of the kernel estimate alone
INDEX = ["table", "run", "seed", "layer", "step"]


def select(tables: pd.DataFrame, panels: dict[str, list[str]]) -> pd.DataFrame:
    """Return information, bounds and ceilings in nats for each run, seed, layer and step > 0.

    `saturated` says whether I(T;X) or I(T;Y) is at 0.98 of its ceiling or more, `turn` whether I(T;X) turns
    at the step, and `generalised` at which step the test accuracy of the seed reaches 0.98 (NaN: at none);
    both by the rules of the time scales.
    """
    of_layers = (tables["step"] > 0) & (tables["table"] != "curves")
    wide = tables[of_layers].pivot(index=INDEX, columns="metric", values=["value", "normalised"])
    numbers = wide["value"].reindex(columns=DRAWN + BOUNDS)
    shares = wide["normalised"][INFORMATION]
    numbers["saturated"] = (shares >= SATURATED).any(axis=1)
    numbers = numbers.reset_index().rename(columns={"table": "estimate"})
    paths = numbers.groupby(["estimate", "run", "seed", "layer"])
    ends = generalised(tables[tables["table"] == "curves"])
    turns = [path.index[path["step"] == turn_of(path)] for _, path in paths]
    numbers["turn"] = numbers.index.isin([place for places in turns for place in places])
    seeds = zip(numbers["run"], numbers["seed"], strict=True)
    numbers[GENERALISED] = np.array([ends.get(seed) for seed in seeds], dtype=float)
    return in_panels(numbers, panels)


def generalised(curves: pd.DataFrame) -> dict[tuple[str, int], int | None]:
    """Return {(run, seed): the first of three evaluations with a test accuracy of 0.98, or None}."""
    metric, level = ACCURACIES["gen_0.98"]
    accuracies = curves[curves["metric"] == metric].groupby(["run", "seed"])
    return {key: reached(own.set_index("step")["value"], level) for key, own in accuracies}


def turn_of(path: pd.DataFrame) -> int | None:
    """Return the step at which I(T;X) turns, or None."""
    known = path.set_index("step").sort_index().dropna(subset=INFORMATION)
    return compression(known["information_x"], known["ceiling_x"])


def draw(numbers: pd.DataFrame, study: dict) -> list[Figure]:
    """Return a page for each estimate; more, of more than three tasks."""
    pages = dict(list(numbers.groupby("estimate")))
    return [
        draw_page(pages[estimate][pages[estimate]["panel"].isin(panels)], study, estimate)
        for estimate in study["metrics"]
        if estimate in pages
        for panels in in_pages(list(pages[estimate]["panel"].unique()), 3)
    ]


def draw_page(numbers: pd.DataFrame, study: dict, estimate: str) -> Figure:
    title = f"Information plane over training, {estimator_text(study['metrics'][estimate])}"
    panels, layers = numbers["panel"].unique(), in_order(numbers["layer"])
    drawn = {run: study["runs"][run] for run in numbers["run"].unique()}
    figure, part = sheet(0.5 + 2.3 * len(panels), title, words(drawn, numbers["saturated"].any()))
    axes = part.subplots(len(panels), len(layers), sharex="row", sharey="row", squeeze=False)
    for row, panel in enumerate(panels):
        own = numbers[numbers["panel"] == panel]
        colours = LogNorm(1, own["step"].max())
        for ax, layer in zip(axes[row], layers, strict=True):
            draw_panel(ax, own[own["layer"] == layer], colours)
            ax.set_xlabel("I(T;X) (nats)")
            title_panel(ax, f"{panel}, {layer_name(layer)}", len(layers))
        for ax, layer in zip(axes[row], layers, strict=True):  # once the row has its range
            mark_first(ax, own[own["layer"] == layer])
        axes[row, 0].set_ylabel("I(T;Y) (nats)")
        part.colorbar(ScalarMappable(colours, SEQUENTIAL), ax=list(axes[row]), label="step", pad=0.01)
    legend_above(part, 3)
    return figure


def draw_panel(ax: Axes, rows: pd.DataFrame, colours: LogNorm) -> None:
    """Draw a path for each seed, coloured by step, with a star at its end, and the ceilings dashed."""
    for marker, ((run, seed), path) in zip(cycle(MARKERS), rows.groupby(["run", "seed"]), strict=False):
        draw_path(ax, path.set_index("step")[INFORMATION], path["saturated"].to_numpy(), colours, marker)
        label = f"seed {seed}" if rows["run"].nunique() == 1 else f"{run}, seed {seed}"
        ax.plot([], [], marker, color="0.4", markersize=4, label=label)
    draw_ceilings(ax, rows["ceiling_x"].max(), rows["ceiling_y"].max())


def mark_first(ax: Axes, rows: pd.DataFrame) -> None:
    """Draw arrows to the turn of I(T;X) and to generalisation, in the first seed that has most of both."""
    paths = [path for _, path in rows.groupby(["run", "seed"])]
    first = max(paths, key=lambda path: int(path["turn"].any()) + path[GENERALISED].notna().any())
    path = first.set_index("step").sort_index().dropna(subset=INFORMATION)
    found = {TURN: [*path.index[path["turn"]]], GENERALISED: [*path[GENERALISED].dropna()]}
    events = {f"{name} (seed {first['seed'].iloc[0]})": at[0] for name, at in found.items() if at}
    mark_events(ax, path[INFORMATION], events)


def words(runs: dict[str, dict], is_saturated: bool) -> Words:
    """Return the words of a page; `is_saturated` says whether a value is at its ceiling."""
    return Words(
        [
            "A path for each seed. Colour: step, from dark to light; star: last. Dashed: ceilings.",
            *([HOLLOW] if is_saturated else []),
            *([] if all(map(is_elsewhere, runs.values())) else [UNNAMED]),
        ],
        [
            "Arrows, by the rules of the time scales: where I(T;X) turns, and where the test accuracy "
            "reaches 0.98, at the nearest snapshot; in the first seed that has both, or else in the first "
            "that has one of them.",
            "The kernel estimate of I(T;X) is an upper bound, that of I(T;Y) none (bounds: in the table of "
            "numbers).",
            *(f"{name}: {described(run)}; {regularised(run)}." for name, run in runs.items()),
        ],
    )
