"""Synergy over training against two nulls (`metrics.o_information_null`): is it more than chance?

`shuffled` is from independent units with the same values, clustered and searched anew. `partition` is from
the same activations, in random bins of the same sizes.
"""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from grokking_phases.figures.emergence._estimates import estimated, undefined
from grokking_phases.figures.emergence._synergy import INDEX, LABEL, by_estimate, in_bits, log_both_ways
from grokking_phases.plotting.layouts import grid, in_pages, legend_above, n_rows, name_axes, sheet
from grokking_phases.plotting.panels import by_run, in_panels
from grokking_phases.plotting.recipes import all_described, broken, cut_short, held
from grokking_phases.plotting.words import SIGN, Words

DRAWS = ["o_information_null"]
LINEAR = 1.0  # bits
NULLS = {"shuffled": "units shuffled", "partition": "random bins"}
LOOKS = {  # null: colour, line of the median, hatching
    "shuffled": ("#DE8F05", ":", "...."),
    "partition": ("#0173B2", "--", ""),
}
# Synergy is drawn upwards, so that its upper bound is the lower one of Omega.
BOUNDS = {"low": "high", "median": "median", "high": "low"}


def select(tables: pd.DataFrame, panels: dict[str, list[str]]) -> pd.DataFrame:
    """Return synergy and its nulls for each estimate, run, seed, layer and step > 0.

    The columns are `value` = min Omega and the quantiles of both nulls in nats, all of these in `bits` of
    synergy, ranks, draws that failed, and on which side of each null's band the observed value is.
    """
    columns = [f"synergy_{null}_{statistic}" for null in NULLS for statistic in (*BOUNDS, "rank")]
    columns += [f"n_failed_{null}" for null in NULLS]
    wide = tables[tables["step"] > 0].pivot(index=INDEX, columns="metric", values="value")[
        ["synergy", *columns]
    ]
    numbers = wide.rename(columns={"synergy": "value"}).assign(bits=in_bits(wide["synergy"]))
    for null in NULLS:
        for bound, quantile in BOUNDS.items():
            numbers[f"bits_{null}_{bound}"] = in_bits(wide[f"synergy_{null}_{quantile}"])
        numbers[f"beside_{null}"] = sides_of_band(
            numbers["bits"], numbers[f"bits_{null}_low"], numbers[f"bits_{null}_high"]
        )
    return in_panels(numbers.reset_index().rename(columns={"table": "estimate"}), panels)


def sides_of_band(value: pd.Series, low: pd.Series, high: pd.Series) -> pd.Series:
    """Return `above`, `within` or `below` the band for each value; missing without a value or a band."""
    sides = (
        pd.Series("within", value.index, dtype=object).mask(value > high, "above").mask(value < low, "below")
    )
    return sides.where(value.notna() & low.notna() & high.notna())


def draw(numbers: pd.DataFrame, study: dict) -> list[Figure]:
    """Return a page for each estimate and layer; more, of more than six runs."""
    return [
        draw_page(pd.concat(dict(runs).values()), study, *key)
        for key, rows in by_estimate(numbers, study["metrics"]).items()
        for runs in in_pages(list(by_run(rows, study["runs"]).items()))
    ]


def draw_page(numbers: pd.DataFrame, study: dict, estimate: str, layer: str) -> Figure:
    options, runs = study["metrics"][estimate], by_run(numbers, study["runs"])
    title = f"Synergy against chance: {estimated(options, layer)}"
    figure, part = sheet(1.1 + 2.0 * n_rows(len(runs)), title, words(numbers, study["runs"], options))
    for ax, (title, rows) in zip(grid(part, len(runs)), runs.items(), strict=True):
        draw_panel(ax, rows)
        ax.set_title(title)
    name_axes(part, "step", LABEL)
    legend_above(part, 3)
    return figure


