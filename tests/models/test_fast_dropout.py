"""Dropout is distributed as nn.Dropout: values are dropped independently, and the mean stays."""

import pytest
import torch

from grokking_phases.models._fast_dropout import Dropout


@pytest.mark.parametrize("p", [0.1, 0.5])
def test_values_are_dropped_with_probability_p_and_scaled(p):
    torch.manual_seed(0)
    n = 1_000_001  # not a multiple of the four values that share a random word
    out = Dropout(p)(torch.ones(n))
    dropped = (out == 0).double().mean().item()
    assert dropped == pytest.approx(p, abs=5 * (p * (1 - p) / n) ** 0.5)  # five standard errors
    torch.testing.assert_close(
        out[out != 0], torch.full((n - int((out == 0).sum()),), 1 / (1 - p)), rtol=1e-4, atol=0
    )


def test_neighbours_are_dropped_independently():
    torch.manual_seed(0)
    dropped = (Dropout(0.1)(torch.ones(400_000)) == 0).double()
    for lag in (1, 2, 3, 4, 8):  # within a random word, and across
        correlation = torch.corrcoef(torch.stack([dropped[:-lag], dropped[lag:]]))[0, 1].item()
        assert abs(correlation) < 5 / len(dropped) ** 0.5


def test_every_call_draws_anew_and_the_seed_decides():
    x = torch.ones(64, 3, 5)
    torch.manual_seed(0)
    first, second = Dropout(0.3)(x), Dropout(0.3)(x)
    torch.manual_seed(0)
    assert torch.equal(first, Dropout(0.3)(x))
    assert not torch.equal(first, second)


def test_gradients_pass_where_values_do():
    torch.manual_seed(0)
    x = torch.ones(1000, requires_grad=True)
    out = Dropout(0.5)(x)
    out.sum().backward()
    assert torch.equal(x.grad, out.detach())


def test_in_evaluation_nothing_is_dropped():
    x = torch.randn(10)
    assert Dropout(0.9).eval()(x) is x
    assert Dropout(0.0)(x) is x
