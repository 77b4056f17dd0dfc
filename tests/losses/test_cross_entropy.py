"""Cross-entropy equals its closed forms, summed over samples, and its derivative sums to 0 over classes."""

import math

import pytest
import torch
from torch.nn import functional as F

from grokking_phases.losses.cross_entropy import loss

DTYPES = pytest.mark.parametrize("dtype", [torch.float32, torch.float64])


def drawn(n, n_classes, dtype=torch.float64, scale=1.0):
    """Return random logits (n, n_classes), which ask for a gradient, and targets (n,)."""
    generator = torch.Generator().manual_seed(0)
    logits = scale * torch.randn(n, n_classes, generator=generator, dtype=dtype)
    return logits.requires_grad_(), torch.randint(n_classes, (n,), generator=generator)


@DTYPES
def test_equal_logits_cost_log_n_classes_a_sample(dtype):
    costs = loss(torch.zeros(4, 5, dtype=dtype), torch.tensor([0, 1, 2, 3]))
    assert costs.item() == pytest.approx(4 * math.log(5))
    assert costs.dtype == dtype


@DTYPES
def test_a_sum_over_parts_is_the_sum_over_all(dtype):
    logits, targets = drawn(6, 3, dtype)
    parts = [loss(logits[rows], targets[rows]) for rows in (slice(2), slice(2, None))]
    assert sum(parts).item() == pytest.approx(loss(logits, targets).item(), rel=1e-6)


@DTYPES
def test_a_shift_of_all_logits_changes_nothing(dtype):
    logits, targets = torch.tensor([[1.0, 2.0, 0.5]], dtype=dtype), torch.tensor([1])
    assert loss(logits + 7, targets).item() == pytest.approx(loss(logits, targets).item(), rel=1e-5)


@pytest.mark.parametrize("gap", [0.0, 1.0, 20.0, 600.0, -20.0, -600.0, -1e5])
def test_two_classes_cost_the_logarithm_of_their_odds(gap):
    """-log p = log(1 + e^-gap), where the target's logit is higher by `gap`."""
    found = loss(torch.tensor([[3.0, 3.0 - gap]], dtype=torch.float64), torch.tensor([0])).item()
    expected = math.log1p(math.exp(-gap)) if gap > -700 else -gap
    assert found == pytest.approx(expected, rel=1e-12, abs=1e-15)


@pytest.mark.parametrize("scale", [1e-3, 1.0, 30.0, 1000.0])
def test_float64_has_torchs_value_and_derivative(scale):
    logits, targets = drawn(50, 7, scale=scale)
    twin = logits.detach().clone().requires_grad_()
    found, expected = loss(logits, targets) / 50, F.cross_entropy(twin, targets)
    torch.testing.assert_close(found, expected, rtol=1e-12, atol=1e-14)
    found.backward()
    expected.backward()
    torch.testing.assert_close(logits.grad, twin.grad, rtol=1e-9, atol=1e-15)


def test_the_derivative_is_that_of_the_loss():
    logits, targets = drawn(5, 4)
    assert torch.autograd.gradcheck(lambda z: loss(z, targets), logits)


@pytest.mark.parametrize("gap", [10.0, 17.0, 20.0, 40.0, 300.0])
def test_the_derivative_sums_to_zero_over_classes_however_sure_the_network_is(gap):
    """Above a gap of about 17, the target's probability is 1 in float32, and above 37 in float64."""
    logits, targets = drawn(20, 97)
    logits = (logits.detach() + gap * F.one_hot(targets, 97)).requires_grad_()
    loss(logits, targets).backward()
    largest = logits.grad.abs().amax(1)
    assert (largest > 0).all()
    assert (logits.grad.sum(1).abs() <= 1e-14 * largest).all()
    after_rounding = logits.grad.float().double()
    assert (after_rounding.sum(1).abs() <= 1e-6 * largest).all()


def test_the_derivative_in_float32_does_not_sum_to_zero_where_probabilities_round_to_one():
    """This is softmax collapse, which `loss_dtype: float32` keeps: only the target's part is lost."""
    logits = torch.tensor([[20.0, 0.0, 0.0]], requires_grad=True)
    loss(logits, torch.tensor([0])).backward()
    assert logits.grad.sum().item() == pytest.approx(2 * math.exp(-20), rel=1e-5)
