"""Synergy over training under other choices of bins, variables of a multiplet, and clustering.

There is a column for each option that the tables vary (`factors`), with the reference in black. Above, each
estimate is scaled to its own extremes, so that shapes can be compared. Below, it is in bits.
"""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from grokking_phases.analysis.summary import to_unit_range
from grokking_phases.figures.emergence._estimates import estimated, undefined
from grokking_phases.figures.emergence._factors import FACTORS, factors, left_out, reference
from grokking_phases.figures.emergence._synergy import LABEL, log_both_ways, synergies
from grokking_phases.plotting.layouts import MOST_COLUMNS, in_pages, legend_over, sheet
from grokking_phases.plotting.lines import draw_lines
from grokking_phases.plotting.panels import by_run
from grokking_phases.plotting.recipes import all_described, broken, cut_short, regularised, spread
from grokking_phases.plotting.words import SIGN, Words

DRAWS = ["o_information"]
SERIES = ["panel", "run", "estimate", "layer", "seed"]
SPARSE = 30  # snapshots; the points of a line through fewer are marked


def select(tables: pd.DataFrame, panels: dict[str, list[str]]) -> pd.DataFrame:
    """Return synergy and counts for each estimate, run, seed, layer and step > 0.

    The columns are `value` = min Omega in nats, `bits` = its negative, `scaled` to the range from 0 to 1 over
    its steps, and counts.
    """
    numbers = synergies(tables, panels).drop(columns="normalised")
    return numbers.assign(scaled=numbers.groupby(SERIES)["bits"].transform(to_unit_range))


def draw(numbers: pd.DataFrame, study: dict) -> list[Figure]:
    """Return a page for each run and layer; more, of more than three options that vary."""
    return [
        page
        for title, run_rows in by_run(numbers, study["runs"]).items()
        for layer, rows in run_rows.groupby("layer", sort=False)
        for page in draw_pages(rows, study, f"{title}, layer {layer}")
    ]


def draw_pages(numbers: pd.DataFrame, study: dict, title: str) -> list[Figure]:
    metrics = {name: study["metrics"][name] for name in study["metrics"] if name in set(numbers["estimate"])}
    columns = {
        FACTORS.get(option, option.replace("_", " ")): chosen(numbers, choices)
        for option, choices in factors(metrics).items()
    }
    said = words(numbers, study["runs"], metrics, columns)
    parts = in_pages(list(columns.items()), MOST_COLUMNS) or [[]]
    return [
        draw_page(dict(drawn), f"Synergy by the choices in its estimate: {title}", said) for drawn in parts
    ]


def draw_page(columns: dict[str, pd.DataFrame], title: str, said: Words) -> Figure:
    figure, part = sheet(5.2, title, said)
    axes = part.subplots(2, len(columns) or 1, sharex=True, squeeze=False)
    for (upper, lower), (name, rows) in zip(axes.T, columns.items(), strict=False):
        draw_column(upper, lower, rows)
        legend_over(upper, name, 2)
    axes[0, 0].set_ylabel("synergy, scaled")
    axes[1, 0].set_ylabel(LABEL)
    return figure


def chosen(numbers: pd.DataFrame, choices: dict[str, str]) -> pd.DataFrame:
    """Return the rows of some estimates, with the category `choice` of each, in the order of `choices`.

    The first one is the reference. It follows again for the seeds alone that others have, where these have
    fewer (`12, seed 0`).
    """
    compared, *others = choices
    parts = {estimate: numbers[numbers["estimate"] == estimate] for estimate in choices}
    seeds = {estimate: frozenset(rows["seed"]) for estimate, rows in parts.items()}
    fewer = [each for each in dict.fromkeys(seeds[name] for name in others) if each < seeds[compared]]
    drawn = {choices[compared]: parts[compared]}
    for each in fewer:
        alone = parts[compared][parts[compared]["seed"].isin(each)]
        drawn[of_seeds(choices[compared], each)] = alone
    for name in others:
        choice = of_seeds(choices[name], seeds[name]) if seeds[name] in fewer else choices[name]
        drawn[choice] = parts[name]
    rows = pd.concat([rows.assign(choice=choice) for choice, rows in drawn.items()])
    return rows.assign(choice=pd.Categorical(rows["choice"], list(drawn)))


def of_seeds(choice: str, seeds: frozenset[int]) -> str:
    """Return the name of a choice that has been drawn for some seeds alone."""
    return f"{choice}, seed{'s' if len(seeds) > 1 else ''} {', '.join(map(str, sorted(seeds)))}"


def draw_column(upper: Axes, lower: Axes, rows: pd.DataFrame) -> None:
    """Draw the estimates of one option, scaled in the upper panel and in bits in the lower one."""
    for ax, quantity in ((upper, "scaled"), (lower, "bits")):
        draw_lines(ax, rows, quantity, "choice", list(rows["choice"].cat.categories))
        ax.set(xlabel="step" if ax is lower else "", ylabel="")
        for line in ax.lines:
            if 0 < len(line.get_xdata()) < SPARSE:
                line.set(marker="o", markersize=3)
    lower.get_legend().remove()
    if magnitudes_differ(rows):
        log_both_ways(lower, linear_below(rows))


def magnitudes(rows: pd.DataFrame) -> pd.Series:
    """Return the median size of each estimate over steps and seeds, in bits, without those that are 0."""
    sizes = rows["bits"].abs().groupby(rows["estimate"]).median()
    return sizes[sizes > 0]


def magnitudes_differ(rows: pd.DataFrame) -> bool:
    """Return whether estimates differ by a factor of more than ten, too much for a linear axis."""
    return bool(magnitudes(rows).max() > 10 * magnitudes(rows).min())


def linear_below(rows: pd.DataFrame) -> float:
    """Return the power of ten, in bits, below the smallest estimate."""
    return 10.0 ** np.floor(np.log10(magnitudes(rows).min()))


def words(numbers: pd.DataFrame, runs: dict[str, dict], metrics: dict[str, dict], columns: dict) -> Words:
    run, layer = numbers[["run", "layer"]].iloc[0]
    compared, several = reference(metrics), left_out(metrics)
    logarithmic = [
        f"{name}: the lower axis is logarithmic beyond {linear_below(rows):g} bits and its negative."
        for name, rows in columns.items()
        if magnitudes_differ(rows)
    ]
    return Words(
        [
            f"Black: {compared}; the others differ in one choice each.",
            "Above: from 0 to 1 between each seed's own extremes at its snapshots. Below: raw.",
            spread(numbers),
        ],
        [
            f"{compared}: {estimated(metrics[compared], layer)}.",
            *([f"Not drawn, for they differ in several: {', '.join(several)}."] if several else []),
            *logarithmic,
            *sparser(numbers, compared),
            SIGN,
            *all_described({run: runs[run]}),
            f"{regularised(runs[run]).capitalize()}.",
            *undefined(numbers.assign(run=numbers["run"] + ", " + numbers["estimate"])),
            *cut_short(numbers, runs),
            *broken({run: runs[run]}),
        ],
    )


def sparser(numbers: pd.DataFrame, compared: str) -> list[str]:
    """Return a sentence for each estimate with fewer snapshots or seeds than the reference, `compared`."""
    counts = numbers.groupby("estimate", sort=False)[["step", "seed"]].nunique()
    fewer = counts[(counts < counts.loc[compared]).any(axis=1)]
    return [f"{name}: seeds {row['seed']}, snapshots {row['step']}." for name, row in fewer.iterrows()]
