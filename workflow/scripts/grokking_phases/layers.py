"""What a network's named layers give: a layer is a submodule, by its name in the network."""

import torch
from torch import Tensor, nn

ROWS = 1024  # at a time, to bound memory


@torch.no_grad()
def activations(model: nn.Module, inputs: Tensor, layers: list[str]) -> dict[str, Tensor]:
    """The outputs (n_samples, width) of the named submodules; of a sequence, at its last position."""
    kept: dict[str, list[Tensor]] = {layer: [] for layer in layers}

    def keep(layer: str):
        return lambda _module, _inputs, output: kept[layer].append(output[:, -1] if output.ndim == 3 else output)

    hooks = [model.get_submodule(layer).register_forward_hook(keep(layer)) for layer in layers]
    try:
        model.eval()
        for rows in inputs.split(ROWS):
            model(rows)
    finally:
        for hook in hooks:
            hook.remove()
    return {layer: torch.cat(parts).cpu() for layer, parts in kept.items()}
