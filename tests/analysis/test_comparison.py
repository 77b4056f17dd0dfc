"""Comparison of sub-networks with their run and random sets: known steps, medians and exact probabilities."""

from itertools import product

import numpy as np
import pandas as pd
import pytest

from grokking_phases.analysis.comparison import compare, exact_p


def curves(generalised):
    """Return curves from {seed: step at which test accuracy passes 0.98, or None}."""
    rows = [
        {
            "seed": seed,
            "step": step,
            "metric": "test_accuracy",
            "value": 0.99 if at is not None and step >= at else 0.5,
        }
        for seed, at in generalised.items()
        for step in range(0, 101, 5)
    ]
    return pd.DataFrame(rows, columns=["seed", "step", "metric", "value"])


def choices(**sizes):
    rows = [
        {"seed": seed, "subnetwork": name, "size": size, "step": 10 + seed}
        for name, size in sizes.items()
        for seed in (0, 1, 2)
    ]
    return pd.DataFrame(rows)


def compared(**changed):
    retrained = {
        "synergistic.activation": curves({0: 40, 1: 70, 2: None}),
        "delayed.activation": curves({1: 30}),
        "random_1.activation": curves({0: 10, 1: 20, 2: 30}),
        "random_2.activation": curves({0: 40, 1: 50, 2: None}),
    } | changed
    at_random = {"random_1.activation", "random_2.activation"}
    original = curves({0: 30, 1: 40, 2: 50})
    return compare(original, retrained, choices(synergistic=4, delayed=5, random_1=4, random_2=4), at_random)


def row(rows, name, quantity, seed=None):
    """Return the one row of a network (`name`) and quantity, of a seed or over seeds."""
    rows = rows[(rows["of"] == name) & (rows["quantity"] == quantity)]
    rows = rows[rows["seed"].isna()] if seed is None else rows[rows["seed"] == seed]
    (found,) = rows.to_dict("records")
    return found


def test_a_sub_network_is_compared_with_the_original_of_its_own_seed():
    rows = compared()
    assert [row(rows, "synergistic.activation", "difference", seed)["value"] for seed in (0, 1)] == [10, 30]
    assert [row(rows, "synergistic.activation", "beside_random", seed)["value"] for seed in (0, 1)] == [
        15,
        35,
    ]
    assert row(rows, "original", "generalised", 2)["value"] == 50
    for quantity in ("generalised", "difference"):
        assert row(rows, "synergistic.activation", quantity, 2)["status"] == "not reached"
    assert row(rows, "delayed.activation", "generalised", 0)["status"] == "absent"
    assert row(rows, "synergistic.activation", "size", 0)["value"] == 4
    assert row(rows, "synergistic.activation", "chosen_at", 2)["value"] == 12
    assert rows[(rows["of"] == "original") & (rows["quantity"] == "size")].empty


def test_a_network_whose_training_ended_early_changes_nothing_of_the_others():
    ended = curves({0: None, 1: None, 2: None})
    frames = compared(), compared(**{"delayed.activation": ended[ended["step"] <= 15]})
    whole, other = (frame[~frame["of"].str.startswith("delayed")] for frame in frames)
    pd.testing.assert_frame_equal(whole.reset_index(drop=True), other.reset_index(drop=True))
    assert row(frames[1], "delayed.activation", "generalised", 0)["status"] == "not reached"


def test_a_network_that_never_generalises_is_later_than_all_others():
    synergistic = row(compared(), "synergistic.activation", "difference")
    assert (synergistic["value"], synergistic["n_found"], synergistic["n_seeds"]) == (30, 2, 3)
    assert (synergistic["low"], synergistic["high"]) == (10, np.inf)
    mostly_never = compared(**{"synergistic.activation": curves({0: 40, 1: None, 2: None})})
    synergistic = row(mostly_never, "synergistic.activation", "difference")
    assert synergistic["status"] == "not reached" and np.isnan(synergistic["value"])
    assert row(compared(), "delayed.activation", "final_test_accuracy")["n_found"] == 1


