"""Figures of sub-networks trained alone, from made-up tables: Figures 6 and 7 of the emergence paper, and controls."""

import numpy as np
import pandas as pd
import pytest
from made_up import SEEDS, curves, run_with

from grokking_phases.analysis.comparison import compare
from grokking_phases.figures.emergence import controls, fig6, fig7
from grokking_phases.figures.emergence._conclusions import concluded, n_draws, outcome

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
    """Curves of those seeds in `generalised`: test accuracy jumps from 0 to 1 at the given step (NaN: never)."""
    rows = curves(run, STEPS)
    rows = rows[rows["seed"].isin(list(generalised))]
    jumps = (rows["step"] >= rows["seed"].map(generalised)).astype(float)
    return rows.assign(value=rows["value"].mask(rows["metric"] == "test_accuracy", jumps), table=table)


def tables(run, mask="activation", **of):
    """The original generalises at steps 40 and 50; each sub-network as told: {seed: step}."""
    original = trained(run, {0: 40, 1: 50})
    retrained = {f"{name}.{mask}": trained(run, steps, f"{name}.{mask}") for name, steps in of.items()}
    choices = pd.DataFrame(
        [{"subnetwork": name, "seed": seed, "size": SIZES[name], "step": 20 + seed} for name in of for seed in SEEDS]
    )
    at_random = {name for name in retrained if name.startswith("random")}
    compared = compare(original, retrained, choices, at_random).assign(run=run, table="comparison")
    return pd.concat([original, *retrained.values(), compared], ignore_index=True)


@pytest.fixture
def both():
    """A run in which all is found, and one without delayed emergence, whose inverse generalises in one seed alone."""
    draws = {"random_1": {0: 50, 1: 60}, "random_2": {0: 60, 1: 70}}
    full = tables("wd2", synergistic={0: 60, 1: 70}, inverse={0: 90, 1: 90}, delayed={0: 30, 1: 40}, **draws)
    part = tables("alpha8", synergistic={0: 40, 1: 50}, inverse={0: 70, 1: np.nan}, delayed={}, **draws)
    return pd.concat([full, part], ignore_index=True)


def legend_of(figure):
    return [entry.get_text() for entry in figure.subfigs[0].legends[0].get_texts()]


def test_the_accuracies_of_each_network_after_step_0_are_selected(both):
    numbers = fig6.select(both, PANELS)
    assert set(numbers["subnetwork"]) == {"original", "synergistic", "inverse", "delayed", "random"}
    assert numbers["step"].min() == 10
    assert list(numbers["panel"].unique()) == list(PANELS)
    one = numbers[(numbers["of"] == "inverse.activation") & (numbers["run"] == "wd2") & (numbers["seed"] == 0)]
    assert list(one["value"]) == [0] * 8 + [1, 1]
    assert list(numbers.loc[numbers["of"] == "original", "mask"].unique()) == [""]


@pytest.mark.parametrize("figure", [fig6, fig7])
def test_a_page_for_each_mask_says_what_it_does_and_which_seeds_lack_a_subnetwork(both, figure):
    masked = tables("wd2", "weights", synergistic={0: 60}, inverse={})
    rows = pd.concat([both, masked[masked["table"] != "curves"]], ignore_index=True)
    activation, weights = figure.draw(figure.select(rows, PANELS), STUDY)
    assert "Mask 'activation': all other units are removed." in activation.get_supxlabel()
    assert "not their biases, which stay as constants that learn (as published)" in weights.get_supxlabel()
    assert "wd2 has no synergistic sub-network in 1 of 2 seeds." in weights.get_supxlabel()
    assert "alpha8 has no delayed sub-network in 2 of 2 seeds." in activation.get_supxlabel()
    assert "norm of the weights held constant" in activation.get_supxlabel()
    assert (
        "inverse, all units but those of the multiplet with the least Ω of all snapshots from step 5;"
        in weights.get_supxlabel()
    )
    assert legend_of(activation) == ["original", "synergistic", "inverse", "delayed"]
    assert legend_of(weights) == ["original", "synergistic"]


def test_a_subnetwork_that_no_seed_has_is_said_to_be_missing():
    rows = tables("wd2", synergistic={0: 60, 1: 70}, inverse={})
    [figure] = fig6.draw(fig6.select(rows, PANELS), STUDY)
    assert "wd2 has no inverse sub-network in 2 of 2 seeds." in figure.get_supxlabel()


def test_one_seed_has_no_band():
    rows = tables("wd2", synergistic={0: 60})
    [figure] = fig6.draw(fig6.select(rows[rows["seed"] == 0], PANELS), STUDY)
    assert "one seed, so no bands" in figure.get_supxlabel()


