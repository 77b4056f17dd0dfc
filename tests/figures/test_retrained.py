"""Figures of sub-networks trained alone, from made-up tables: Figures 6 and 7, and controls."""

import numpy as np
import pandas as pd
import pytest
from made_up import SEEDS, curves, is_named, named_in, run_with, said

from grokking_phases.analysis.comparison import compare
from grokking_phases.figures.emergence import controls, fig6, fig7
from grokking_phases.figures.emergence._conclusions import FEWEST, concluded, n_draws, outcome, shifted

RUNS = {"wd2": run_with(weight_decay=2), "alpha8": run_with(alpha=8, constrain_norm="weights")}
CHOSEN = {"metric": "o_information", "extreme": "synergy", "at": "any", "from_step": 5}
SUBNETWORKS = {
    "synergistic": {**CHOSEN, "take": "units"},
    "inverse": {**CHOSEN, "take": "others"},
    "random_1": {**CHOSEN, "take": "random"},
    "random_2": {**CHOSEN, "take": "random"},
}
STUDY = {"runs": RUNS, "metrics": {}, "subnetworks": SUBNETWORKS}
PANELS = {"weight decay": ["wd2"], "initialisation": ["alpha8"]}
STEPS = tuple(range(0, 101, 10))
SIZES = {"synergistic": 8, "inverse": 2, "delayed": 8, "random_1": 8, "random_2": 8}


def trained(run, generalised, table="curves"):
    """Return curves whose test accuracy jumps from 0 to 1 at a step.

    generalised: {seed: that step}, NaN for a seed that never generalises.
    """
    rows = curves(run, STEPS)
    rows = rows[rows["seed"].isin(list(generalised))]
    jumps = (rows["step"] >= rows["seed"].map(generalised)).astype(float)
    return rows.assign(value=rows["value"].mask(rows["metric"] == "test_accuracy", jumps), table=table)


def tables(run, mask="activation", **networks):
    """Return the tables of a run whose original generalises at steps 40 and 50.

    networks: {seed: step at which it generalises} of each sub-network.
    """
    original = trained(run, {0: 40, 1: 50})
    retrained = {f"{name}.{mask}": trained(run, steps, f"{name}.{mask}") for name, steps in networks.items()}
    choices = pd.DataFrame(
        [
            {"subnetwork": name, "seed": seed, "size": SIZES[name], "step": 20 + seed}
            for name in networks
            for seed in SEEDS
        ]
    )
    at_random = {name for name in retrained if name.startswith("random")}
    compared = compare(original, retrained, choices, at_random).assign(run=run, table="comparison")
    return pd.concat([original, *retrained.values(), compared], ignore_index=True)


@pytest.fixture
def both():
    """Return tables of a run in which all is found, and of one without delayed emergence.

    The inverse of the latter generalises in only one seed.
    """
    draws = {"random_1": {0: 50, 1: 60}, "random_2": {0: 60, 1: 70}}
    full = tables("wd2", synergistic={0: 60, 1: 70}, inverse={0: 90, 1: 90}, delayed={0: 30, 1: 40}, **draws)
    part = tables("alpha8", synergistic={0: 40, 1: 50}, inverse={0: 70, 1: np.nan}, delayed={}, **draws)
    return pd.concat([full, part], ignore_index=True)


def legend_of(figure):
    return [entry.get_text() for entry in figure.subfigs[0].legends[0].get_texts()]


def test_accuracies_of_each_network_after_step_0_are_selected(both):
    numbers = fig6.select(both, PANELS)
    assert set(numbers["subnetwork"]) == {"original", "synergistic", "inverse", "delayed", "random"}
    assert numbers["step"].min() == 10
    assert list(numbers["panel"].unique()) == list(PANELS)
    one = numbers[
        (numbers["of"] == "inverse.activation") & (numbers["run"] == "wd2") & (numbers["seed"] == 0)
    ]
    assert list(one["value"]) == [0] * 8 + [1, 1]
    assert list(numbers.loc[numbers["of"] == "original", "mask"].unique()) == [""]


