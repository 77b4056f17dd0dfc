"""Phases in random orders: shares, steps and the place of the samples' own order, from made-up curves."""

import numpy as np
import pandas as pd
import pytest
from test_phases import REDUNDANCY, SYNERGY, TEST_ACCURACY, rows, series

from grokking_phases.analysis.events import Levels
from grokking_phases.analysis.orders import OWN, by_order, compared, find_in_orders, over_orders

FLAT = {1: 9, 3: 1, 8: 0.5, 4000: 0.5}  # no phase


def tables(*orders, seed=0):
    """Return curves, and O-information whose synergy is given for the own order and for random ones."""
    curves = rows(seed, train_accuracy={1: 0.01, 20: 1, 4000: 1}, test_accuracy=TEST_ACCURACY)
    own, *others = orders
    measured = {"synergy": -series(own), "redundancy": REDUNDANCY, "synergy_size": {1: 5, 4000: 5}}
    for number, synergy in enumerate(others, start=1):
        measured[f"synergy_order_{number}"] = -series(synergy)
        measured[f"redundancy_order_{number}"] = REDUNDANCY
        measured[f"synergy_size_order_{number}"] = {1: 9, 4000: 9}
    return curves, rows(seed, **measured)


def event(table, name, seed=0):
    chosen = table["seed"].isna() if seed is None else table["seed"] == seed
    return table[chosen & (table["event"] == name)].iloc[0]


def test_each_order_has_its_own_rows_and_nothing_else():
    _, measured = tables(SYNERGY, FLAT, SYNERGY)
    found = by_order(measured)
    assert list(found) == [OWN, 1, 2]
    names = {"synergy", "redundancy", "synergy_size"}
    assert all(set(table["metric"]) == names for table in found.values())
    assert len({len(table) for table in found.values()}) == 1


def test_phases_are_counted_over_random_orders_and_the_own_order_stands_beside_them():
    table = over_orders(find_in_orders(*tables(FLAT, SYNERGY, FLAT, SYNERGY, SYNERGY)))
    emergence = event(table, "emergence.start")
    assert (emergence["n_found"], emergence["n_orders"]) == (3, 4)
    assert np.isnan(emergence["own"]) and np.isnan(emergence["place"])
    assert emergence["least"] == emergence["median"] == emergence["most"] == pytest.approx(40, rel=0.2)
    assert event(table, "divergence.start")["n_found"] == 0
    n_phases = event(table, "n_phases")
    assert (n_phases["own"], n_phases["least"], n_phases["most"]) == (0, 0, 3)


def test_an_order_has_the_phases_that_its_own_curves_have():
    later = {1: 9, 3: 1, 8: 2, 16: 1, 80: 1, 300: 5, 900: 0.5, 4000: 0.5}
    found = find_in_orders(*tables(SYNERGY, later))
    alone = find_in_orders(*tables(later, SYNERGY))
    for order, other in ((OWN, 1), (1, OWN)):
        mine, same = found[found["order"] == order], alone[alone["order"] == other]
        pd.testing.assert_frame_equal(
            mine.drop(columns="order").reset_index(drop=True),
            same.drop(columns="order").reset_index(drop=True),
        )


def test_seeds_are_summed_up_apart_and_together():
    pairs = [tables(SYNERGY, SYNERGY, FLAT), tables(FLAT, SYNERGY, FLAT, seed=1)]
    curves, measured = (pd.concat(parts, ignore_index=True) for parts in zip(*pairs, strict=True))
    table = over_orders(find_in_orders(curves, measured))
    assert [event(table, "emergence.start", seed)["n_found"] for seed in (0, 1, None)] == [1, 1, 1]
    assert event(table, "emergence.start", 0)["own"] > 0
    assert np.isnan(event(table, "emergence.start", 1)["own"])


@pytest.mark.parametrize(
    ("own", "others", "place"),
    [(5, [1, 2, 3, 9], 0.75), (1, [1, 1], 0.5), (0, [3, 4], 0.0), (7, [np.nan, 2], 1.0)],
)
def test_the_place_is_the_share_that_is_smaller_plus_half_of_the_equal(own, others, place):
    values = pd.Series([own, *others], index=range(len(others) + 1), dtype=float)
    assert compared(values)["place"] == place


@pytest.mark.parametrize(("own", "others"), [(np.nan, [1.0, 2.0]), (3.0, [np.nan, np.nan])])
def test_nothing_to_compare_has_no_place(own, others):
    found = compared(pd.Series([own, *others], index=range(3)))
    assert np.isnan(found["place"])
    assert found["n_found"] == np.isfinite(others).sum()


def test_a_table_without_random_orders_is_refused_with_the_remedy():
    with pytest.raises(ValueError, match="no random order was measured; set its option `n_orders`"):
        find_in_orders(*tables(SYNERGY))


def test_phases_are_found_at_the_levels_that_are_asked_for():
    """No phase begins after generalising, and every test accuracy is above a level below the first."""
    curves, measured = tables(FLAT, SYNERGY, SYNERGY)
    least = curves.loc[curves["metric"] == "test_accuracy", "value"].min()
    assert event(over_orders(find_in_orders(curves, measured)), "emergence.start")["n_found"] == 2
    low = Levels(generalised=least / 2)
    assert event(over_orders(find_in_orders(curves, measured, levels=low)), "emergence.start")["n_found"] == 0
