"""Mechanisms are told apart on lines whose fate is known, and what they take adds up."""

import numpy as np
import pytest

from grokking_phases.mechanisms import Arrangement, arrangement, changes
from grokking_phases.regions import Slice, crossings, partition

UNIT = Slice.of_plane((0.0, 0.0), 1.0)
FALLING = (1.0, 1.0, -1.0)  # x + y = 1
RISING = (1.0, -1.0, 0.0)  # x = y
LEFT, LEFT_TOO = (1.0, 0.0, -0.3), (1.0, 0.0, -0.301)  # x = 0.3, beside it
RIGHT = (1.0, 0.0, -0.7)
OUTSIDE = (1.0, 0.0, -2.0)


def lines(*given, before: Arrangement | None = None) -> Arrangement:
    """Of lines a x + b y + c = 0, one a neuron."""
    weights = np.array(given)
    regions = partition([(weights[:, :2], weights[:, 2])], UNIT).regions
    patterns = np.array([np.concatenate(region.pattern) for region in regions])
    return arrangement(patterns, np.array([region.area for region in regions]), before)


def counts(before, after):
    found = changes(before, after)
    return {
        name: getattr(found, name) for name in ("disappearance", "merging", "alignment", "born") if getattr(found, name)
    }


@pytest.mark.parametrize(
    "before, after, expected",
    [
        ((FALLING, RISING), (FALLING, RISING), {}),
        ((FALLING, RISING), (LEFT, RIGHT), {"alignment": 1}),
        ((LEFT, RIGHT), (FALLING, RISING), {"born": 1}),
        ((LEFT, RIGHT), (LEFT, OUTSIDE), {"disappearance": 1}),
        ((LEFT, RISING), (LEFT, OUTSIDE), {"disappearance": 2}),  # its crossing goes with it
        ((LEFT, OUTSIDE), (LEFT, RISING), {"born": 2}),
        ((LEFT, RIGHT), (LEFT, LEFT_TOO), {"merging": 1}),
        ((LEFT, LEFT_TOO), (LEFT, RIGHT), {"born": 1}),
        ((LEFT, RIGHT, RISING), (LEFT, LEFT_TOO, RISING), {"merging": 2}),
    ],
)
def test_what_two_or_three_lines_do(before, after, expected):
    first = lines(*before)
    assert counts(first, lines(*after, before=first)) == expected


def test_the_same_line_with_its_sides_exchanged_is_composite():
    other = tuple(-value for value in LEFT_TOO)
    assert lines(LEFT, other).representatives == [0]


def test_lines_that_cut_off_two_corners_are_not_composite():
    corner, opposite = (1.0, 1.0, -0.1), (1.0, 1.0, -1.9)
    assert lines(corner, opposite).representatives == [0, 1]


def test_a_representative_stays_one():
    first = lines(OUTSIDE, LEFT)
    assert lines(LEFT_TOO, LEFT, before=first).joined == {0: 1, 1: 1}
    assert lines(LEFT_TOO, LEFT).joined == {0: 0, 1: 0}


def test_neurons_of_each_mechanism_are_named():
    first = lines(LEFT, RIGHT, FALLING, RISING)
    found = changes(first, lines(LEFT, LEFT_TOO, FALLING, OUTSIDE, before=first))
    assert (found.disappeared, found.merged, found.aligned) == ([(3,)], [(1, 0)], [])


@pytest.mark.parametrize("seed", range(8))
def test_of_moving_lines_everything_is_explained_and_adds_up(seed):
    rng = np.random.default_rng(seed)
    weights = rng.normal(size=(15, 3)) * [1, 1, 0.7]
    before = None
    for _ in range(6):
        now = lines(*weights, before=before)
        if before:
            found = changes(before, now)
            change = now.count(now.representatives) - before.count(before.representatives)
            assert found.unexplained == 0
            assert change == found.born - found.disappearance - found.merging - found.alignment
        before, weights = now, weights + rng.normal(size=weights.shape) * 0.15


def test_pairs_that_cross_are_those_whose_lines_cross():
    weights = np.random.default_rng(0).normal(size=(12, 3)) * [1, 1, 0.5]
    found = partition([(weights[:, :2], weights[:, 2])], UNIT)
    neurons = sorted({boundary.neuron for boundary in found.boundaries})
    i, j = np.nonzero(np.triu(lines(*weights).crossing(neurons), 1))
    pairs = {(neurons[a], neurons[b]) for a, b in zip(i, j, strict=True)}
    assert pairs == {tuple(sorted(pair)) for pair in crossings(found.boundaries)}
