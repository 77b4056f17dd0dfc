"""Networks that a user has at hand: samples of any form, and networks that cannot be read."""

import numpy as np
import pytest
import torch
from torch import nn

from grokking_phases import linear_mapping_number, linear_regions, local_complexity
from grokking_phases.metrics import linear_mapping_number as of_lines
from grokking_phases.metrics import local_complexity as of_neighbourhoods

X = np.random.default_rng(0).normal(size=(8, 2)).round(1)
NEAR = {"radius": 0.5, "n_directions": 2, "seed": 0}
MEASURES = {
    "linear_mapping_number": linear_mapping_number,
    "linear_regions": linear_regions,
    "local_complexity": lambda network, X: local_complexity(network, X, **NEAR),
}


def mlp(n_read=2, dropout=0.0):
    torch.manual_seed(0)
    hidden = [nn.Linear(n_read, 6), nn.ReLU(), *([nn.Dropout(dropout)] if dropout else [])]
    return nn.Sequential(*hidden, nn.Linear(6, 3))


@pytest.mark.parametrize("name", MEASURES)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.bfloat16, torch.float16])
def test_samples_take_the_precision_of_the_network(name, dtype):
    measure, given = MEASURES[name], torch.tensor(X, dtype=dtype)
    for network in (mlp(), mlp().double()):
        own = given.to(network[0].weight.dtype)
        np.testing.assert_equal(measure(network, given), measure(network, own))


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_a_function_reads_an_array_in_its_precision(dtype):
    def read(points):
        assert points.dtype == dtype
        return points.square()

    linear_mapping_number(read, X.astype(str(dtype).removeprefix("torch.")))


@pytest.mark.parametrize("name", ["linear_mapping_number", "local_complexity"])
def test_whole_numbers_are_points(name):
    """To `linear_regions` they are tokens."""
    whole = torch.tensor([[0, 0], [0, 1], [1, 0], [1, 1]])
    np.testing.assert_equal(MEASURES[name](mlp(), whole), MEASURES[name](mlp(), whole.float()))


def test_values_are_those_of_the_metrics():
    network, points = mlp(), torch.tensor(X, dtype=torch.float32)
    with torch.no_grad():
        assert linear_mapping_number(network, X) == of_lines.linear_mapping_number(network, points)
    found, expected = (
        measure(network, points, **NEAR) for measure in (local_complexity, of_neighbourhoods.local_complexity)
    )
    np.testing.assert_equal(found, expected)


@pytest.mark.parametrize("measure", [linear_mapping_number, MEASURES["local_complexity"]])
def test_a_network_is_read_without_dropout_and_keeps_its_mode(measure):
    network = mlp(dropout=0.5).train()
    np.testing.assert_equal(measure(network, X), measure(network, X))
    assert network.training and network[2].training


def test_regions_are_counted_without_dropout_and_leave_running_means_as_they_are():
    network = nn.Sequential(nn.Dropout(0.5), nn.BatchNorm1d(2), *mlp()).train()
    random_state = torch.get_rng_state()
    assert len({str(linear_regions(network, X)) for _ in range(3)}) == 1
    assert torch.equal(torch.get_rng_state(), random_state)
    assert network[1].num_batches_tracked == 0 and network[0].training


def test_regions_of_a_network_in_bfloat16_are_counted():
    assert linear_regions(mlp().bfloat16(), X).keys() == linear_regions(mlp(), X).keys()


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda: linear_mapping_number(mlp(3), X), r"cannot read X, .*\(2, 2\).*mat1"),
        (lambda: local_complexity(mlp(3), X, **NEAR), "cannot read X"),
        (lambda: linear_regions(mlp(3), X), "X gives 2 numbers"),
        (lambda: linear_mapping_number(lambda x: x[:, 0], X), r"f returns .*\(2,\).*must return \(n, k\)"),
        (lambda: linear_mapping_number(lambda x: (x, x), X), r"f returns a tuple.*x: f\(x\)\[0\]"),
        (lambda: linear_mapping_number(lambda x: None, X), "f returns None"),
        (
            lambda: local_complexity(lambda x: x, X, **NEAR),
            "model is a function, and must be a torch.nn.Modul",
        ),
        (lambda: linear_mapping_number(mlp(), X[:1]), "n_samples: 1 is less than 2"),
        (lambda: linear_mapping_number(mlp(), X * np.nan), "X holds values that are not finite"),
        (lambda: linear_mapping_number(mlp(), X, n_points=2), "n_points: 2 is less than 3"),
    ],
)
def test_what_cannot_be_read_is_one_sentence(call, sentence):
    with pytest.raises(ValueError, match=sentence) as found:
        call()
    assert "\n" not in str(found.value)
