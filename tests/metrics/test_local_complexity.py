"""Local complexity: known counts of one boundary, a slow reference, and the effect of the radius."""

from itertools import product
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from torch import nn

from grokking_phases.metrics.local_complexity import (
    alike,
    around,
    compute,
    crossings,
    frame,
    function_of_points,
    local_complexity,
    points_of,
    vertices_of,
)
from grokking_phases.models import mlp, transformer

OPTIONS = {"radius": 0.1, "n_directions": 2, "seed": 0}


def one_neuron(offset):
    """Return a network of one neuron, whose boundary is the line x_0 = offset."""
    network = nn.Sequential(nn.Linear(2, 1), nn.ReLU(), nn.Linear(1, 3))
    with torch.no_grad():
        network[0].weight.copy_(torch.tensor([[1.0, 0.0]]))
        network[0].bias.fill_(-offset)
    return network


def deep(seed=0, d=4):
    """Return a network of two hidden layers."""
    torch.manual_seed(seed)
    return nn.Sequential(nn.Linear(d, 20), nn.ReLU(), nn.Linear(20, 15), nn.ReLU(), nn.Linear(15, 3))


@pytest.mark.parametrize(("offset", "expected"), [(0.05, 1), (-0.05, 1), (0.2, 0), (-0.2, 0)])
def test_a_boundary_is_counted_where_it_crosses_the_neighbourhood(offset, expected):
    """With any frame, the cross-polytope of radius 0.1 holds the disc of radius 0.1 / sqrt(2) > 0.05."""
    for seed in range(5):
        counts = local_complexity(one_neuron(offset), torch.zeros(1, 2), **OPTIONS | {"seed": seed})
        assert {layer: values.tolist() for layer, values in counts.items()} == {"1": [expected]}


def test_complexity_grows_with_the_radius_from_zero_to_every_neuron():
    X = torch.from_numpy(np.random.default_rng(0).normal(size=(30, 4))).float()
    means = [
        {
            layer: counts.mean()
            for layer, counts in local_complexity(deep(), X, radius=r, n_directions=4, seed=0).items()
        }
        for r in (1e-7, 0.05, 0.5, 1e5)
    ]
    assert means[0] == {"1": 0, "3": 0}
    for smaller, larger in zip(means, means[1:], strict=False):
        assert all(smaller[layer] < larger[layer] for layer in smaller)
    assert means[-1]["1"] == 20


def test_counts_equal_the_definition_vertex_by_vertex():
    X, network = torch.randn(7, 4, generator=torch.Generator().manual_seed(1)), deep()
    directions = frame(4, 3, 5).float()
    counts = local_complexity(network, X, radius=0.3, n_directions=3, seed=5)
    for i, x in enumerate(X):
        vertices = [x + sign * 0.3 * v for sign, v in product((1, -1), directions)]
        first = [network[0](vertex) for vertex in vertices]
        second = [network[2](h.relu()) for h in first]
        for layer, values in {"1": first, "3": second}.items():
            signs = torch.stack(values) > 0
            assert counts[layer][i] == (signs.any(0) & ~signs.all(0)).sum()


def test_directions_are_orthonormal_and_follow_from_the_seed():
    V = frame(10, 4, 3)
    torch.testing.assert_close(V @ V.T, torch.eye(4, dtype=torch.float64))
    assert torch.equal(V, frame(10, 4, 3))
    assert not torch.equal(V, frame(10, 4, 4))


def test_random_points_have_the_mean_and_covariance_of_the_train_points():
    rng = np.random.default_rng(0)
    points = torch.from_numpy(rng.normal(size=(60, 3)) @ [[1, 2, 0], [0, 1, 0], [0, 0, 0]] + [5, 0, 1])
    drawn = alike(points, torch.from_numpy(rng.normal(size=(40_000, 60))))
    # The tolerance is ten standard errors of the widest dimension.
    torch.testing.assert_close(drawn.mean(0), points.mean(0), atol=0.05, rtol=0)
    torch.testing.assert_close(drawn.T.cov(), points.T.cov(), atol=0.25, rtol=0)
    assert (drawn[:, 2] == 1).all()


