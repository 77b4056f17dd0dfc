"""oneDNN's product and derivative equal the definition in float64; without oneDNN, torch computes them."""

import pytest
import torch
from torch.nn import functional as F

from grokking_phases.models import _onednn_linear as linear
from grokking_phases.models._onednn_linear import Linear


def values_and_gradients(function, x, weight, bias, dy):
    """Return y, dx, dW and, with a bias, db for y = function(x, W, b), in the type of x."""
    leaves = [each.detach().to(x.dtype).requires_grad_() for each in (x, weight, bias) if each is not None]
    y = function(*leaves)
    y.backward(dy.to(x.dtype))
    return [y.detach(), *(leaf.grad for leaf in leaves)]


SHAPES = [(40, 7, 19), (40, 19, 7), (1, 3, 3), (300, 128, 96)]


@pytest.mark.parametrize("with_bias", [True, False])
@pytest.mark.parametrize(("n", "k", "m"), SHAPES)
@pytest.mark.parametrize("operator", [linear.OPERATOR, None])
def test_values_and_gradients_match_the_definition(monkeypatch, n, k, m, with_bias, operator):
    """The tolerance is for sums of up to 300 float32 products of standard normal numbers."""
    monkeypatch.setattr(linear, "OPERATOR", operator)
    torch.manual_seed(0)
    x, weight, dy = torch.randn(n, k), torch.randn(m, k), torch.randn(n, m)
    bias = torch.randn(m) if with_bias else None
    ours = values_and_gradients(linear.linear, x, weight, bias, dy)
    twin = values_and_gradients(lambda x, w, b=0: x @ w.t() + b, x.double(), weight, bias, dy)
    for found, expected in zip(ours, twin, strict=True):
        torch.testing.assert_close(found.double(), expected, rtol=1e-5, atol=2e-5)


def test_the_operator_is_there_and_used(monkeypatch):
    """Without the operator, results are right and take twice as long, which no other test would notice."""
    used = []
    monkeypatch.setattr(
        linear, "OPERATOR", lambda *a: used.append(a) or torch.ops.mkldnn._linear_pointwise(*a)
    )
    Linear(3, 2)(torch.randn(5, 3)).sum().backward()
    assert len(used) == 2  # y and dW: no one asked for dx


@pytest.mark.parametrize(
    "x", [torch.randn(5, 4, 3), torch.randn(3), torch.randn(5, 3).double(), torch.randn(0, 3)]
)
def test_other_shapes_and_types_are_left_to_nn_linear(x):
    layer = Linear(3, 2).to(x.dtype)
    torch.testing.assert_close(layer(x), F.linear(x, layer.weight, layer.bias))
    layer(x).sum().backward()


def test_expanded_gradients_are_accepted():
    """The gradient of a sum is one number, expanded to (n, m)."""
    layer, x = Linear(3, 2), torch.randn(5, 3)
    layer(x).sum().backward()
    torch.testing.assert_close(layer.weight.grad, x.sum(0).expand(2, 3))


def test_under_autocast_only_the_product_is_in_bfloat16():
    layer, x = Linear(64, 32), torch.randn(16, 64)
    with torch.autocast("cpu", torch.bfloat16):
        y = layer(x)
    assert y.dtype == torch.float32
    exact = F.linear(x, layer.weight, layer.bias)
    assert 1e-4 < (y - exact).abs().max() < 5e-2  # bfloat16 has 8 bits


def test_a_part_of_a_matrix_is_copied_before_the_product(monkeypatch):
    """Such a part, as a sub-network's readout, takes oneDNN hundreds of times longer on some processors."""
    given = []
    monkeypatch.setattr(
        linear, "OPERATOR", lambda *a: given.extend(a[:2]) or torch.ops.mkldnn._linear_pointwise(*a)
    )
    whole = torch.randn(4, 9, requires_grad=True)
    linear.linear(torch.randn(6, 5, requires_grad=True), whole[:, :5]).sum().backward()
    assert len(given) == 6
    assert all(each.is_contiguous() or each.t().is_contiguous() for each in given)
