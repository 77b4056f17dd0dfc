"""Sub-networks beside their run: known steps, differences and intervals, and what is absent or not reached."""

import numpy as np
import pandas as pd

from grokking_phases.comparison import compare


def curves(generalised):
    """{seed: step at which test accuracy passes 0.98, or None}"""
    rows = [
        {"seed": seed, "step": step, "metric": "test_accuracy", "value": 0.99 if at is not None and step >= at else 0.5}
        for seed, at in generalised.items()
        for step in range(0, 101, 5)
    ]
    return pd.DataFrame(rows, columns=["seed", "step", "metric", "value"])


def units(**sizes):
    rows = [
        {"seed": seed, "subnetwork": name, "unit": unit}
        for name, size in sizes.items()
        for seed in (0, 1, 2)
        for unit in range(size)
    ]
    return pd.DataFrame(rows)


def compared():
    retrained = {
        "synergistic.activation": curves({0: 40, 1: 70, 2: None}),
        "delayed.activation": curves({1: 30}),
        "random_1.activation": curves({0: 10, 1: 20, 2: 30}),
        "random_2.activation": curves({0: 40, 1: 50, 2: None}),
    }
    at_random = {"random_1.activation", "random_2.activation"}
    original = curves({0: 30, 1: 40, 2: 50})
    return compare(original, retrained, units(synergistic=4, random_1=4, random_2=4), at_random)


def row(rows, of, quantity, seed=None):
    rows = rows[(rows["of"] == of) & (rows["quantity"] == quantity)]
    rows = rows[rows["seed"].isna()] if seed is None else rows[rows["seed"] == seed]
    (found,) = rows.to_dict("records")
    return found


def test_each_seed_is_compared_with_itself():
    rows = compared()
    assert [row(rows, "synergistic.activation", "difference", seed)["value"] for seed in (0, 1)] == [10, 30]
    assert row(rows, "original", "generalised", 2)["value"] == 50
    assert row(rows, "synergistic.activation", "generalised", 2)["status"] == "not reached"
    assert np.isnan(row(rows, "synergistic.activation", "difference", 2)["value"])
    assert row(rows, "delayed.activation", "generalised", 0)["status"] == "absent"
    assert row(rows, "synergistic.activation", "size", 0)["value"] == 4


def test_over_seeds_the_median_of_what_was_found():
    synergistic = row(compared(), "synergistic.activation", "difference")
    assert (synergistic["value"], synergistic["n_found"], synergistic["n_seeds"]) == (20, 2, 3)
    assert synergistic["low"] == 10
    assert synergistic["high"] == 30
    assert row(compared(), "delayed.activation", "final_test_accuracy")["n_found"] == 1


def test_sets_drawn_at_random_are_pooled():
    rows = compared()
    pooled = row(rows, "random", "generalised")
    assert (pooled["value"], pooled["n_found"], pooled["n_seeds"]) == (30, 5, 6)
    assert 10 <= pooled["low"] < 20
    assert 40 < pooled["high"] <= 50
    assert rows[rows["of"].isin(["random_1.activation"]) & rows["seed"].isna()].empty


def test_a_run_that_never_generalises_has_no_difference():
    rows = compare(curves({0: None, 1: None, 2: None}), {"synergistic.activation": curves({0: 10, 1: 10, 2: 10})},
                   units(synergistic=2), set())  # fmt: skip
    assert row(rows, "original", "generalised")["status"] == "not reached"
    assert row(rows, "synergistic.activation", "difference")["status"] == "not reached"
    assert row(rows, "synergistic.activation", "generalised")["value"] == 10


def test_no_sub_network_at_all_is_absent():
    rows = compare(curves({0: 30}), {"delayed.activation": curves({})}, units(synergistic=2), set())
    assert row(rows, "delayed.activation", "difference")["status"] == "absent"