def draw_panel(ax: Axes, rows: pd.DataFrame) -> None:
    """Draw the bands of both nulls and the observed synergy, means over seeds, and the points of each seed.

    A point within the band of random bins is hollow.
    """
    means = rows.groupby("step").mean(numeric_only=True)
    for null, (colour, line, hatch) in LOOKS.items():
        low, median, high = (means[f"bits_{null}_{bound}"] for bound in BOUNDS)
        band = {"facecolor": colour, "edgecolor": colour, "alpha": 0.3, "linewidth": 0, "hatch": hatch}
        ax.fill_between(means.index, low, high, **band, label=f"{NULLS[null]}: central 95 %")
        ax.plot(means.index, median, line, color=colour, label=f"{NULLS[null]}: median")
    ax.plot(
        means.index,
        means["bits"],
        color="black",
        label="observed, mean over seeds" if several(rows) else "observed",
    )
    sides = {"a seed, outside the band of random bins": ["above", "below"], "a seed, within it": ["within"]}
    for filled, (label, beside) in zip((True, False), sides.items(), strict=True):
        points = rows[rows["beside_partition"].isin(beside)]
        look = {"facecolors": "black" if filled else "white", "edgecolors": "black", "linewidths": 0.6}
        ax.scatter(points["step"], points["bits"], s=9, zorder=3, label=label, **look)
    ax.set_xscale("log")
    log_both_ways(ax, LINEAR)


def words(numbers: pd.DataFrame, runs: dict[str, dict], options: dict) -> Words:
    of_seeds = several(numbers)
    return Words(
        [
            "Orange: independent units with the same values. Blue: the same activations in random bins.",
            f"{options['n_draws']} draws of each{'; lines and bands: means over seeds' if of_seeds else ''}.",
            f"Vertical axis: linear between {LINEAR:g} bit and its negative, logarithmic beyond.",
        ],
        [
            *(counted(title, rows) for title, rows in by_run(numbers, runs).items()),
            "Of independent units, 5 % of snapshots are outside the central 95 % of shuffled ones; that of "
            "random bins has no such level, for clusters are never random.",
            "Orange: independent units are clustered and searched anew; any true structure differs.",
            "Blue: the bins have the sizes of the clusters: does clustering find more than chance?",
            SIGN,
            *all_described(measured_seeds(runs, numbers), lambda run: snapshots(numbers)),
            *held(numbers, runs),
            *failed(numbers),
            *undefined(numbers),
            *cut_short(numbers, runs),
            *broken(runs),
        ],
    )


def measured_seeds(runs: dict[str, dict], numbers: pd.DataFrame) -> dict[str, dict]:
    """Return the runs with only the seeds that nulls were drawn for."""
    seeds = numbers.groupby("run")["seed"].unique()
    return {name: run | {"seeds": list(seeds[name])} for name, run in runs.items() if name in seeds}


def several(numbers: pd.DataFrame) -> bool:
    return numbers["seed"].nunique() > 1


def snapshots(numbers: pd.DataFrame) -> str:
    return f"{numbers['step'].nunique()} snapshots"


def failed(numbers: pd.DataFrame) -> list[str]:
    """Return a sentence for each null with the number of draws without a value, over all runs."""
    counts = {NULLS[null]: int(numbers[f"n_failed_{null}"].sum()) for null in NULLS}
    return [f"Draws without a value, left out: {n} of {name}." for name, n in counts.items() if n]


def counted(title: str, rows: pd.DataFrame) -> str:
    """Return a sentence with the number of snapshots outside each null's band."""
    of_seeds, parts = " of all seeds" if several(rows) else "", []
    for null, name in NULLS.items():
        sides = rows[f"beside_{null}"].dropna()
        parts.append(
            f"{name} {(sides == 'above').sum()} above, {(sides == 'below').sum()} below, of {len(sides)}"
        )
    return f"{title}, snapshots{of_seeds} outside the central 95 % of their draws: {'; '.join(parts)}."
