"""Sub-networks trained alone against random sets: does it matter that units are synergistic?

Above is test accuracy over training. Below is by how many steps each network generalises later than the
original. Without the sets drawn at random, no causal word can be written on the emergence paper's Figures 6
and 7.
"""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from grokking_phases.analysis.comparison import RANDOM
from grokking_phases.analysis.events import generalised_above
from grokking_phases.analysis.intervals import TAILS
from grokking_phases.figures.emergence._accuracy import draw_accuracies
from grokking_phases.figures.emergence._conclusions import MEANING, concluded, lacking, over_seeds
from grokking_phases.figures.emergence._retrained import (
    alone,
    by_mask,
    in_words,
    masked,
    networks_accuracies,
    subnetworks_in,
    with_parts,
)
from grokking_phases.plotting.layouts import MOST_COLUMNS, in_pages, legend_above, sheet, title_panel
from grokking_phases.plotting.lines import apart
from grokking_phases.plotting.panels import by_run, in_panels
from grokking_phases.plotting.recipes import all_described, broken, ended_early, evaluation, held, spread
from grokking_phases.plotting.style import SMALL
from grokking_phases.plotting.words import Words

DRAWS = ["curves", "comparison"]
NEEDS = ["curves", "comparison"]
COMPARED = ["difference", "beside_random", "generalised", "size", "chosen_at", "p", "same_size"]
FOUND_OUT = ["status", "value", "low", "high", "n_found", "n_seeds"]
LOW, HIGH = TAILS
BAND = "0.75"  # the grey of the sets drawn at random
BEHIND_TEXT = {"facecolor": "white", "alpha": 0.7, "linewidth": 0, "pad": 0.3}


def select(tables: pd.DataFrame, panels: dict[str, list[str]]) -> pd.DataFrame:
    """Return rows for each run, network and seed: `test_accuracy` at each step > 0, then the comparison.

    The comparison has the step at which a network generalised, its difference from the original's, and the
    size.
    """
    accuracies = networks_accuracies(tables, panels).assign(quantity="test_accuracy")
    return pd.concat([accuracies, comparisons(tables, panels).astype({"seed": "Int64"})], ignore_index=True)


def comparisons(tables: pd.DataFrame, panels: dict[str, list[str]]) -> pd.DataFrame:
    """Return the rows of the comparison.

    The pooled random sets get the mask that all of them have, or none if they differ.
    """
    rows = with_parts(tables[(tables["table"] == "comparison") & tables["quantity"].isin(COMPARED)])
    pooled = rows["of"] == RANDOM
    masks = rows.loc[(rows["subnetwork"] == RANDOM) & ~pooled, "mask"].unique()
    rows["mask"] = rows["mask"].mask(pooled, masks[0] if len(masks) == 1 else None)
    return in_panels(rows[["run", "of", "subnetwork", "mask", "seed", "quantity", *FOUND_OUT]], panels)


def draw(numbers: pd.DataFrame, study: dict) -> list[Figure]:
    """Return a page for each mask; more, of more than three runs."""
    numbers, subnetworks = in_words(numbers.assign(also=None), study["subnetworks"])
    study, names = study | {"subnetworks": subnetworks}, subnetworks_in(numbers)
    return [
        draw_page(pd.concat(dict(runs).values()), study, mask, names)
        for mask, rows in by_mask(numbers).items()
        for runs in in_pages(list(by_run(rows, study["runs"]).items()), MOST_COLUMNS)
    ]


def draw_page(numbers: pd.DataFrame, study: dict, mask: str, names: list[str]) -> Figure:
    runs = by_run(numbers, study["runs"])
    height = 2.9 + 0.24 * len(names)
    title = f"Sub-networks trained alone against random sets, mask: {mask}"
    figure, part = sheet(height, title, words(numbers, study, mask))
    ratios = {"height_ratios": [1.7, 0.24 * len(names)]}
    axes = part.subplots(2, len(runs), sharey="row", squeeze=False, gridspec_kw=ratios)
    for (upper, lower), (title, rows) in zip(axes.T, runs.items(), strict=True):
        is_curve = rows["quantity"] == "test_accuracy"
        draw_curves(upper, rows[is_curve], names)
        title_panel(upper, title, len(runs) + 1)  # names of rows take room
        upper.set_ylabel("test accuracy" if upper is axes[0, 0] else "")
        draw_differences(lower, rows[~is_curve], names)
    legend_above(part)
    return figure


