"""The network on the plane says the same in each of its ways to be asked."""

import pytest
import torch

from grokking_phases.data.activations import activations
from grokking_phases.models.relu_mlp import build


@pytest.fixture
def network():
    torch.manual_seed(0)
    return build(n_tokens=9, n_classes=3, width=5, depth=3)


INPUTS = torch.tensor([[0, 8], [4, 4], [8, 1]])


def test_tokens_are_coordinates(network):
    assert network.points(INPUTS).tolist() == [[-1, 1], [0, 0], [1, -0.75]]


def test_layers_are_recorded_and_are_what_relu_makes_of_the_preactivations(network):
    recorded = activations(network, INPUTS, ["hidden_1", "hidden_2", "hidden_3"])
    for layer, values in network.preactivations(network.points(INPUTS)).items():
        assert values.shape == (3, 5)
        torch.testing.assert_close(values.relu(), recorded[layer])


def test_logits_follow_from_the_last_hidden_layer(network):
    last = network.preactivations(network.points(INPUTS))["hidden_3"].relu()
    torch.testing.assert_close(network(INPUTS), network.readout(last))


def test_rectified_maps_are_those_before_each_relu(network):
    x = network.points(INPUTS)
    for linear in network.rectified():
        x = linear(x).relu()
    torch.testing.assert_close(network(INPUTS), network.readout(x))
