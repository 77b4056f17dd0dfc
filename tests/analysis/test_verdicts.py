"""Verdicts by rule: sides of a margin, ties with it, noise, constants, few seeds, missing variants."""

import numpy as np
import pandas as pd
import pytest

from grokking_phases.analysis.verdicts import (
    FAILS,
    HOLDS,
    ONE_ORDER,
    TOO_FEW,
    UNCLEAR,
    UNMEASURED,
    Measured,
    deciding,
    outcome,
    over_orders,
    over_seeds,
    power,
    verdict,
)

FIVE = [1.0, 2.0, 3.0, 4.0, 5.0]
LOSSES = [{"ties": "published", "loss": "float64"}, {"ties": "published", "loss": "float32"}]
FOUR = [*LOSSES, {"ties": "mean ranks", "loss": "float64"}, {"ties": "mean ranks", "loss": "float32"}]


def judged(values, direction, margin):
    return outcome(over_seeds(pd.Series(values, dtype=float)), direction, margin)


def test_five_seeds_have_their_range_as_interval():
    measured = over_seeds(pd.Series(FIVE))
    assert (measured.value, measured.low, measured.high) == (3, 1, 5)
    assert (measured.n_seeds, measured.n_all) == (5, 5)


@pytest.mark.parametrize(
    ("direction", "margin", "expected"),
    [
        ("above", 0.9, HOLDS),
        ("above", 1.0, UNCLEAR),  # touches
        ("above", 3.0, UNCLEAR),
        ("above", 5.0, UNCLEAR),
        ("above", 5.1, FAILS),
        ("below", 5.1, HOLDS),
        ("below", 5.0, UNCLEAR),
        ("below", 1.0, UNCLEAR),
        ("below", 0.9, FAILS),
        ("within", 5.1, HOLDS),
        ("within", 5.0, UNCLEAR),
        ("within", 1.0, UNCLEAR),
        ("within", 0.9, FAILS),
    ],
)
def test_the_interval_must_clear_the_margin(direction, margin, expected):
    assert judged(FIVE, direction, margin) == expected


def test_two_sides_can_be_missed_below_too():
    assert judged([-5, -4, -4, -3, -2], "within", 1.5) == FAILS
    assert judged([-5, -4, 0, 3, 2], "within", 6) == HOLDS


@pytest.mark.parametrize(
    ("value", "direction", "expected"),
    [(0.5, "above", UNCLEAR), (0.5, "below", UNCLEAR), (0.5, "within", UNCLEAR), (0.6, "above", HOLDS)],
)
def test_a_constant_is_judged_by_its_side_and_a_tie_with_the_margin_tells_nothing(value, direction, expected):
    assert judged([value] * 5, direction, 0.5) == expected


def test_never_is_later_than_any_step():
    assert judged([np.inf] * 5, "below", 100) == FAILS
    assert judged([np.inf] * 5, "within", 0.1) == FAILS
    assert judged([10, 10, 10, 10, np.inf], "below", 100) == UNCLEAR


@pytest.mark.parametrize("n", [0, 1, 2, 4])
def test_fewer_than_five_seeds_tell_nothing_however_clear_they_are(n):
    assert judged([7.0] * n, "above", 0) == TOO_FEW
    measured = over_seeds(pd.Series([7.0] * n + [np.nan] * (5 - n)))
    assert outcome(measured, "above", 0) == UNCLEAR
    assert power(measured, "above", 0) == f"{n} of 5 seeds have it, and 5 are needed"


def test_fewer_than_half_of_the_seeds_tell_nothing():
    assert judged([7.0] * 5 + [np.nan] * 5, "above", 0) == HOLDS
    assert judged([7.0] * 5 + [np.nan] * 6, "above", 0) == UNCLEAR


def test_the_power_is_half_the_width():
    assert power(over_seeds(pd.Series(FIVE)), "above", 0) == "half width 2, 5 seeds"
    assert power(over_seeds(pd.Series([np.inf] * 5)), "above", 0) == "half width 0, 5 seeds"
    assert power(None, "above", 0) == UNMEASURED


@pytest.mark.parametrize(("n_all", "n_needed"), [(5, 5), (10, 5), (11, 6), (49, 25)])
def test_the_power_says_how_many_seeds_the_rule_needs(n_all, n_needed):
    values = [[7.0] * n + [np.nan] * (n_all - n) for n in (n_needed - 1, n_needed)]
    assert [judged(each, "above", 0) for each in values] == [UNCLEAR, HOLDS]
    assert f" {n_needed} " in power(over_seeds(pd.Series(values[0])), "above", 0)


