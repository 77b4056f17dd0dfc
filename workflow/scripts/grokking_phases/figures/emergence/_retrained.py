"""Test accuracy of sub-networks trained alone, and of the whole network: code that several figures share.

In the table `curves`, the rows of the whole network are called `original` here, and those of a sub-network
`<subnetwork>.<mask>`. A seed that lacks a sub-network has no rows of it. The sets drawn at random
(`random_1`, `random_2`, …) count as one sub-network, `random`.
"""

import pandas as pd
from matplotlib.figure import Figure

from grokking_phases.analysis.comparison import ORIGINAL, RANDOM
from grokking_phases.figures.emergence._accuracy import draw_accuracies
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
from grokking_phases.plotting.lines import apart
from grokking_phases.plotting.panels import by_run, in_panels
from grokking_phases.plotting.recipes import all_described, broken, ended_early, evaluation, held, spread
from grokking_phases.plotting.words import Words

MASKS = {
    "weights": "all other rows of W1 are zero at every step, but not their biases, which stay as constants "
    "that learn (as published)",
    "activation": "all other units are removed",
}
TAKEN = {
    "units": "units of the multiplet with the {extreme} Ω{moment}",
    "others": "all units but those of the multiplet with the {extreme} Ω{moment}",
    "random": "as many units as the multiplet with the {extreme} Ω{moment} has, drawn at random",
}
EXTREMES = {"synergy": "least", "redundancy": "greatest"}
MOMENTS = {
    "any": " of all snapshots from step {from_step}",
    "generalised": " at the first snapshot from step {from_step} on that generalises",
    "emergence": " during emergence, from step {from_step}",
    "delayed_emergence": " during delayed emergence, from step {from_step}",
}


def networks_accuracies(tables: pd.DataFrame, panels: dict[str, list[str]]) -> pd.DataFrame:
    """Return the accuracy on the test set (`value`) for each run, network, seed and step > 0.

    A network (`of`) has a `subnetwork` and a `mask`.
    """
    rows = tables[(tables["metric"] == "test_accuracy") & (tables["step"] > 0)]
    rows = with_parts(rows.assign(of=rows["table"].replace("curves", ORIGINAL)))
    rows = rows.astype({"seed": int, "step": int})
    return in_panels(rows[["run", "of", "subnetwork", "mask", "seed", "step", "value"]], panels)


def drawn_once(numbers: pd.DataFrame) -> pd.DataFrame:
    """Keep one of the sub-networks that have the same curves in every run, and name the others in `also`."""
    keys = ["mask", "run", "seed", "step"]
    curves = {
        name: rows.set_index(keys)["value"].sort_index()
        for name, rows in numbers[numbers["subnetwork"] != RANDOM].groupby("subnetwork", sort=False)
    }
    first = {name: next(other for other in curves if curves[other].equals(curves[name])) for name in curves}
    also = {
        kept: ", ".join(name for name in first if first[name] == kept and name != kept)
        for kept in first.values()
    }
    kept = numbers[~numbers["subnetwork"].isin([name for name in first if first[name] != name])]
    return kept.assign(also=kept["subnetwork"].map(also).replace("", None))


def with_parts(rows: pd.DataFrame) -> pd.DataFrame:
    """Split the column `of` (`synergistic.weights`) into `subnetwork` and `mask`.

    An empty mask goes with all masks.
    """
    parts = rows["of"].str.partition(".")
    subnetwork = parts[0].mask(parts[0].str.startswith(f"{RANDOM}_"), RANDOM)
    return rows.assign(subnetwork=subnetwork, mask=parts[2])


