"""Hooks read any torch network and leave it as it was; networks that they cannot read are refused."""

import pytest
import torch
from torch import nn

from grokking_phases.data.module_hooks import chain, outputs, preactivations, rest_after
from grokking_phases.models import mlp, relu_mlp, transformer

INPUTS = torch.cartesian_prod(torch.arange(5), torch.arange(5))
MODELS = {
    "mlp": lambda: mlp.build(n_tokens=5, n_classes=4, width=9),
    "relu_mlp": lambda: relu_mlp.build(n_tokens=5, n_classes=4),
    "transformer": lambda: transformer.build(n_tokens=5, n_classes=4, d_model=8, n_heads=2, d_mlp=16),
}


@pytest.fixture(params=MODELS)
def network(request):
    torch.manual_seed(0)
    return MODELS[request.param]()


class Skipping(nn.Module):
    """A network with a skip connection: x + f(x), or [x, f(x)]."""

    def __init__(self, join):
        super().__init__()
        self.first, self.hidden, self.join = nn.Linear(3, 3), nn.ReLU(), join

    def forward(self, x):
        return self.join(x, self.hidden(self.first(x)))


class Twice(nn.Module):
    def __init__(self):
        super().__init__()
        self.first, self.hidden, self.unused = nn.Linear(3, 3), nn.ReLU(), nn.Linear(3, 3)

    def forward(self, x):
        return self.hidden(self.first(self.hidden(x)))


def test_the_rest_after_a_module_gives_the_networks_output(network):
    expected = network.eval()(INPUTS)
    for name, _ in network.named_children():
        rest = rest_after(network, name, INPUTS)
        torch.testing.assert_close(rest(outputs(network, INPUTS, [name])[name]), expected.detach())


def test_modules_before_the_named_one_run_on_one_sample(network):
    rest, seen = rest_after(network, "embedding", INPUTS), []
    values = outputs(network, INPUTS, ["embedding"])["embedding"]
    network.embedding.register_forward_pre_hook(lambda _module, inputs: seen.append(len(inputs[0])))
    assert len(rest(values)) == 25 and seen == [1]


@pytest.mark.parametrize("join", [torch.add, lambda x, y: torch.cat([x, y], dim=1)])
def test_a_skip_connection_around_the_module_is_refused(join):
    with pytest.raises(ValueError, match="goes around module hidden"):
        rest_after(Skipping(join), "hidden", torch.randn(6, 3))


def test_preactivations_are_what_each_activation_module_reads_at_the_last_position(network):
    rest = rest_after(network, "embedding", INPUTS)
    points = outputs(network, INPUTS, ["embedding"])["embedding"]
    found = preactivations(network, points, rest)
    names = [name for name, module in network.named_modules() if isinstance(module, nn.ReLU | nn.GELU)]
    assert list(found) == names
    for name, values in outputs(network, INPUTS, names).items():
        last = values[:, -1] if values.ndim == 3 else values
        torch.testing.assert_close(network.get_submodule(name)(found[name]), last)


def test_activations_before_the_module_do_not_count():
    network = relu_mlp.build(n_tokens=5, n_classes=4)
    rest = rest_after(network, "hidden_1", INPUTS)
    assert list(preactivations(network, torch.randn(7, 16), rest, after="hidden_1")) == [
        "hidden_2",
        "hidden_3",
    ]


def test_a_network_is_left_as_it_was(network):
    network.train()
    network.readout.eval()
    network(INPUTS).sum().backward()
    gradients = [parameter.grad.clone() for parameter in network.parameters()]
    rest = rest_after(network, "embedding", INPUTS)
    preactivations(network, outputs(network, INPUTS, ["embedding"])["embedding"], rest)
    with pytest.raises(RuntimeError):
        rest(torch.zeros(2, 3, 7))
    assert [module.training for module in network.modules()].count(
        False
    ) == 1 and not network.readout.training
    assert not any(module._forward_hooks or module._forward_pre_hooks for module in network.modules())
    assert not any("forward" in vars(module) for module in network.modules())
    assert all(torch.equal(p.grad, before) for p, before in zip(network.parameters(), gradients, strict=True))


def test_a_module_that_is_called_twice_or_never_is_refused():
    with pytest.raises(ValueError, match="hidden more than once"):
        outputs(Twice(), torch.randn(2, 3), ["hidden"])
    with pytest.raises(ValueError, match="hidden more than once"):
        preactivations(Twice(), torch.randn(2, 3))
    with pytest.raises(ValueError, match="never calls its module unused"):
        outputs(Twice(), torch.randn(2, 3), ["unused"])
    with pytest.raises(ValueError, match="no activation module"):
        preactivations(nn.Sequential(nn.Linear(3, 2)), torch.randn(2, 3))


def test_a_chain_is_given_as_its_modules_in_order():
    assert list(chain(MODELS["mlp"]())) == ["embedding", "preactivation", "hidden", "readout"]
    nested = nn.Sequential(nn.Sequential(nn.Linear(2, 3), nn.ReLU()), nn.Linear(3, 1))
    assert list(chain(nested)) == ["0.0", "0.1", "1"]


@pytest.mark.parametrize("other", [MODELS["transformer"](), Skipping(torch.add), nn.GELU()])
def test_other_networks_are_not_chains(other):
    with pytest.raises(ValueError, match="not a chain of modules"):
        chain(other)
