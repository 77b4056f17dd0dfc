"""The look-ups are the dense product on one-hots, with the paper's initialisation and size."""

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from grokking_phases.models import mlp


@pytest.fixture(autouse=True)
def one_thread():
    torch.set_num_threads(1)


def dense(inputs, n_tokens):
    """(n, n_operands) integers -> (n, n_operands * n_tokens): one-hots side by side."""
    return F.one_hot(inputs, n_tokens).flatten(1).float()


@pytest.mark.parametrize("n_operands", [1, 2, 3])
def test_look_ups_equal_the_dense_product_in_values_and_gradients(n_operands):
    torch.manual_seed(0)
    layer, inputs = mlp.OneHotLinear(13, n_operands, 10), torch.randint(13, (50, n_operands))
    twin = nn.Linear(13 * n_operands, 10)
    twin.load_state_dict(layer.state_dict())
    upstream = torch.randn(50, 10)
    values, expected = layer(inputs), twin(dense(inputs, 13))
    torch.testing.assert_close(values, expected)
    values.backward(upstream)
    expected.backward(upstream)
    for parameter, other in zip(layer.parameters(), twin.parameters(), strict=True):
        torch.testing.assert_close(parameter.grad, other.grad)


def test_the_forward_pass_leaves_the_weights_alone():
    layer = mlp.OneHotLinear(5, 2, 3)
    before = [parameter.clone() for parameter in layer.parameters()]
    layer(torch.zeros(4, 2, dtype=torch.long))
    assert all(torch.equal(a, b) for a, b in zip(before, layer.parameters(), strict=True))


def test_the_initial_weights_are_those_of_plain_linear_layers():
    torch.manual_seed(100)
    model = mlp.build(n_tokens=97, n_classes=97)
    torch.manual_seed(100)
    first, readout = nn.Linear(194, 250), nn.Linear(250, 97, bias=False)
    assert torch.equal(model.preactivation.weight, first.weight)
    assert torch.equal(model.preactivation.bias, first.bias)
    assert torch.equal(model.readout.weight, readout.weight)


def test_the_papers_network_has_73_000_parameters():
    """250 * 194 + 250, and 97 * 250 without bias."""
    model = mlp.build(n_tokens=97, n_classes=97)
    assert sum(parameter.numel() for parameter in model.parameters()) == 73_000


def test_the_network_is_linear_relu_linear():
    model, inputs = mlp.build(n_tokens=7, n_classes=5, width=6), torch.tensor([[0, 6], [3, 3], [6, 0]])
    hidden = (dense(inputs, 7) @ model.preactivation.weight.T + model.preactivation.bias).clamp(min=0)
    torch.testing.assert_close(model(inputs), hidden @ model.readout.weight.T)
    assert not torch.allclose(model(inputs)[0], model(inputs)[2])  # a and b have weights of their own


def test_the_layers_exist_under_their_names_and_widths():
    options = {"width": 6}
    model, given = mlp.build(n_tokens=7, n_classes=5, **options), {}
    for name in mlp.LAYERS:
        model.get_submodule(name).register_forward_hook(lambda _module, _in, out, name=name: given.update({name: out}))
    model(torch.tensor([[1, 2], [3, 4]]))
    assert {name: values.shape for name, values in given.items()} == {
        name: (2, options[option]) for name, option in mlp.LAYERS.items()
    }
    assert torch.equal(given["hidden"], given["preactivation"].relu())