@pytest.mark.parametrize("figure", [fig6, fig7])
def test_a_page_for_each_mask_names_the_subnetworks_that_seeds_lack(both, figure):
    masked = tables("wd2", "weights", synergistic={0: 60}, inverse={})
    rows = pd.concat([both, masked[masked["table"] != "curves"]], ignore_index=True)
    numbers = figure.select(rows, PANELS)
    assert seeds_of(numbers, "wd2", "weights") == {"original": [0, 1], "synergistic": [0]}
    assert seeds_of(numbers, "alpha8", "activation").keys() == {
        "original",
        "synergistic",
        "inverse",
        "random",
    }
    activation, weights = figure.draw(numbers, STUDY)
    assert named_in(activation, "activation", "alpha8", "delayed", "2 of 2", "1 of 2") == [
        *("activation", "alpha8", "delayed", "2 of 2")
    ]
    assert named_in(weights, "weights", "wd2", "synergistic", "1 of 2") == [
        "weights",
        "wd2",
        "synergistic",
        "1 of 2",
    ]
    assert named_in(weights, *SUBNETWORKS, CHOSEN["metric"], 5) == [
        "synergistic",
        "inverse",
        CHOSEN["metric"],
        5,
    ]
    assert legend_of(activation) == ["original", "synergistic", "inverse", "delayed"]
    assert legend_of(weights) == ["original", "synergistic"]


def test_subnetworks_with_the_same_curves_are_drawn_once_under_one_name():
    zeroth = {"synergistic_step0": {**CHOSEN, "take": "units", "step_0": True}}
    study = STUDY | {"subnetworks": SUBNETWORKS | zeroth}
    same = tables("wd2", synergistic={0: 60, 1: 70}, inverse={0: 90, 1: 90})
    copy = same[same["table"] == "synergistic.activation"].assign(table="synergistic_step0.activation")
    for run, copied, expected in (
        ("wd2", copy, ["original", "synergistic, with step 0 or without", "inverse"]),
        ("wd2", copy.assign(value=1), ["original", "synergistic", "inverse", "synergistic, step 0 too"]),
    ):
        numbers = fig7.select(pd.concat([same, copied], ignore_index=True), {"high": [run]})
        [figure] = fig7.draw(numbers, study)
        assert legend_of(figure) == expected
        assert "sub-network in" not in said(figure)  # none is missing


def seeds_of(numbers, run, mask):
    """Return {sub-network: its seeds} of one run under one mask."""
    rows = numbers[(numbers["run"] == run) & numbers["mask"].isin(["", mask])]
    return rows.groupby("subnetwork")["seed"].unique().map(list).to_dict()


def test_a_subnetwork_that_no_seed_has_is_named():
    numbers = fig6.select(tables("wd2", synergistic={0: 60, 1: 70}, inverse={}), PANELS)
    assert seeds_of(numbers, "wd2", "activation").keys() == {"original", "synergistic"}
    [figure] = fig6.draw(numbers, STUDY)
    assert named_in(figure, "wd2", "2 of 2", "1 of 2") == ["wd2", "2 of 2"]


@pytest.mark.parametrize(("seeds", "has_band"), [([0], False), ([0, 1], True)])
def test_one_seed_has_no_band(seeds, has_band):
    rows = tables("wd2", synergistic={0: 60, 1: 70})
    [figure] = fig6.draw(fig6.select(rows[rows["seed"].isin(seeds)], PANELS), STUDY)
    bands = [path for band in figure.subfigs[0].axes[0].collections for path in band.get_paths()]
    assert any(np.ptp(path.vertices[:, 1]) > 0 for path in bands) == has_band


def test_controls_select_curves_and_comparisons_of_every_network(both):
    numbers = controls.select(both, PANELS)
    assert set(numbers["quantity"]) == {"test_accuracy", *controls.COMPARED}
    row = numbers[(numbers["of"] == "synergistic.activation") & (numbers["quantity"] == "difference")]
    assert list(row.loc[row["run"] == "wd2", "value"]) == [20, 20, 20]
    assert set(numbers.loc[numbers["of"] == "random", "mask"]) == {"activation"}


