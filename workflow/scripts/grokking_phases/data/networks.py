"""A run's network at a recorded step, from weights.safetensors, and activations of layers not recorded."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from safetensors import safe_open
from torch import nn

from grokking_phases.data.activations import activations
from grokking_phases.data.examples_file import read_examples
from grokking_phases.data.module_hooks import check_submodules
from grokking_phases.plugins import module, options_in
from grokking_phases.storage.headers import header_of


class Networks:
    """The networks of a run: a call with a step returns the network of that step, for evaluation.

    All calls return the same module, and load its parameters anew. `model` is the block `model` of the run's
    entry in the config. `weights` is the run's weights.safetensors, with parameters keyed step/parameter.
    Raises ValueError if they come from a training with another `config_digest`.
    """

    def __init__(self, weights: str | Path, dataset: str | Path, model: dict, config_digest: str) -> None:
        header_of(weights, config_digest=config_digest)
        examples = read_examples(dataset)
        sizes = {"n_tokens": examples.n_tokens, "n_classes": examples.n_classes}
        self.network = module("models", model["module"]).build(**sizes, **options_in("models", model)).eval()
        self.source = f"models/{model['module']}.py"
        self.inputs = torch.from_numpy(examples.inputs[examples.train])
        self.weights = safe_open(weights, framework="pt")

    def __call__(self, step: int) -> nn.Module:
        names = self.network.state_dict()
        self.network.load_state_dict({name: self.weights.get_tensor(f"{step}/{name}") for name in names})
        return self.network

    def recompute(self, layers: list[str]) -> Callable[[int], dict[str, np.ndarray]]:
        """Return a function of a step: {layer: activations (n_samples, width) float32} of the train rows."""
        check_submodules(self.network, layers, self.source)
        return lambda step: {
            layer: values.numpy() for layer, values in activations(self(step), self.inputs, layers).items()
        }
