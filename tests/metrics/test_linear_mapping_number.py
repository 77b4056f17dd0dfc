"""Linear mapping number: clusters, affine maps and constants, a slow reference, and invariances."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch
from scipy.stats import pearsonr

from grokking_phases.data.module_hooks import rest_after
from grokking_phases.metrics.linear_mapping_number import (
    compute,
    connectivity,
    function_of_layer,
    linear_mapping_number,
    lines_of_layer,
    squared_correlations,
    straight_lines,
)
from grokking_phases.models import mlp, transformer


@pytest.fixture
def network():
    """Return a map from 5 to 3 dimensions that is linear nowhere."""
    torch.manual_seed(0)
    return torch.nn.Sequential(torch.nn.Linear(5, 16), torch.nn.Tanh(), torch.nn.Linear(16, 3)).double()


def samples(n=12, d=5, seed=0):
    return torch.from_numpy(np.random.default_rng(seed).normal(size=(n, d)))


def norm_squared(x):
    return x.square().sum(dim=1, keepdim=True)


@pytest.mark.parametrize("c", [2, 3, 7])
def test_clusters_are_counted_if_f_is_not_linear_between_them(c):
    """Between two one-hot points |x|^2 is (1 - l)^2 + l^2, which does not correlate with l."""
    X = torch.eye(8, dtype=torch.float64)[:c].repeat_interleave(5, dim=0)
    assert linear_mapping_number(norm_squared, X) == pytest.approx(c, rel=1e-9)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_an_affine_map_has_number_one(dtype):
    X = samples().to(dtype)
    A = samples(4, 5, seed=1).to(dtype)
    # 1 - r^2 is rounding, and eigenvalues add up n of these.
    tolerance = {torch.float32: 1e-4, torch.float64: 1e-9}[dtype]
    assert linear_mapping_number(lambda x: x @ A.T + 3, X) == pytest.approx(1, abs=tolerance)


def test_the_number_equals_the_definition_pair_by_pair(network):
    X, places = samples(), np.linspace(0, 1, 21)
    L = np.eye(len(X))
    for i in range(len(X)):
        for j in range(len(X)):
            if i != j:
                y = network(X[i] + torch.from_numpy(places)[:, None] * (X[j] - X[i])).detach().numpy()
                L[i, j] = np.mean([pearsonr(places, column).statistic ** 2 for column in y.T])
    p = np.abs(np.linalg.eigvals(L))
    p /= p.sum()
    expected = 2 ** -(p * np.log2(p)).sum()
    assert linear_mapping_number(network, X) == pytest.approx(expected, rel=1e-9)
    assert 1 < expected < len(X)


def test_the_number_does_not_depend_on_order_scale_or_offset(network):
    X, order = samples(), torch.randperm(12, generator=torch.Generator().manual_seed(0))
    number = linear_mapping_number(network, X)
    assert linear_mapping_number(network, X[order]) == pytest.approx(number, rel=1e-9)
    assert linear_mapping_number(lambda x: 7 * network(x) - 2, X) == pytest.approx(number, rel=1e-9)


def test_a_constant_output_is_linear_and_a_constant_f_is_undefined():
    X = torch.eye(6, dtype=torch.float64)
    number = linear_mapping_number(lambda x: torch.cat([norm_squared(x), torch.ones(len(x), 1)], dim=1), X)
    # r^2 is 0 for one output and 1 for the other. So L is 1/2 off the diagonal, with eigenvalues 7/2 and five
    # times 1/2.
    p = np.array([3.5, *[0.5] * 5]) / 6
    assert number == pytest.approx(np.exp(-(p * np.log(p)).sum()), rel=1e-9)
    assert np.isnan(linear_mapping_number(lambda x: torch.full((len(x), 2), 0.3), X))


def test_rounding_does_not_count_as_variation():
    y = torch.full((1, 21, 1), 1000.0) + 1e-4 * torch.randn(
        1, 21, 1, generator=torch.Generator().manual_seed(0)
    )
    r2, constant = squared_correlations(y)
    assert constant.all()
    assert (r2 == 1).all()


@pytest.mark.parametrize(("n", "n_points"), [(1, 21), (5, 2)])
def test_fewer_than_two_samples_or_three_points_raise(n, n_points):
    with pytest.raises(ValueError, match="n_samples: 1 is less than 2|n_points: 2 is less than 3"):
        linear_mapping_number(norm_squared, samples(n), n_points=n_points)


MODELS = {
    "mlp": (lambda: mlp.build(n_tokens=5, n_classes=4, width=9), "preactivation"),
    "transformer": (
        lambda: transformer.build(n_tokens=5, n_classes=4, d_model=8, n_heads=2, d_mlp=16).eval(),
        "block_1",
    ),
}


@pytest.mark.parametrize("name", MODELS)
def test_rows_of_a_network(name):
    torch.manual_seed(0)
    build, layer = MODELS[name]
    inputs = torch.cartesian_prod(torch.arange(5), torch.arange(5)).numpy()

    class Snapshots(list):
        layers = {layer: None}

    snapshots = Snapshots(SimpleNamespace(step=step, network=build()) for step in (0, 10))
    snapshots.inputs = inputs
    rows = list(compute(snapshots, n_samples=10))
    assert [(row["step"], row["layer"], row["metric"]) for row in rows] == [
        (step, layer, metric)
        for step in (0, 10)
        for metric in ("linear_mapping_number", "n_constant", "n_undefined")
    ]
    assert 1 < rows[0]["value"] < 10
    assert rows == list(compute(snapshots, n_samples=10))
    all_samples = list(compute(snapshots, n_samples=100))
    assert all_samples[0]["value"] == pytest.approx(
        linear_mapping_number(*function_of_layer(snapshots[0].network, layer, torch.from_numpy(inputs))),
        rel=1e-4,  # a transformer's lines are computed in another way, in float32
    )


def test_the_number_is_one_after_the_relu_of_the_mlp():
    network = mlp.build(n_tokens=5, n_classes=4, width=9)
    f, X = function_of_layer(network, "hidden", torch.cartesian_prod(torch.arange(5), torch.arange(5)))
    assert linear_mapping_number(f, X) == pytest.approx(1, abs=1e-3)  # rounding of float32


def test_all_positions_of_a_sequence_are_interpolated():
    network, inputs = MODELS["transformer"][0](), torch.tensor([[0, 1], [2, 3], [4, 4]])
    f, X = function_of_layer(network, "block_1", inputs)
    assert X.shape == (3, 4 * 8)
    torch.testing.assert_close(f(X), network(inputs).detach())
    assert torch.equal(f(X), rest_after(network, "block_1", inputs)(X.view(3, 4, 8)))


def test_a_network_that_is_not_finite_is_undefined_and_counted():
    network = mlp.build(n_tokens=5, n_classes=4, width=9)
    with torch.no_grad():
        network.readout.weight.fill_(torch.nan)

    class Snapshots(list):
        layers = {"preactivation": 9}
        inputs = torch.cartesian_prod(torch.arange(5), torch.arange(5)).numpy()

    values = {
        row["metric"]: row["value"] for row in compute(Snapshots([SimpleNamespace(step=0, network=network)]))
    }
    assert np.isnan(values["linear_mapping_number"])
    assert values["n_undefined"] == 1


@pytest.mark.parametrize(("dtype", "tolerance"), [(torch.float32, 1e-4), (torch.float64, 1e-12)])
@pytest.mark.parametrize("layer", ["embedding", "block_1", "block_2"])
def test_the_fast_lines_of_a_transformer_equal_the_plain_ones(layer, dtype, tolerance):
    torch.manual_seed(1)
    network = transformer.build(n_tokens=5, n_classes=4, d_model=8, n_heads=2, d_mlp=16, n_blocks=3)
    network.to(dtype)
    inputs = torch.cartesian_prod(torch.arange(5), torch.arange(5))
    with torch.no_grad():
        plain = straight_lines(*function_of_layer(network, layer, inputs), 7)
        fast = lines_of_layer(network, layer, inputs, 7)
        torch.testing.assert_close(fast(3, slice(4, 25)), plain(3, slice(4, 25)), rtol=0, atol=tolerance)
        wanted, found = (connectivity(lines, len(inputs), 7) for lines in (plain, fast))
    np.testing.assert_allclose(found.L, wanted.L, rtol=0, atol=10 * tolerance)
    assert found.n_constant == wanted.n_constant
    assert "transformer" in fast.__qualname__  # and not the plain lines
    assert network.training


def test_a_transformer_that_is_not_finite_is_undefined():
    network = MODELS["transformer"][0]()
    with torch.no_grad():
        network.block_2.up.bias[0] = torch.inf
    inputs = torch.tensor([[0, 1], [2, 3], [4, 4]])
    found = connectivity(lines_of_layer(network, "block_1", inputs, 5), 3, 5)
    assert np.isnan(found.L).any()