def test_controls_show_differences_and_name_seeds_without_one(both):
    [figure] = controls.draw(controls.select(both, PANELS), STUDY)
    accuracy, _, full, part = figure.subfigs[0].axes
    assert accuracy.get_title() == "weight decay"
    names = [label.get_text() for label in full.get_yticklabels()]
    assert names == ["synergistic", "inverse", "delayed", "random"]
    seeds = {
        name: list(points.get_offsets()[:, 0]) for name, points in zip(names, circles(full), strict=True)
    }
    draws = [10, 10, 20, 20]
    assert seeds == {"synergistic": [20, 20], "inverse": [50, 40], "delayed": [-10, -10], "random": draws}
    seeds = {
        name: list(points.get_offsets()[:, 0]) for name, points in zip(names, circles(part), strict=True)
    }
    assert seeds == {"synergistic": [0, 0], "inverse": [30], "delayed": [], "random": draws}
    lacking = [text.get_text() for text in part.texts]
    assert [is_named("1 of 2", text) for text in lacking] == [False, True, False, False]
    assert [is_named("absent", text) for text in lacking] == [False, False, True, False]
    sizes = {"synergistic": 8, "inverse": 2, "delayed": "absent", "random": 8}
    assert [name for name, size in sizes.items() if f"{name} ({size}" in said(figure)] == list(sizes)
    assert len(legend_of(figure)) == len(names) + 1  # the original


def circles(ax):
    """Return the points of each row, with a circle for each seed or draw."""
    return [points for points in ax.collections if hasattr(points, "get_sizes") and len(points.get_sizes())]


def test_comparisons_of_one_mask_are_not_on_the_page_of_another(both):
    masked = tables("wd2", "weights", synergistic={0: 60, 1: 70})
    rows = pd.concat([both, masked[masked["table"] == "synergistic.weights"]], ignore_index=True)
    numbers = controls.select(rows, PANELS)
    compared = numbers[numbers["quantity"] != "test_accuracy"]
    assert set(compared["mask"].dropna()) - {""} == {"activation"}
    activation, weights = (said(page) for page in controls.draw(numbers, STUDY))
    assert is_named("p = 0.22", activation) and not is_named("p = 0.22", weights)


def over_seeds(numbers, run, quantity):
    """Return {sub-network: (value, low, high) over seeds} of one quantity, without those that are absent."""
    rows = numbers[(numbers["run"] == run) & (numbers["quantity"] == quantity) & numbers["seed"].isna()]
    return {
        row.subnetwork: (row.value, row.low, row.high) for row in rows.itertuples() if row.status != "absent"
    }


def clause(numbers, run, name):
    """Return the part of a run's conclusion that is about one sub-network."""
    rows = numbers[(numbers["run"] == run) & (numbers["quantity"] != "test_accuracy")]
    [found] = [part for part in concluded(rows, [name]).split("; ") if part.startswith(name)]
    return found


def test_the_numbers_of_a_comparison_are_known(both):
    """Two of nine rank sums are as far from the middle as that of a network first or last in both seeds.

    A network has one of three ranks in each of two seeds.
    """
    numbers = controls.select(both, PANELS)
    assert over_seeds(numbers, "wd2", "difference") == {
        **{"synergistic": (20, 20, 20), "inverse": (45, 40, 50), "delayed": (-10, -10, -10)},
        "random": pytest.approx((15, 10, 20)),
    }
    names = ["synergistic", "inverse", "delayed"]
    differences, p, same = (
        over_seeds(numbers, "wd2", quantity) for quantity in ("beside_random", "p", "same_size")
    )
    assert [differences[name][0] for name in names] == [5, 30, -25]
    assert [p[name][0] for name in names[1:]] == pytest.approx([2 / 9, 2 / 9])
    assert [same[name][0] for name in names] == [1, 0, 1]
    assert over_seeds(numbers, "alpha8", "difference")["synergistic"] == (0, 0, 0)
    assert "delayed" not in over_seeds(numbers, "alpha8", "difference")