def draw_curves(ax: Axes, rows: pd.DataFrame, names: list[str]) -> None:
    """Draw the mean over seeds and its standard error for each sub-network.

    For random sets, draw the median and the central 95 % of all draws and seeds.
    """
    drawn = rows["subnetwork"] == RANDOM
    draw_accuracies(ax, rows[~drawn], **apart("subnetwork", names))
    if drawn.any():
        steps = rows[drawn].groupby("step")["value"].quantile([LOW, 0.5, HIGH]).unstack()
        look = {"color": "0.45", "linestyle": "-.", "linewidth": 1, "zorder": 1}
        ax.plot(steps.index, steps[0.5], label="random sets", **look)
        band = {"facecolor": BAND, "alpha": 0.9, "linewidth": 0, "zorder": 0.9}
        ax.fill_between(steps.index, steps[LOW], steps[HIGH], **band)
        ax.set(xlabel="step")


def draw_differences(ax: Axes, rows: pd.DataFrame, names: list[str]) -> None:
    """Draw a row for each sub-network: median and interval, a circle for each network, and what is lacking.

    An interval that has no end is an arrow.
    """
    colours = dict(zip(names, apart("subnetwork", names)["palette"], strict=True)) | {RANDOM: "0.45"}
    differences, alone = over_seeds(rows, "difference"), [*names[1:], RANDOM]
    single = rows[(rows["quantity"] == "difference") & rows["seed"].notna() & np.isfinite(rows["value"])]
    edges = edges_of(pd.concat([single["value"], differences[["value", "low", "high"]].stack()]))
    for place, name in enumerate(alone):
        steps = single.loc[single["subnetwork"] == name, "value"]
        ax.scatter(
            steps, [place] * len(steps), s=10, facecolors="none", edgecolors=colours[name], linewidths=0.5
        )
        for _, median in differences[differences.index == name].iterrows():
            draw_interval(ax, place, median, edges, colours[name])
            if name == RANDOM and median["low"] < np.inf:
                span = np.clip([median["low"], median["high"]], *edges)
                ax.axvspan(*span, color=BAND, alpha=0.5, linewidth=0, zorder=0)
        position = {"xy": (0.98, place + 0.42), "xycoords": ax.get_yaxis_transform(), "ha": "right"}
        position |= {"fontsize": SMALL - 1.5, "va": "center", "bbox": BEHIND_TEXT}
        # Not part of the layout: a long text would make its panel narrow.
        ax.annotate(lacking(rows, name), **position).set_in_layout(False)
    for place in range(1, len(alone)):  # words belong to the row above them
        ax.axhline(place - 0.3, color="0.8", linewidth=0.6, zorder=0.5)
    ax.grid(visible=False, axis="y")
    ax.axvline(0, color="black", linewidth=0.8)
    ax.set_yticks(range(len(alone)), alone)
    ax.set(xlabel="steps later than\nthe original", ylim=(len(alone) - 0.2, -0.5), xlim=edges)


def edges_of(values: pd.Series) -> tuple[float, float]:
    """Return the ends of an axis that holds 0 and all finite values; what is infinite lies beyond them."""
    held = [0.0, *values[np.isfinite(values.astype(float))]]
    margin = 0.08 * (np.ptp(held) or 1.0)
    return min(held) - margin, max(held) + margin


def draw_interval(ax: Axes, place: int, median: pd.Series, edges: tuple[float, float], color: str) -> None:
    """Draw a dot at a median, and a bar over its interval, with an arrow at an end beyond the edges."""
    if np.isfinite(median["value"]):
        ax.plot(median["value"], place, "o", color=color, markersize=4)
    if median["low"] < np.inf:
        ends = np.clip([median["low"], median["high"]], *edges)
        ax.plot(ends, [place, place], color=color, linewidth=1.5)
        for end, beyond, arrow in ((0, np.isinf(median["low"]), "<"), (1, np.isinf(median["high"]), ">")):
            marker = arrow if beyond else "|"
            ax.plot(ends[end], place, marker, color=color, markersize=6, clip_on=False)


def words(numbers: pd.DataFrame, study: dict, mask: str) -> Words:
    runs = study["runs"]
    is_curve = numbers["quantity"] == "test_accuracy"
    conclusions = by_run(numbers[~is_curve], study["runs"])
    return Words(
        [
            f"Above: accuracy on the full test set. {spread(numbers[is_curve])} Random sets: median, central "
            "95 % of all draws and seeds.",
            f"Below: step at which test accuracy is first {generalised_above(study)}, less that of "
            "the original of the same seed. Dot: median; bar: its interval, with an arrow if it has no end; "
            "circle: a network; grey: interval of random sets.",
        ],
        [
            *(
                f"{title}: {concluded(rows, subnetworks_in(numbers)[1:])}."
                for title, rows in conclusions.items()
            ),
            *MEANING,
            *all_described(runs, evaluation),
            *held(numbers, runs),
            *alone(study["subnetworks"]),
            masked(mask),
            *ended_early(numbers[is_curve], runs),
            *broken(runs),
        ],
    )
