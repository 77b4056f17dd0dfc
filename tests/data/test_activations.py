"""Recording layers reads the network and leaves it as it was."""

import pytest
import torch

from grokking_phases.data.activations import ROWS, activations
from grokking_phases.models import mlp


@pytest.fixture
def model():
    torch.manual_seed(0)
    return mlp.build(n_tokens=40, n_classes=5, width=6)


def test_more_rows_than_are_read_at_a_time_are_recorded(model):
    inputs = torch.cartesian_prod(torch.arange(40), torch.arange(40))
    assert len(inputs) > ROWS
    recorded = activations(model, inputs, ["preactivation", "hidden"])
    assert list(recorded) == ["preactivation", "hidden"]
    torch.testing.assert_close(
        recorded["hidden"], model.preactivation(model.embedding(inputs)).relu().detach()
    )
    assert not recorded["hidden"].requires_grad


def test_no_hook_stays_even_when_the_network_fails(model):
    with pytest.raises(RuntimeError, match="num_classes"):
        activations(model, torch.tensor([[0, 40]]), ["hidden"])
    activations(model, torch.tensor([[0, 39]]), ["hidden"])
    assert not model.hidden._forward_hooks


def test_a_missing_layer_is_named_in_the_error(model):
    with pytest.raises(AttributeError, match="block_1"):
        activations(model, torch.tensor([[0, 1]]), ["block_1"])


def test_each_module_keeps_its_mode_and_each_parameter_its_gradient(model):
    model.train()
    model.hidden.eval()
    model(torch.tensor([[0, 1]])).sum().backward()
    gradients = [parameter.grad.clone() for parameter in model.parameters()]
    activations(model, torch.tensor([[2, 3]]), ["hidden"])
    assert model.training and model.readout.training and not model.hidden.training
    assert all(torch.equal(p.grad, before) for p, before in zip(model.parameters(), gradients, strict=True))