@pytest.mark.parametrize(
    ("network", "options", "message"),
    [
        (deep(), {"radius": 0}, "radius: 0 is less than"),
        (deep(), {"n_directions": 5}, "n_directions: 5 is more than 4"),
        (nn.Sequential(nn.Linear(4, 3), nn.Linear(3, 2)), {}, "no activation module"),
    ],
)
def test_bad_input_raises(network, options, message):
    with pytest.raises(ValueError, match=message):
        local_complexity(network, torch.zeros(2, 4), **OPTIONS | options)


MODELS = {
    "mlp": (lambda: mlp.build(n_tokens=5, n_classes=4, width=9), ["hidden"], 1.0),
    "transformer": (
        lambda: transformer.build(n_tokens=5, n_classes=4, d_model=8, n_heads=2, d_mlp=16).eval(),
        ["block_1.hidden", "block_2.hidden"],
        None,
    ),
}


@pytest.mark.parametrize("name", MODELS)
def test_rows_of_a_network(name):
    torch.manual_seed(0)
    build, layers, scale = MODELS[name]
    all_samples = torch.cartesian_prod(torch.arange(5), torch.arange(5)).numpy()

    class Snapshots(list):
        inputs, test_inputs = all_samples[:15], all_samples[15:]

    network = build()
    if scale is None:
        embedded = network.embedding(torch.from_numpy(all_samples[:15]))
        scale = embedded.flatten(1).norm(dim=1).square().mean().sqrt().item()
    rows = list(compute(Snapshots([SimpleNamespace(step=3, network=network)]), radius=0.05, n_samples=8))
    values = {(row["layer"], row["metric"]): row["value"] for row in rows}
    metrics = [f"local_complexity_{split}" for split in ("train", "test", "random")] + [
        "radius",
        "n_undefined",
    ]
    assert {row["step"] for row in rows} == {3}
    assert sorted(values) == sorted(product(layers, metrics))
    assert values[layers[0], "radius"] == pytest.approx(0.05 * scale, rel=1e-5)
    assert all(value >= 0 for value in values.values())
    assert values[layers[-1], "local_complexity_random"] > 0


def rows_of(network, n_test=12, **options):
    """Return {(layer, metric): value} for a network that reads four real numbers."""

    class Snapshots(list):
        inputs = np.random.default_rng(0).normal(size=(12, 4)).astype(np.float32)
        test_inputs = inputs[:n_test] + 1

    found = compute(Snapshots([SimpleNamespace(step=0, network=network)]), n_samples=12, **options)
    return {(row["layer"], row["metric"]): row["value"] for row in found}


def test_without_test_samples_only_theirs_is_left_out():
    values, without = (rows_of(deep(), points="input", n_test=n_test) for n_test in (12, 0))
    assert {metric for _, metric in set(values) - set(without)} == {"local_complexity_test"}
    assert without["1", "local_complexity_train"] == values["1", "local_complexity_train"]


def test_points_that_are_no_module_are_named():
    with pytest.raises(ValueError, match="points: .*'embedding'.*'input'"):
        rows_of(deep())


def test_points_have_the_precision_of_the_network():
    double = rows_of(deep().double(), points="input", radius=0.3)
    assert double == pytest.approx(rows_of(deep(), points="input", radius=0.3), rel=1e-5)
    whole = torch.ones((3, 4), dtype=torch.int64)
    assert points_of(nn.Sequential(nn.ReLU()), "input", whole).dtype == torch.float32


def test_the_input_can_be_the_point_if_it_is_real_numbers():
    values = rows_of(deep(), points="input", radius=0.3)
    counts = local_complexity(
        deep(),
        torch.from_numpy(np.random.default_rng(0).normal(size=(12, 4)).astype(np.float32)),
        radius=0.3,
        n_directions=4,
        seed=0,
    )
    for layer in ("1", "3"):
        assert values[layer, "local_complexity_train"] == counts[layer].mean()


