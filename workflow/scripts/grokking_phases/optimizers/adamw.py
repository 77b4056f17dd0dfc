"""AdamW (Loshchilov & Hutter, 1711.05101): Adam with a weight decay that is not part of the gradient."""

from collections.abc import Iterable

import torch
from torch import nn

from grokking_phases.recipe import Recipe


def build(parameters: Iterable[nn.Parameter], recipe: Recipe) -> torch.optim.Optimizer:
    """Return AdamW over the parameters, all updated by one fused kernel."""
    return torch.optim.AdamW(
        parameters, recipe.learning_rate, tuple(recipe.betas), weight_decay=recipe.weight_decay, fused=True
    )
