"""Cross-entropy equals its closed forms, summed over samples."""

import math

import pytest
import torch

from grokking_phases.losses.cross_entropy import loss


def test_equal_logits_cost_log_n_classes_a_sample():
    assert loss(torch.zeros(4, 5), torch.tensor([0, 1, 2, 3])).item() == pytest.approx(4 * math.log(5))


def test_a_sum_over_parts_is_the_sum_over_all():
    logits, targets = (
        torch.randn(6, 3, generator=torch.Generator().manual_seed(0)),
        torch.tensor([0, 1, 2, 0, 1, 2]),
    )
    parts = [loss(logits[rows], targets[rows]) for rows in (slice(2), slice(2, None))]
    assert sum(parts).item() == pytest.approx(loss(logits, targets).item(), rel=1e-6)


def test_a_shift_of_all_logits_changes_nothing():
    logits, targets = torch.tensor([[1.0, 2.0, 0.5]]), torch.tensor([1])
    assert loss(logits + 7, targets).item() == pytest.approx(loss(logits, targets).item(), rel=1e-5)