def test_noise_around_the_margin_is_rarely_taken_for_a_finding():
    """The range of five values is on one side of the true median in 6 of 100 draws."""
    draws = np.random.default_rng(0).normal(size=(1000, 5))
    low, high = draws.min(axis=1), draws.max(axis=1)
    found = [outcome(Measured(0, a, b, 5, 5), "above", 0) for a, b in zip(low, high, strict=True)]
    assert 0.03 < np.mean([each != UNCLEAR for each in found]) < 0.09
    assert {HOLDS, FAILS} <= set(found)


def test_every_order_of_the_samples_must_clear_the_margin():
    clear, unclear = Measured(2, 1, 3, 5, 5), Measured(0, -1, 1.5, 5, 5)
    assert outcome(over_orders([clear] * 20), "above", 0) == HOLDS
    together = over_orders([clear] * 19 + [unclear])
    assert (together.value, together.low, together.high) == (2, -1, 3)
    assert outcome(together, "above", 0) == UNCLEAR
    assert power(together, "above", 0).startswith("holds in 19 of 20 orders")


def test_an_order_without_the_quantity_leaves_it_open():
    nothing = Measured(np.nan, np.nan, np.nan, 0, 5)
    assert outcome(over_orders([Measured(2, 1, 3, 5, 5), nothing]), "above", 0) == UNCLEAR


@pytest.mark.parametrize(
    ("outcomes", "expected"),
    [
        ([HOLDS] * 4, HOLDS),
        ([FAILS] * 4, FAILS),
        ([UNCLEAR] * 4, UNCLEAR),
        ([UNMEASURED] * 4, UNMEASURED),
        ([FAILS, FAILS, FAILS, UNCLEAR], UNCLEAR),
        ([HOLDS, HOLDS, HOLDS, UNMEASURED], UNCLEAR),
        ([FAILS, FAILS, FAILS, UNMEASURED], UNCLEAR),
        ([HOLDS, HOLDS, HOLDS, TOO_FEW], UNCLEAR),
        ([HOLDS, TOO_FEW, HOLDS, TOO_FEW], UNCLEAR),
        ([TOO_FEW] * 4, UNCLEAR),
        ([TOO_FEW, UNMEASURED, FAILS, FAILS], UNCLEAR),
        ([FAILS, FAILS, HOLDS, TOO_FEW], "depends on ties: holds under ties mean ranks"),
        ([HOLDS, FAILS, HOLDS, FAILS], "depends on loss: holds under loss float64"),
        ([HOLDS, UNCLEAR, HOLDS, UNCLEAR], "depends on loss: holds under loss float64"),
        ([FAILS, FAILS, HOLDS, HOLDS], "depends on ties: holds under ties mean ranks"),
        ([FAILS, FAILS, HOLDS, UNMEASURED], "depends on ties: holds under ties mean ranks"),
        (
            [HOLDS, FAILS, FAILS, FAILS],
            "depends on loss and ties: holds under ties published, loss float64",
        ),
        (
            [HOLDS, UNMEASURED, UNMEASURED, FAILS],
            "depends on ties and loss: holds under ties published",
        ),
    ],
)
def test_the_verdict_over_variants(outcomes, expected):
    assert verdict(FOUR, outcomes) == expected


def test_one_order_of_the_samples_is_not_enough_to_hold_but_enough_to_fail():
    assert verdict(LOSSES, [HOLDS, HOLDS], one_order=True) == UNCLEAR
    assert verdict(LOSSES, [FAILS, FAILS], one_order=True) == FAILS + ONE_ORDER
    found = verdict(LOSSES, [HOLDS, FAILS], one_order=True)
    assert found == "depends on loss: holds under loss float64" + ONE_ORDER


def test_factors_that_do_not_decide_are_not_named():
    assert deciding(FOUR, [HOLDS, FAILS, HOLDS, FAILS]) == ["loss"]
    assert deciding(FOUR, [HOLDS, UNMEASURED, FAILS, UNMEASURED]) == ["ties"]


def test_variants_may_be_made_of_different_factors():
    ragged = [{"recipe": "short"}, {"length": "long", "task": "division"}]
    assert verdict(ragged, [HOLDS, FAILS]).startswith("depends on")
    assert verdict(ragged, [FAILS, HOLDS]).endswith("holds under length long")
