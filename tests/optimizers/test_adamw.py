"""AdamW takes its settings from the recipe."""

import pytest
import torch
from torch import nn

from grokking_phases.optimizers import adamw
from grokking_phases.recipe import Recipe


def test_the_settings_are_those_of_the_recipe():
    recipe = Recipe(steps=1, learning_rate=0.03, weight_decay=2.0, betas=[0.5, 0.6])
    (group,) = adamw.build([nn.Parameter(torch.ones(2))], recipe).param_groups
    assert (group["lr"], group["betas"], group["weight_decay"], group["fused"]) == (
        0.03,
        (0.5, 0.6),
        2.0,
        True,
    )


def test_the_first_step_has_the_length_of_the_learning_rate_after_decay():
    """Adam's first update is the sign of the gradient; the decay multiplies by 1 - 0.1 * 0.5."""
    parameter = nn.Parameter(torch.tensor([1.0, -2.0]))
    optimizer = adamw.build([parameter], Recipe(steps=1, learning_rate=0.1, weight_decay=0.5))
    (parameter * torch.tensor([3.0, -4.0])).sum().backward()
    optimizer.step()
    assert parameter.tolist() == pytest.approx([0.95 - 0.1, -1.9 + 0.1], rel=1e-6)
