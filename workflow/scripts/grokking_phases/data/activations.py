"""What a network's named layers give: a layer is a submodule, by its name in the network."""

import torch
from torch import Tensor, nn

ROWS = 1024  # at a time, to bound memory


@torch.no_grad()
def activations(model: nn.Module, inputs: Tensor, layers: list[str]) -> dict[str, Tensor]:
    """The outputs (n_samples, width) of the named submodules at the last position.

    A network of sequences gives (n_samples, n_positions, width), or its positions stacked, the last one at the end.
    """
    kept: dict[str, list[Tensor]] = {layer: [] for layer in layers}

    def keep(layer: str):
        def at_last_position(_module: nn.Module, _inputs: tuple, output: Tensor) -> None:
            kept[layer].append(output[:, -1] if output.ndim == 3 else output[-len(rows) :])

        return at_last_position

    hooks = [model.get_submodule(layer).register_forward_hook(keep(layer)) for layer in layers]
    try:
        model.eval()
        for rows in inputs.split(ROWS):
            model(rows)
    finally:
        for hook in hooks:
            hook.remove()
    return {layer: torch.cat(parts).cpu() for layer, parts in kept.items()}
