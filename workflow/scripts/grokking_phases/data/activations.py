"""Activations of a network's named layers; a layer is a submodule, and has its name."""

from typing import Any

import torch
from torch import Tensor, nn

from grokking_phases.arguments import type_of
from grokking_phases.data.module_hooks import at_last_position, outputs

ROWS = 1024  # the most at a time, to bound memory


def activations(model: nn.Module, inputs: Tensor, layers: list[str]) -> dict[str, Tensor]:
    """Return the outputs (n_samples, width) of the named submodules; for a sequence, at its last position.

    Raise ValueError for a submodule whose output is no such table.
    """
    parts = [
        {layer: table(layer, values, len(rows)) for layer, values in outputs(model, rows, layers).items()}
        for rows in inputs.split(ROWS)
    ]
    return {layer: torch.cat([part[layer] for part in parts]).cpu() for layer in layers}


def table(layer: str, values: Any, n_samples: int) -> Tensor:
    """Return the output of a submodule as a table (n_samples, width); raise ValueError if it is none."""
    found = at_last_position(values) if isinstance(values, Tensor) else values
    if not isinstance(found, Tensor) or found.ndim != 2 or len(found) != n_samples:
        what = f"layer {layer} is {type_of(values)} for {n_samples} samples"
        raise ValueError(f"{what}; record a module whose output is ({n_samples}, width).")
    return found
