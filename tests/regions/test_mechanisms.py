"""Mechanisms are told apart on lines of known movement, and their counts add up."""

import numpy as np
import pytest

from grokking_phases.metrics.linear_regions import arrangement
from grokking_phases.regions.mechanisms import Arrangement, changes
from grokking_phases.regions.partition import Slice, partition

UNIT = Slice.of_plane((0.0, 0.0), 1.0)
FALLING = (1.0, 1.0, -1.0)  # x + y = 1
RISING = (1.0, -1.0, 0.01)  # nearly x = y, but not through the corners
LEFT, LEFT_TOO = (1.0, 0.0, -0.3), (1.0, 0.0, -0.301)  # x = 0.3 and a line close to it
RIGHT = (1.0, 0.0, -0.7)
LEVELS = tuple((0.0, 1.0, -level) for level in (0.1, 0.3, 0.5))
OUTSIDE = (1.0, 0.0, -2.0)


def lines(*given, before: Arrangement | None = None, together: float = 0.05) -> Arrangement:
    """Return the arrangement of lines a x + b y + c = 0, one for each neuron."""
    weights = np.array(given)
    regions = partition([(weights[:, :2], weights[:, 2])], UNIT).regions
    return arrangement(regions, UNIT, before, together)


def bent(seed: int, step: int, before: Arrangement | None) -> Arrangement:
    """Return the arrangement of a network of two layers, whose weights move."""
    rng = np.random.default_rng(seed)
    shapes = [(6, 2), (6,), (6, 6), (6,)]
    first, drift = ([rng.normal(size=shape) for shape in shapes] for _ in range(2))
    a, b, c, d = (start + 0.15 * step * change for start, change in zip(first, drift, strict=True))
    square = Slice.of_plane((-1.0, -1.0), 2.0)
    return arrangement(partition([(a, b), (c, d)], square).regions, square, before, 0.05)


def counts(before, after):
    """Return the mechanisms that occur between two arrangements, with their numbers of regions."""
    found = changes(before, after)
    return {
        name: getattr(found, name)
        for name in ("disappearance", "merging", "alignment", "born")
        if getattr(found, name)
    }


@pytest.mark.parametrize(
    "before, after, expected",
    [
        ((FALLING, RISING), (FALLING, RISING), {}),
        ((FALLING, RISING), (LEFT, RIGHT), {"alignment": 1}),
        ((LEFT, RIGHT), (FALLING, RISING), {"born": 1}),
        ((LEFT, RIGHT), (LEFT, OUTSIDE), {"disappearance": 1}),
        ((LEFT, RISING), (LEFT, OUTSIDE), {"disappearance": 2}),  # its crossing leaves too
        ((LEFT, OUTSIDE), (LEFT, RISING), {"born": 2}),
        ((LEFT, RIGHT), (LEFT, LEFT_TOO), {"merging": 1}),
        ((LEFT, LEFT_TOO), (LEFT, RIGHT), {"born": 1}),
        ((LEFT, RIGHT, RISING), (LEFT, LEFT_TOO, RISING), {"merging": 2}),
        ((LEFT, LEFT_TOO, *LEVELS), (OUTSIDE, LEFT, *LEVELS), {}),  # another neuron represents the composite
        ((LEFT, LEFT_TOO, *LEVELS), (OUTSIDE, OUTSIDE, *LEVELS), {"disappearance": 4}),
    ],
)
def test_each_mechanism_is_counted_for_a_few_lines(before, after, expected):
    first = lines(*before)
    assert counts(first, lines(*after, before=first)) == expected


def test_equal_lines_with_exchanged_sides_are_composite():
    other = tuple(-value for value in LEFT_TOO)
    assert lines(LEFT, other).representatives == [0]


def test_lines_that_cut_off_two_corners_are_not_composite():
    corner, opposite = (1.0, 1.0, -0.1), (1.0, 1.0, -1.9)
    assert lines(corner, opposite).representatives == [0, 1]


def test_a_representative_stays_the_representative():
    first = lines(OUTSIDE, LEFT)
    assert lines(LEFT_TOO, LEFT, before=first).joined == {0: 1, 1: 1}
    assert lines(LEFT_TOO, LEFT).joined == {0: 0, 1: 0}


def test_neurons_of_each_mechanism_are_named():
    first = lines(LEFT, RIGHT, FALLING, RISING)
    found = changes(first, lines(LEFT, LEFT_TOO, FALLING, OUTSIDE, before=first))
    assert (found.disappeared, found.merged, found.aligned) == ([(3,)], [(1, 0)], [])


def test_a_boundary_joins_nearer_than_it_leaves():
    near, between = (1.0, 0.0, -0.312), (1.0, 0.0, -0.32)  # 0.012 and 0.02 away from LEFT, which cuts off 0.3
    apart = lines(LEFT, between)
    assert apart.representatives == [0, 1]
    composite = lines(LEFT, near, before=apart)
    assert composite.representatives == [0]
    assert lines(LEFT, between, before=composite).representatives == [0]
    assert lines(LEFT, RIGHT, before=composite).representatives == [0, 1]


@pytest.mark.parametrize("seed", range(8))
def test_mechanisms_of_moving_lines_add_up_to_the_regions_of_the_representatives(seed):
    rng = np.random.default_rng(seed)
    weights = rng.normal(size=(15, 3)) * [1, 1, 0.7]
    before = None
    for _ in range(6):
        now = lines(*weights, before=before)
        alone = weights[now.representatives]
        assert now.size(now.representatives) == len(partition([(alone[:, :2], alone[:, 2])], UNIT).regions)
        if before:
            check_sum(before, now)
        before, weights = now, weights + rng.normal(size=weights.shape) * 0.15


@pytest.mark.parametrize("seed", range(8))
def test_mechanisms_of_bent_boundaries_add_up(seed):
    before = None
    for step in range(6):
        now = bent(seed, step, before)
        if before:
            check_sum(before, now)
        before = now


def check_sum(before, now):
    """Check that the mechanisms add up to the change in size, and that none is negative."""
    found = changes(before, now)
    change = now.size(now.representatives) - before.size(before.representatives)
    assert change == found.born - found.disappearance - found.merging - found.alignment
    assert min(found.born, found.disappearance, found.merging, found.alignment) >= 0