def test_the_radius_can_be_relative_to_the_points():
    absolute, relative = (rows_of(deep(), points="1", radius=0.3, relative=each) for each in (False, True))
    assert set(absolute) == set(relative) and absolute["3", "radius"] == 0.3
    network = deep()
    X = torch.from_numpy(np.random.default_rng(0).normal(size=(12, 4)).astype(np.float32))
    norms = network[0](X).relu().norm(dim=1)
    assert relative["3", "radius"] == pytest.approx(0.3 * norms.square().mean().sqrt().item(), rel=1e-5)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize(("module", "undefined"), [(0, {"1", "3"}), (2, {"3"}), (4, set())])
def test_weights_that_are_not_finite_give_nan_from_their_layer_on(bad, module, undefined):
    """Such a network had no crossings at all, since no comparison with NaN holds."""
    network, X = deep(), torch.randn(6, 4, generator=torch.Generator().manual_seed(1))
    finite = local_complexity(network, X, radius=1.0, n_directions=4, seed=0)
    with torch.no_grad():
        network[module].weight[0, 0] = bad
    found = local_complexity(network, X, radius=1.0, n_directions=4, seed=0)
    for layer, counts in found.items():
        if layer in undefined:
            assert np.isnan(counts).all()
        else:
            np.testing.assert_array_equal(counts, finite[layer])
            assert counts.sum() > 0


def test_undefined_points_are_counted():
    network = deep()
    assert rows_of(network, points="input", radius=0.3)["1", "n_undefined"] == 0
    with torch.no_grad():
        network[2].bias[3] = np.nan
    values = rows_of(network, points="input", radius=0.3)
    assert (values["1", "n_undefined"], values["3", "n_undefined"]) == (0, 3 * 12)
    assert np.isnan(values["3", "local_complexity_train"]) and values["1", "local_complexity_train"] > 0


def test_only_the_samples_that_overflow_are_undefined():
    network = deep().double()
    with torch.no_grad():
        network[0].weight.fill_(1.0)
    X = torch.tensor([[0.0] * 4, [1e308] * 4, [1.0] * 4], dtype=torch.float64)
    counts = local_complexity(network, X, radius=0.1, n_directions=4, seed=0)["1"]
    assert np.isnan(counts).tolist() == [False, True, False]


@pytest.mark.parametrize("module", ["embedding", "block_1", "block_2"])
@pytest.mark.parametrize("radius", [0.1, 1.0])
def test_the_fast_vertices_of_a_transformer_equal_the_plain_ones(module, radius):
    """In float64 no pre-activation is so close to 0 that rounding decides on its sign."""
    torch.manual_seed(1)
    sizes = {"d_model": 8, "n_heads": 2, "d_mlp": 32, "n_blocks": 3, "embedding_scale": 1.0}
    network = transformer.build(n_tokens=7, n_classes=4, **sizes).double()
    inputs = torch.cartesian_prod(torch.arange(7), torch.arange(7))
    points = points_of(network, module, inputs)
    directions = frame(4 * 8, 9, 0)
    fast = vertices_of(network, module, inputs, points.shape[1:])
    plain = around(function_of_points(network, module, inputs, points.shape[1:]))
    found, wanted = (crossings(each, points.flatten(1), radius, directions) for each in (fast, plain))
    assert found.keys() == wanted.keys()
    for layer in wanted:
        np.testing.assert_array_equal(found[layer], wanted[layer])
        assert 0 < wanted[layer].mean() < 32
    steps, X = radius * directions, points[:3].flatten(1)
    for layer, values in plain(steps)(X).items():
        values = values.unflatten(1, (2, 9)).transpose(1, 2).flatten(1, 2)  # x + v, x - v for each v
        torch.testing.assert_close(fast(steps)(X)[layer], values, rtol=0, atol=1e-12)
    assert network.training


def test_a_transformer_that_is_not_finite_is_undefined_from_the_layer_on():
    network = transformer.build(n_tokens=7, n_classes=4, d_model=8, n_heads=2, d_mlp=32)
    with torch.no_grad():
        network.block_2.up.bias[0] = torch.inf
    inputs = torch.tensor([[0, 1], [2, 3]])
    points = points_of(network, "embedding", inputs)
    vertices = vertices_of(network, "embedding", inputs, points.shape[1:])
    counts = crossings(vertices, points.flatten(1), 0.1, frame(32, 5, 0))
    assert np.isfinite(counts["block_1.hidden"]).all()
    assert np.isnan(counts["block_2.hidden"]).all()
