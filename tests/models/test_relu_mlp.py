"""The network on the plane: its coordinates, and the layers between them and the logits."""

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
    assert network.embedding(INPUTS).tolist() == [[-1, 1], [0, 0], [1, -0.75]]


def test_the_network_is_linear_and_relu_in_turn(network):
    recorded = activations(network, INPUTS, ["hidden_1", "hidden_2", "hidden_3"])
    x = network.embedding(INPUTS)
    for i in (1, 2, 3):
        x = network.get_submodule(f"preactivation_{i}")(x).relu()
        assert x.shape == (3, 5)
        torch.testing.assert_close(x.detach(), recorded[f"hidden_{i}"])
    torch.testing.assert_close(network(INPUTS), network.readout(x))
