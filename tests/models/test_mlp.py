"""The MLP: one-hots, the fast path by look-ups, the paper's initialisation and size, and sub-networks."""

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from grokking_phases.models import mlp
from grokking_phases.models._fast_mlp import look_up


@pytest.fixture(autouse=True)
def one_thread():
    torch.set_num_threads(1)


def dense(inputs, n_tokens):
    """Return one-hots side by side: (n, n_operands) integers -> (n, n_operands * n_tokens)."""
    return F.one_hot(inputs, n_tokens).flatten(1).float()


@pytest.mark.parametrize("n_operands", [1, 2, 3])
def test_look_ups_equal_the_dense_product_in_values_and_gradients(n_operands):
    torch.manual_seed(0)
    layer, inputs = nn.Linear(13 * n_operands, 10), torch.randint(13, (50, n_operands))
    twin = nn.Linear(13 * n_operands, 10)
    twin.load_state_dict(layer.state_dict())
    upstream = torch.randn(50, 10)
    values, expected = look_up(layer, inputs, 13), twin(dense(inputs, 13))
    torch.testing.assert_close(values, expected)
    values.backward(upstream)
    expected.backward(upstream)
    for parameter, other in zip(layer.parameters(), twin.parameters(), strict=True):
        torch.testing.assert_close(parameter.grad, other.grad)


def test_look_ups_leave_the_weights_alone():
    layer = nn.Linear(10, 3)
    before = [parameter.clone() for parameter in layer.parameters()]
    look_up(layer, torch.zeros(4, 2, dtype=torch.long), 5)
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
    """The count is 250 * 194 + 250, and 97 * 250 without bias."""
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
        model.get_submodule(name).register_forward_hook(
            lambda _module, _in, out, name=name: given.update({name: out})
        )
    model(torch.tensor([[1, 2], [3, 4]]))
    assert {name: values.shape for name, values in given.items()} == {
        name: (2, options[option]) for name, option in mlp.LAYERS.items()
    }
    assert torch.equal(given["hidden"], given["preactivation"].relu())


def step(model, optimizer, inputs, targets):
    optimizer.zero_grad()
    loss = F.cross_entropy(model(inputs), targets)
    loss.backward()
    optimizer.step()
    return loss.item()


def losses(model, before_step=lambda: None):
    torch.manual_seed(1)
    inputs, targets = torch.randint(7, (40, 2)), torch.randint(5, (40,))
    optimizer = torch.optim.AdamW(model.parameters(), lr=0.03, weight_decay=1.0)
    values = []
    for _ in range(25):
        before_step()
        values.append(step(model, optimizer, inputs, targets))
    return values


def network():
    torch.manual_seed(0)
    return mlp.build(n_tokens=7, n_classes=5, width=12)


UNITS = [1, 4, 5, 11]


def test_a_masked_units_activation_is_zero():
    whole, part, inputs = network(), mlp.subnetwork(network(), UNITS, "activation"), torch.randint(7, (30, 2))
    hidden = whole.hidden(whole.preactivation(whole.embedding(inputs)))
    masked = torch.zeros(12)
    masked[UNITS] = 1
    torch.testing.assert_close(part(inputs), whole.readout(hidden * masked))


def test_a_unit_whose_weights_are_masked_is_its_biass_relu():
    whole, part, inputs = network(), mlp.subnetwork(network(), UNITS, "weights"), torch.randint(7, (30, 2))
    hidden = whole.preactivation.bias.relu().expand(30, 12).clone()
    hidden[:, UNITS] = whole.hidden(whole.preactivation(whole.embedding(inputs)))[:, UNITS]
    torch.testing.assert_close(part(inputs), whole.readout(hidden))
    assert not torch.allclose(part(inputs), mlp.subnetwork(network(), UNITS, "activation")(inputs))


def test_masked_weights_learn_like_rows_zeroed_before_each_step():
    """The published code zeroes rows of the first layer, whose biases and readout go on learning."""
    published = network()
    others = [unit for unit in range(12) if unit not in UNITS]

    def zero():
        with torch.no_grad():
            published.preactivation.weight[others] = 0

    part = mlp.subnetwork(network(), UNITS, "weights")
    torch.testing.assert_close(
        torch.tensor(losses(part)), torch.tensor(losses(published, zero)), rtol=1e-4, atol=1e-5
    )
    torch.testing.assert_close(part.constants, published.preactivation.bias[others], rtol=1e-3, atol=1e-4)


def test_masked_activations_learn_like_activations_times_zero():
    whole, masked = network(), torch.zeros(12)
    masked[UNITS] = 1
    whole.hidden.register_forward_hook(lambda _module, _inputs, output: output * masked)
    part = mlp.subnetwork(network(), UNITS, "activation")
    torch.testing.assert_close(torch.tensor(losses(part)), torch.tensor(losses(whole)), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("mask", ["activation", "weights"])
def test_a_sub_network_of_all_units_is_the_network_itself(mask):
    assert losses(mlp.subnetwork(network(), list(range(12)), mask)) == losses(network())


@pytest.mark.parametrize("units", [[], [12], [-1, 3]])
def test_units_that_make_no_sub_network_are_refused(units):
    with pytest.raises(ValueError, match="no sub-network; give one or more from 0 to 11"):
        mlp.subnetwork(network(), units, "weights")


def whole_or_part(mask):
    return network() if mask is None else mlp.subnetwork(network(), UNITS, mask)


@pytest.mark.parametrize("mask", [None, "activation", "weights"])
def test_the_fast_path_has_the_networks_losses_and_gradients(mask):
    inputs, targets = torch.randint(7, (40, 2)), torch.randint(5, (40,))
    model = whole_or_part(mask)
    losses = [F.cross_entropy(logits, targets) for logits in (model(inputs), mlp.fast_forward(model, inputs))]
    torch.testing.assert_close(*losses)
    gradients = [torch.autograd.grad(loss, list(model.parameters())) for loss in losses]
    torch.testing.assert_close(*gradients)
    assert len(gradients[0]) == (4 if mask == "weights" else 3)


def test_a_recorded_layer_equals_that_of_the_fast_path():
    model, inputs = mlp.build(n_tokens=97, n_classes=97), torch.randint(97, (1030, 2))
    assert torch.equal(model.preactivation(model.embedding(inputs)), look_up(model.preactivation, inputs, 97))
    assert torch.equal(model(inputs), mlp.fast_forward(model, inputs))