def by_mask(numbers: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Return {mask: its rows}; rows without a mask belong to each."""
    return {
        mask: numbers[numbers["mask"].isin(["", mask])].drop(columns="mask")
        for mask in numbers["mask"].unique()
        if mask
    }


def subnetworks_in(numbers: pd.DataFrame) -> list[str]:
    """Return the original, then the other sub-networks in the order of the config, without random sets."""
    return [ORIGINAL, *(name for name in numbers["subnetwork"].unique() if name not in (ORIGINAL, RANDOM))]


def draw_figure(numbers: pd.DataFrame, study: dict) -> list[Figure]:
    """Return a page for each mask: test accuracy of the original and of each sub-network.

    More than six runs go to several pages.
    """
    numbers, subnetworks = in_words(numbers, study["subnetworks"])
    study = study | {"subnetworks": subnetworks}
    chosen = [name for name, entry in subnetworks.items() if entry["take"] != "random"]
    nowhere = [name for name in chosen if name not in set(numbers["subnetwork"])]
    return [
        draw_page(pd.concat(dict(runs).values()), study, mask, nowhere)
        for mask, rows in by_mask(numbers).items()
        for runs in in_pages(list(by_run(rows, study["runs"]).items()))
    ]


def in_words(numbers: pd.DataFrame, subnetworks: dict[str, dict]) -> tuple[pd.DataFrame, dict[str, dict]]:
    """Return rows and entries in which each sub-network has the name that a legend gives it."""
    also = numbers.dropna(subset="also").set_index("subnetwork")["also"].str.split(", ").to_dict()
    names = [*numbers["subnetwork"].unique(), *subnetworks]
    titles = {name: titled([name, *also.get(name, [])], subnetworks) for name in names}
    twins = {twin for others in also.values() for twin in others}
    entries = {titles[name]: entry for name, entry in subnetworks.items() if name not in twins}
    return numbers.assign(subnetwork=numbers["subnetwork"].map(titles)), entries


def titled(names: list[str], subnetworks: dict[str, dict]) -> str:
    """Return the title of sub-networks with one curve: `inverse`, or `inverse, with step 0 or without`."""
    entries = [subnetworks.get(name, {}) for name in names]
    plain = [
        (name.removesuffix("_step0") if entry.get("step_0") else name).replace("_", " ")
        for name, entry in zip(names, entries, strict=True)
    ]
    with_step_0 = {bool(entry.get("step_0")) for entry in entries}
    if len(set(plain)) > 1:
        return " = ".join(titled([name], subnetworks) for name in names)
    if len(with_step_0) > 1:
        return f"{plain[0]}, with step 0 or without"
    return f"{plain[0]}, step 0 too" if with_step_0 == {True} else plain[0]


def draw_page(numbers: pd.DataFrame, study: dict, mask: str, nowhere: list[str]) -> Figure:
    runs, names = by_run(numbers, study["runs"]), subnetworks_in(numbers)
    title = f"Sub-networks trained alone, mask: {mask}"
    figure, part = sheet(0.8 + 2.0 * n_rows(len(runs)), title, words(numbers, study, mask, nowhere))
    for ax, (title, rows) in zip(grid(part, len(runs)), runs.items(), strict=True):
        draw_accuracies(ax, rows, **apart("subnetwork", names))
        title_panel(ax, title, min(len(runs), MOST_COLUMNS))
    name_axes(part, "step", "test accuracy")
    legend_above(part)
    return figure


def words(numbers: pd.DataFrame, study: dict, mask: str, nowhere: list[str]) -> Words:
    runs = study["runs"]
    return Words(
        ["Accuracy on the full test set.", spread(numbers)],
        [
            *all_described(runs, evaluation),
            *held(numbers, runs),
            *alone(study["subnetworks"]),
            masked(mask),
            *absences(numbers, runs, nowhere),
            *ended_early(numbers, runs),
            *broken(runs),
            "Sets drawn at random, as many units as the synergistic one has, are in the figure of controls, "
            "under mask 'activation'.",
        ],
    )


def alone(subnetworks: dict[str, dict]) -> list[str]:
    """Return sentences that say how each sub-network was chosen, and what all share.

    Random sets are named once.
    """
    chosen = {
        RANDOM if entry["take"] == "random" else name: TAKEN[entry["take"]].format(
            extreme=EXTREMES[entry["extreme"]], moment=moment_of(entry)
        )
        for name, entry in subnetworks.items()
    }
    metrics = ", ".join(sorted({entry["metric"] for entry in subnetworks.values()}))
    shared = (
        f"Sub-networks by {metrics}, of multiplets that are not the whole layer, trained from the same "
        "initial weights with a fresh optimiser."
    )
    return [shared, *(f"{name}: {what}." for name, what in chosen.items())]


def moment_of(entry: dict) -> str:
    """Return in words at which snapshots a sub-network's multiplet was looked for."""
    return MOMENTS[entry["at"]].format(**entry) + (", and of step 0" if entry.get("step_0") else "")


def masked(mask: str) -> str:
    return f"Mask {mask!r}: {MASKS[mask]}."


def absences(numbers: pd.DataFrame, runs: dict[str, dict], nowhere: list[str]) -> list[str]:
    """Return a sentence for each sub-network that a run lacks in some of its seeds.

    Sub-networks found `nowhere` have no rows.
    """
    seeds = numbers.groupby(["run", "subnetwork"])["seed"].nunique()
    counts = {
        (run, name): len(runs[run]["seeds"]) - seeds.get((run, name), 0)
        for run in numbers["run"].unique()
        for name in [*subnetworks_in(numbers), *nowhere]
    }
    return [
        f"{run} has no {name} sub-network in {n} of {len(runs[run]['seeds'])} seeds."
        for (run, name), n in counts.items()
        if n
    ]