def test_controls_select_curves_and_comparisons_of_every_network(both):
    numbers = controls.select(both, PANELS)
    assert set(numbers["quantity"]) == {"test_accuracy", *controls.COMPARED}
    row = numbers[(numbers["of"] == "synergistic.activation") & (numbers["quantity"] == "difference")]
    assert list(row.loc[row["run"] == "wd2", "value"]) == [20, 20, 20]
    assert set(numbers.loc[numbers["of"] == "random", "mask"]) == {"activation"}


def test_controls_show_differences_and_say_in_words_what_has_none(both):
    [figure] = controls.draw(controls.select(both, PANELS), STUDY)
    accuracy, _, differences, of_part = figure.subfigs[0].axes
    assert accuracy.get_title() == "weight decay"
    names = [label.get_text() for label in differences.get_yticklabels()]
    assert names == ["synergistic", "inverse", "delayed", "random"]
    said = [text.get_text() for text in of_part.texts]
    of = "units of step 20–21"
    assert said == [f"8 {of}", f"2 {of}, not reached 1 of 2", "absent", f"8 {of}"]
    assert legend_of(figure)[-1] == "random sets: median, central 95 %"


def test_what_is_compared_under_one_mask_says_nothing_of_another(both):
    masked = tables("wd2", "weights", synergistic={0: 60, 1: 70})
    rows = pd.concat([both, masked[masked["table"] == "synergistic.weights"]], ignore_index=True)
    activation, weights = controls.draw(controls.select(rows, PANELS), STUDY)
    assert "random (8 units of step 20–21) 15 steps after the original" in activation.get_supxlabel()
    assert "weight decay: random (not compared); synergistic (not compared)." in weights.get_supxlabel()


def test_conclusions_follow_from_the_numbers_alone(both):
    [figure] = controls.draw(controls.select(both, PANELS), STUDY)
    full, part = figure.get_supxlabel().split("\n")[1:]
    of = "units of step 20–21"
    # Of three in each of two seeds, first and first, or last and last: two of nine are as far from the middle.
    assert f"synergistic (8 {of}) 20 steps after the original [+20, +20], 5 steps after its random sets" in full
    assert f"delayed (8 {of}) 10 steps before the original [-10, -10], 25 steps before its random sets" in full
    assert "its random sets [-25, -25], p = 0.22" in full
    assert f"inverse (2 {of}) 45 steps after the original [+40, +50], 30 steps after its random sets" in full
    assert "(of another size), p = 0.22" in full
    assert f"synergistic (8 {of}) with the original [+0, +0], 15 steps before its random sets" in part
    assert f"inverse (2 {of}, not reached 1 of 2) mostly never [+30, never], 1 of 2 generalising" in part
    assert "delayed (absent)" in part
    assert "Fewer than 20 random sets: too few for a causal word." in part


def test_without_random_sets_and_where_nothing_generalises_nothing_is_concluded():
    rows = tables("wd2", synergistic={0: np.nan, 1: np.nan})
    numbers = controls.select(rows, PANELS)
    compared = numbers[numbers["quantity"] != "test_accuracy"]
    assert outcome(compared, "synergistic") == "8 units of step 20–21, not reached 2 of 2"
    assert concluded(compared, ["synergistic"]) == (
        "random (not compared); synergistic (8 units of step 20–21, not reached 2 of 2) mostly never [never, never], "
        "0 of 2 generalising, no random sets to hold it against. Fewer than 20 random sets: too few for a causal word"
    )


def test_random_sets_that_do_not_generalise_are_the_latest():
    rows = tables("wd2", synergistic={0: 60, 1: 70}, random_1={0: 60, 1: np.nan}, random_2={0: 50, 1: np.nan})
    text = concluded(controls.select(rows, PANELS).query("quantity != 'test_accuracy'"), ["synergistic"])
    assert text.startswith("random (8 units of step 20–21, not reached 2 of 4) mostly never [+10, never], 2 of 4")
    assert "20 steps after the original [+20, +20], before its random sets, which mostly never generalise" in text


def test_where_neither_generalises_that_is_said():
    never = {0: np.nan, 1: np.nan}
    rows = tables("wd2", synergistic=never, random_1=never, random_2=never)
    text = concluded(controls.select(rows, PANELS).query("quantity != 'test_accuracy'"), ["synergistic"])
    assert "0 of 2 generalising, never, as its random sets, p = 1" in text


def test_absent_random_sets_do_not_count():
    rows = tables("wd2", synergistic={0: 60, 1: 70}, random_1={0: 60}, random_2={})
    assert n_draws(controls.select(rows, PANELS)) == 1