@pytest.mark.parametrize(
    ("run", "name", "named"),
    [
        ("wd2", "synergistic", ["8", "20–21", "20", "5"]),
        ("wd2", "delayed", ["8", "10", "-10", "25", "-25", "0.22"]),
        ("wd2", "inverse", ["2", "45", "+40", "+50", "30", "0.22"]),
        ("alpha8", "synergistic", ["8", "+0", "15"]),
        ("alpha8", "inverse", ["2", "1 of 2", "+30", "never"]),
        ("alpha8", "delayed", ["absent"]),
    ],
)
def test_a_conclusion_names_its_numbers(both, run, name, named):
    numbers = controls.select(both, PANELS)
    text = clause(numbers, run, name)
    assert [number for number in named if is_named(number, text)] == named
    [figure] = controls.draw(numbers, STUDY)
    assert text.split(". ")[0] in said(figure)


def test_too_few_random_sets_are_reported(both):
    """Two draws for each of two seeds are fewer than a causal word needs."""
    numbers = controls.select(both, PANELS)
    assert n_draws(numbers[numbers["run"] == "wd2"]) == 4 < FEWEST
    assert is_named(FEWEST, concluded(numbers[numbers["run"] == "wd2"], []))
    [figure] = controls.draw(numbers, STUDY)
    assert named_in(figure, FEWEST) == [FEWEST]


def test_without_random_sets_or_generalisation_nothing_is_concluded():
    numbers = controls.select(tables("wd2", synergistic={0: np.nan, 1: np.nan}), PANELS)
    differences = over_seeds(numbers, "wd2", "difference")
    assert list(differences) == ["synergistic"] and differences["synergistic"][1:] == (np.inf, np.inf)
    assert over_seeds(numbers, "wd2", "p") == {}
    assert is_named("2 of 2", outcome(numbers, "synergistic")) and is_named(
        8, outcome(numbers, "synergistic")
    )
    assert is_named("0 of 2", clause(numbers, "wd2", "synergistic"))
    assert not is_named("p", clause(numbers, "wd2", "synergistic"))


def test_random_sets_that_never_generalise_are_later_than_all_others():
    draws = {"random_1": {0: 60, 1: np.nan}, "random_2": {0: 50, 1: np.nan}}
    numbers = controls.select(tables("wd2", synergistic={0: 60, 1: 70}, **draws), PANELS)
    differences = over_seeds(numbers, "wd2", "difference")
    assert differences["synergistic"] == (20, 20, 20)
    assert differences["random"][1:] == (10, np.inf)
    assert over_seeds(numbers, "wd2", "beside_random")["synergistic"][0] == -np.inf
    assert is_named("2 of 4", outcome(numbers[numbers["quantity"] != "test_accuracy"], "random"))


def test_networks_that_all_never_generalise_do_not_differ():
    never = {0: np.nan, 1: np.nan}
    numbers = controls.select(tables("wd2", synergistic=never, random_1=never, random_2=never), PANELS)
    assert over_seeds(numbers, "wd2", "p")["synergistic"][0] == 1
    assert is_named("0 of 2", clause(numbers, "wd2", "synergistic"))
    assert is_named("p = 1", clause(numbers, "wd2", "synergistic"))


def test_absent_random_sets_do_not_count():
    rows = tables("wd2", synergistic={0: 60, 1: 70}, random_1={0: 60}, random_2={})
    assert n_draws(controls.select(rows, PANELS)) == 1


def test_a_difference_without_an_interval_is_said_without_one():
    known = {"value": 10.0, "status": "found", "n_found": 1, "n_seeds": 5}
    assert "[" in shifted(pd.Series(known | {"low": 5.0, "high": 20.0}), "the original")
    assert "[" not in shifted(pd.Series(known | {"low": np.nan, "high": np.nan}), "the original")
