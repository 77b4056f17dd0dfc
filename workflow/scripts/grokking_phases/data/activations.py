"""Activations of a network's named layers; a layer is a submodule, and has its name."""

import torch
from torch import Tensor, nn

from grokking_phases.data.module_hooks import at_last_position, outputs

ROWS = 1024  # the most at a time, to bound memory


def activations(model: nn.Module, inputs: Tensor, layers: list[str]) -> dict[str, Tensor]:
    """Return the outputs (n_samples, width) of the named submodules; for a sequence, at its last position."""
    parts = [
        {layer: at_last_position(values) for layer, values in outputs(model, rows, layers).items()}
        for rows in inputs.split(ROWS)
    ]
    return {layer: torch.cat([part[layer] for part in parts]).cpu() for layer in layers}
