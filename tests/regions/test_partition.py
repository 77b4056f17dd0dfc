"""Partitions of a square: counts of regions, tiling, and the network's own patterns."""

from itertools import combinations

import numpy as np
import pytest
import torch
from torch import nn

from grokking_phases.data.module_hooks import chain
from grokking_phases.regions.junctions import junctions
from grokking_phases.regions.partition import Slice, partition
from grokking_phases.regions.relu_chains import hidden_layers, readout_of, square_of

UNIT = Slice.of_plane((0.0, 0.0), 1.0)


def lines(k, seed=0):
    """Return k lines in general position: (weight (k, 2), bias (k,)).

    Each goes through a point well inside the unit square.
    """
    rng = np.random.default_rng(seed)
    angles, points = rng.uniform(0, np.pi, k), rng.uniform(0.2, 0.8, (k, 2))
    weight = np.column_stack([np.cos(angles), np.sin(angles)])
    return weight, -(weight * points).sum(axis=1)


def crossings_inside(weight, bias):
    """Return the pairs of lines that cross inside the square, found by solving for each point."""
    found = []
    for i, j in combinations(range(len(bias)), 2):
        point = np.linalg.solve(weight[[i, j]], -bias[[i, j]])
        if ((point > 0) & (point < 1)).all():
            found.append((i, j))
    return found


def network(widths, d=2, seed=0):
    torch.manual_seed(seed)
    sizes = [d, *widths]
    modules = [m for a, b in zip(sizes, sizes[1:], strict=False) for m in (nn.Linear(a, b), nn.ReLU())]
    return nn.Sequential(*modules, nn.Linear(sizes[-1], 1)).double()


def layers_of(model):
    return list(hidden_layers(chain(model)).values())


@pytest.mark.parametrize("k", [0, 1, 2, 5, 12, 30])
def test_each_line_and_each_crossing_in_general_position_adds_one_region(k):
    weight, bias = lines(k) if k else (np.empty((0, 2)), np.empty(0))
    found = partition([(weight, bias)], UNIT)
    expected = crossings_inside(weight, bias)
    assert len(found.regions) == 1 + k + len(expected)
    assert sorted(boundary.neuron for boundary in found.boundaries) == list(range(k))
    if k:
        met = junctions(found.regions, UNIT)
        assert [tuple(pair) for pair in np.argwhere(np.triu(met.crossings))] == expected
        assert met.crossings.max() <= 1 and met.at_border.tolist() == [2] * k


def test_lines_outside_cut_nothing():
    found = partition([(np.array([[1.0, 0.0], [0.0, 1.0], [0.0, 0.0]]), np.array([0.5, -2.0, 1.0]))], UNIT)
    assert len(found.regions) == 1
    assert found.regions[0].pattern[0].tolist() == [True, False, True]


def test_lines_through_corners_and_equal_lines_are_cut_once():
    diagonal, corner = np.array([[1.0, -1.0], [2.0, -2.0], [1.0, 1.0]]), np.array([0.0, 0.0, 0.0])
    found = partition([(diagonal, corner)], UNIT)
    assert len(found.regions) == 2
    assert sorted(region.area for region in found.regions) == pytest.approx([0.5, 0.5])


@pytest.mark.parametrize("widths", [[8], [6, 6], [5, 5, 5], [20, 20]])
def test_regions_tile_the_square_and_no_two_share_a_pattern(widths):
    found = partition(layers_of(network(widths)), Slice.of_plane((-2.0, -2.0), 4.0))
    for depth, regions in enumerate(found.by_layer, start=1):
        assert sum(region.area for region in regions) == pytest.approx(16, rel=1e-9)
        assert all(region.area > 0 for region in regions)
        patterns = {tuple(map(bytes, region.pattern)) for region in regions}
        assert len(patterns) == len(regions)
        assert all(len(region.pattern) == depth for region in regions)
    assert len(found.by_layer) == len(widths)
    counts = list(map(len, found.by_layer))
    assert counts == sorted(counts)


def contains(polygon, point):
    """Return whether a convex polygon contains a point."""
    following = np.roll(polygon, -1, axis=0)
    edges, to_point = following - polygon, point - polygon
    return (edges[:, 0] * to_point[:, 1] - edges[:, 1] * to_point[:, 0] >= 0).all()


def test_each_region_has_the_pattern_of_the_network_there():
    model, d = network([7, 7, 7], d=5, seed=3), 5
    rng = np.random.default_rng(0)
    square = Slice.through(rng.normal(size=(3, d)))
    regions = partition(layers_of(model), square).regions
    for u in square.low + square.side * rng.random((200, 2)):
        (own,) = [region for region in regions if contains(region.polygon, u)]
        x, patterns = torch.from_numpy(square.at(u[None])), []
        for module in model[:-1]:
            x = module(x)
            if isinstance(module, nn.ReLU):
                patterns.append((x[0] > 0).numpy())
        assert all((a == b).all() for a, b in zip(own.pattern, patterns, strict=True))