def test_one_seed_has_no_interval():
    of_one, of_three = (
        row(compared(), name, "final_test_accuracy")
        for name in ("delayed.activation", "synergistic.activation")
    )
    assert of_one["n_found"] == 1 and np.isnan([of_one["low"], of_one["high"]]).all()
    assert of_three["n_found"] == 3 and np.isfinite([of_three["low"], of_three["high"]]).all()


def test_random_sets_are_pooled():
    rows = compared()
    pooled = row(rows, "random", "generalised")
    assert (pooled["value"], pooled["n_found"], pooled["n_seeds"]) == (35, 5, 6)
    assert (pooled["low"], pooled["high"]) == (10, np.inf)
    assert rows[rows["of"].isin(["random_1.activation"]) & rows["seed"].isna()].empty


def test_a_run_that_never_generalises_is_later_or_cannot_be_compared():
    retrained = {"synergistic.activation": curves({0: 10, 1: 10, 2: None})}
    rows = compare(curves({0: None, 1: None, 2: None}), retrained, choices(synergistic=2), set())
    assert row(rows, "original", "generalised")["status"] == "not reached"
    assert row(rows, "synergistic.activation", "difference", 0)["value"] == -np.inf
    assert row(rows, "synergistic.activation", "difference", 2)["status"] == "absent"
    assert row(rows, "synergistic.activation", "generalised")["value"] == 10


def test_a_sub_network_without_rows_is_absent():
    rows = compare(curves({0: 30}), {"delayed.activation": curves({})}, choices(synergistic=2), set())
    assert row(rows, "delayed.activation", "difference")["status"] == "absent"
    assert rows[rows["quantity"] == "p"].empty


def test_only_steps_at_which_all_networks_were_evaluated_count():
    original = curves({0: 37})  # evaluated at step 37 too, as at a snapshot
    original = pd.concat(
        [original, pd.DataFrame([{"seed": 0, "step": 37, "metric": "test_accuracy", "value": 0.99}])]
    )
    rows = compare(original, {"synergistic.activation": curves({0: 37})}, choices(synergistic=2), set())
    assert row(rows, "original", "generalised")["value"] == 40
    assert row(rows, "synergistic.activation", "difference")["value"] == 0


def test_sizes_are_compared_seed_by_seed():
    rows = compared()
    assert row(rows, "synergistic.activation", "same_size")["value"] == 1
    assert row(rows, "delayed.activation", "same_size")["value"] == 0


def test_the_probability_counts_equally_likely_ranks():
    """The last of five in each of five seeds has (1/5)^5, and as much on the other side."""
    draws = np.array([10.0, 20.0, 30.0, 40.0])
    assert exact_p(
        [(50.0, draws + 100 * seed) for seed in range(0)] + [(1000.0, draws)] * 5
    ) == pytest.approx(2 / 5**5)
    assert exact_p([(25.0, draws)]) == 1
    assert exact_p([(np.inf, draws)]) == pytest.approx(2 / 5)


def test_the_probability_with_ties_and_with_infinite_steps():
    seeds = [(np.inf, np.array([30.0, np.inf, 40.0])), (20.0, np.array([20.0, 10.0, 30.0]))]
    ranks = [[3.5, 1, 3.5, 2], [2.5, 2.5, 1, 4]]
    sums = np.array([sum(pair) for pair in product(*ranks)])
    far = np.abs(sums - sums.mean()) >= abs(3.5 + 2.5 - sums.mean()) - 1e-12
    assert exact_p(seeds) == pytest.approx(far.mean())


def test_the_probability_is_uniform_if_the_choice_makes_no_difference():
    rng = np.random.default_rng(0)
    ps = [exact_p([(steps[0], steps[1:]) for steps in rng.normal(size=(5, 5))]) for _ in range(400)]
    for level in (0.05, 0.2, 0.5):
        assert np.mean(np.array(ps) <= level) <= level + 3 * np.sqrt(level * (1 - level) / 400)
    assert np.mean(np.array(ps) <= 0.5) > 0.35  # p is discrete, and so a little too large, but not more
