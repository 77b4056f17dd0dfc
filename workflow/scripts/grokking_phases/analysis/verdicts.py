"""Verdicts on claims, by one rule, from a value with its interval under each declared variant.

A claim is a quantity, a direction and a margin. Under one variant its 95 % interval over seeds

    direction   clears the margin                 lies on the other side
    above       low > margin                      high < margin
    below       high < margin                     low > margin
    within      -margin < low and high < margin   low > margin or high < -margin

and the outcome is `holds` or `does not hold`. It is `cannot tell` where the interval contains or only touches
a margin, and where fewer than `LEAST` seeds, or fewer than half of them, have the quantity. The range of n
values contains the true median in 1 - 2 / 2^n of cases: 94 of 100 for five values, but 88 for four, 50 for
two, and one value is no interval. A variant whose tables are not made is `not measured`, and one with fewer
than `LEAST` seeds, finished so far or asked for, has `too few seeds`.

The verdict over all variants:

    holds           it holds under every variant
    depends on X    it holds under some. X are the factors in which a variant under which it holds differs
                    from one under which it does not
    does not hold   it fails under every variant
    not measured    no variant is measured
    cannot tell     anything else

A variant that is not measured, or has too few seeds, is neither on one side nor on the other: with it,
`holds` and `does not hold` become `cannot tell`. `depends on X` needs a variant with enough seeds under which
it does not hold, or cannot be told.

A claim that depends on the order of the samples and was measured in one order (`one_order`) never holds. Its
other verdicts say that they are of this order.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import pandas as pd

from grokking_phases.analysis.intervals import median_interval

HOLDS, FAILS, UNCLEAR = "holds", "does not hold", "cannot tell"
UNMEASURED, TOO_FEW = UNKNOWN = ("not measured", "too few seeds")
ONE_ORDER = ", in the one order of the samples that was measured"
LEAST = 5  # seeds: the fewest whose range contains the true median in more than 9 of 10 cases

Direction = Literal["above", "below", "within"]
Variant = dict[str, str]  # {factor: level}


@dataclass(frozen=True)
class Measured:
    """A quantity under one variant: the value with its interval, and how many of all seeds have it.

    orders: the same in each random order of the samples, if it was measured in several.
    """

    value: float
    low: float
    high: float
    n_seeds: int
    n_all: int
    orders: tuple["Measured", ...] = ()


def over_seeds(values: pd.Series) -> Measured:
    """Return the median of one value a seed, with its interval; NaN is a seed without the quantity."""
    defined = values.dropna()
    return Measured(*median_interval(defined.to_numpy()), len(defined), len(values))


def over_orders(orders: Sequence[Measured]) -> Measured:
    """Return the median over random orders of the samples, with an interval that spans those of all orders.

    An order that lacks the quantity makes all NaN, because no other order can speak for it.
    """
    value, low, high = np.transpose([(order.value, order.low, order.high) for order in orders])
    counts = min(order.n_seeds for order in orders), orders[0].n_all
    return Measured(float(np.median(value)), float(np.min(low)), float(np.max(high)), *counts, tuple(orders))


def outcome(measured: Measured | None, direction: Direction, margin: float) -> str:
    """Return `HOLDS`, `FAILS`, `UNCLEAR`, or one of `UNKNOWN`."""
    if measured is None:
        return UNMEASURED
    if measured.n_all < LEAST:
        return TOO_FEW
    if too_few(measured):
        return UNCLEAR
    low, high = measured.low, measured.high
    clears, fails = {
        "above": (low > margin, high < margin),
        "below": (high < margin, low > margin),
        "within": (-margin < low and high < margin, low > margin or high < -margin),
    }[direction]
    return HOLDS if clears else FAILS if fails else UNCLEAR


def too_few(measured: Measured) -> bool:
    """Return whether too few seeds have the quantity for an interval."""
    return measured.n_seeds < needed(measured)


def needed(measured: Measured) -> int:
    """Return how many seeds must have the quantity: `LEAST`, and at least half of all."""
    return max(LEAST, -(-measured.n_all // 2))


def power(measured: Measured | None, direction: Direction, margin: float) -> str:
    """Return in words what could be told under one variant, and in how many random orders the claim holds."""
    if measured is None:
        return UNMEASURED
    if measured.orders:
        found = [outcome(order, direction, margin) for order in measured.orders]
        together = power(replace(measured, orders=()), direction, margin)
        return f"holds in {found.count(HOLDS)} of {len(found)} orders; {together}"
    if too_few(measured):
        return f"{measured.n_seeds} of {measured.n_all} seeds have it, and {needed(measured)} are needed"
    width = measured.high - measured.low if measured.high > measured.low else 0.0  # both may be infinite
    return f"half width {width / 2:.2g}, {measured.n_seeds} seeds"


def verdict(variants: Sequence[Variant], outcomes: Sequence[str], one_order: bool = False) -> str:
    """Return the verdict over all variants, whose outcomes are in the same order."""
    found = set(outcomes)
    scope = ONE_ORDER if one_order else ""
    if found == {HOLDS} and not one_order:
        return HOLDS
    if HOLDS in found and found - {HOLDS, *UNKNOWN}:
        factors = deciding(variants, outcomes)
        return f"depends on {' and '.join(factors)}: holds under {where(variants, outcomes)}{scope}"
    return FAILS + scope if found == {FAILS} else UNMEASURED if found == {UNMEASURED} else UNCLEAR


def deciding(variants: Sequence[Variant], outcomes: Sequence[str]) -> list[str]:
    """Return the factors that decide whether it holds, among the measured variants.

    They are those in which alone a variant that holds differs from one that does not. Where no two variants
    differ in one factor alone, they are all in which they differ.
    """
    pairs = [
        [factor for factor in {**one, **other} if one.get(factor) != other.get(factor)]
        for one, found in zip(variants, outcomes, strict=True)
        for other, lost in zip(variants, outcomes, strict=True)
        if found == HOLDS and lost not in (HOLDS, *UNKNOWN)
    ]
    least = min(map(len, pairs))
    names = [factor for pair in pairs if len(pair) == least for factor in pair]
    return list(dict.fromkeys(names))


def where(variants: Sequence[Variant], outcomes: Sequence[str]) -> str:
    """Return the variants under which it holds: by one factor if that tells them from all others measured."""
    holding = [variant for variant, found in zip(variants, outcomes, strict=True) if found == HOLDS]
    measured = [variant for variant, found in zip(variants, outcomes, strict=True) if found not in UNKNOWN]
    for factor in holding[0]:
        levels = list(dict.fromkeys(variant.get(factor) for variant in holding))
        if None not in levels and holding == [each for each in measured if each.get(factor) in levels]:
            return f"{factor} {' or '.join(levels)}"
    return "; ".join(map(described, holding))


def described(variant: Variant) -> str:
    """Return a variant in words: `ties mean ranks, loss float64`."""
    return ", ".join(f"{factor} {level}" for factor, level in variant.items())