def test_a_neuron_is_zero_on_its_boundary_and_differs_across_it():
    model = network([6, 6], seed=1)
    square = Slice.of_plane((-2.0, -2.0), 4.0)
    found = partition(layers_of(model), square)
    assert {boundary.layer for boundary in found.boundaries} == {0, 1}
    for boundary in found.boundaries:
        middle = torch.from_numpy(boundary.ends.mean(axis=0))[None]
        value = model[: 2 * boundary.layer + 1](middle)[0, boundary.neuron]
        assert value.item() == pytest.approx(0, abs=1e-9)
        across = np.array([[0, 1], [-1, 0]]) @ (boundary.ends[1] - boundary.ends[0])
        sides = [
            region.pattern[: boundary.layer + 1]
            for sign in (1, -1)
            for region in found.by_layer[boundary.layer]
            if contains(region.polygon, middle.numpy()[0] + sign * 1e-7 * across)
        ]
        if len(sides) == 2:  # another boundary may pass through the middle
            differing = [
                (layer, int(i))
                for layer in range(len(sides[0]))
                for i in np.flatnonzero(sides[0][layer] != sides[1][layer])
            ]
            assert differing == [(boundary.layer, boundary.neuron)]


def test_a_slice_has_its_samples_in_the_middle():
    samples = np.random.default_rng(0).normal(size=(3, 6))
    square = Slice.through(samples, margin=0.5)
    places = (samples - square.origin) @ square.axes.T
    np.testing.assert_allclose(square.at(places), samples)
    inside = (places - square.low) / square.side
    assert inside.min() == pytest.approx(0.25) and inside.max() == pytest.approx(0.75)
    np.testing.assert_allclose(square.axes @ square.axes.T, np.eye(2), atol=1e-12)


def test_samples_on_a_line_span_no_plane():
    with pytest.raises(ValueError, match="on one line span no plane"):
        Slice.through(np.outer([0, 1, 3], [1.0, 2.0, 3.0]))


OTHERS = {
    "module 1 is a GELU": nn.Sequential(nn.Linear(2, 3), nn.GELU(), nn.Linear(3, 1)),
    "module 1 is a Linear": nn.Sequential(nn.Linear(2, 3), nn.Linear(3, 3), nn.ReLU()),
    "no Linear followed by a ReLU": nn.Sequential(nn.Linear(2, 3)),
    "not a chain of modules": nn.GELU(),
}


@pytest.mark.parametrize(("message", "model"), OTHERS.items(), ids=list(OTHERS))
def test_a_network_of_other_modules_has_no_exact_regions(message, model):
    with pytest.raises(ValueError, match=message):
        layers_of(model)


def test_the_embedding_ends_at_the_first_linear_and_dropout_does_nothing():
    torch.manual_seed(0)
    model = nn.Sequential(nn.Flatten(), nn.Linear(2, 5), nn.Dropout(0.5), nn.ReLU(), nn.Linear(5, 1))
    inputs, modules = np.random.default_rng(0).normal(size=(9, 2, 1)), chain(model)
    assert list(hidden_layers(modules)) == ["3"]
    assert (readout_of(modules) == model[4].weight.detach().double().numpy()).all()
    square = square_of(modules, inputs, seed=0)
    assert (square.low == inputs[:, :, 0].min(axis=0)).all()


@pytest.mark.parametrize("seed", range(6))
def test_regions_of_every_layer_follow_the_formula_of_euler(seed):
    """regions = 1 + arcs + crossings + closed, the number of closed boundaries that touch no other.

    These networks need not have such boundaries.
    """
    layers = layers_of(network([7, 7, 7], seed=seed))
    square = Slice.of_plane((-2.0, -2.0), 4.0)
    closed = []
    for regions in partition(layers, square).by_layer:
        met = junctions(regions, square)
        assert (met.at_border % 2 == 0).all()
        closed.append(len(regions) - 1 - met.at_border.sum() // 2 - met.crossings.sum() // 2)
    assert closed[0] == 0 and all(0 <= n <= 2 for n in closed)


def test_a_closed_boundary_adds_one_region_for_each_crossing():
    """relu(x) + relu(-x) + relu(y) + relu(-y) < 1/2 is a diamond about the origin.

    Its corners lie on the axes.
    """
    axes = np.array([[1.0, 0], [-1, 0], [0, 1], [0, -1]])
    diamond = [(axes, np.full(4, -0.1)), (np.array([[1.0, 1, 1, 1]]), np.array([-0.5]))]
    square = Slice.of_plane((-1.0, -1.0), 2.0)
    lines_only, all_of_it = partition(diamond, square).by_layer
    met = junctions(all_of_it, square)
    assert met.at_border.tolist() == [2, 2, 2, 2, 0]
    assert met.crossings[4].tolist() == [2, 2, 2, 2, 0]
    assert len(lines_only) == 9 and len(all_of_it) == 9 + 8


def test_equal_samples_span_no_plane():
    a, b = np.zeros(5), np.ones(5)
    for samples in ([a, a, b], [a, b, b], [a, b, 2 * b]):
        with pytest.raises(ValueError, match="span no plane"):
            Slice.through(np.array(samples))


@pytest.mark.parametrize(
    ("samples", "sentence"),
    [
        (np.ones((2, 5)), "three samples"),
        (np.ones((4, 1)), "d of 2 or more"),
        (np.ones((6, 2)), "one point"),
    ],
)
def test_samples_around_which_there_is_no_square_are_refused(samples, sentence):
    with pytest.raises(ValueError, match=sentence):
        Slice.of_samples(samples, seed=0)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
@pytest.mark.parametrize("place", [0, 1])
def test_a_layer_that_is_not_finite_has_no_regions(bad, place):
    """Such a layer cut nothing, since no comparison with NaN holds: the square was one region."""
    layers = layers_of(network([3, 2]))
    layers[1][place][..., 0] = bad
    with pytest.raises(ValueError, match="^layers: weights or biases of layer 1 are not finite.*[.]$"):
        partition(layers, UNIT)
