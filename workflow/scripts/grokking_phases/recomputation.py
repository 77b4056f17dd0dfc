"""Layers that were not recorded, computed again from the recorded parameters."""

from pathlib import Path

import numpy as np
import torch
from safetensors import safe_open

from grokking_phases.examples import read_examples
from grokking_phases.layers import activations
from grokking_phases.modules import module, options_in


class Recomputation:
    """Called with a step, it gives {layer: activations (n_samples, width) float32} on the train rows.

    `model` is a run's entry of that name in the config, weights.safetensors its parameters keyed step/parameter.
    """

    def __init__(self, weights: str | Path, dataset: str | Path, model: dict, layers: list[str]) -> None:
        examples = read_examples(dataset)
        sizes = {"n_tokens": examples.n_tokens, "n_classes": examples.n_classes}
        self.network = module("models", model["module"]).build(**sizes, **options_in("models", model))
        self.inputs, self.layers = torch.from_numpy(examples.inputs[examples.train]), layers
        self.weights = safe_open(weights, framework="pt")

    def __call__(self, step: int) -> dict[str, np.ndarray]:
        names = self.network.state_dict()
        self.network.load_state_dict({name: self.weights.get_tensor(f"{step}/{name}") for name in names})
        return {layer: values.numpy() for layer, values in activations(self.network, self.inputs, self.layers).items()}
