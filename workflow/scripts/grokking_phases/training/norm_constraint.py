"""The parameter norm that a recipe sets and then keeps (Omnigrok, 2210.01117; emergence paper, section 4)."""

import torch
from torch import Tensor, nn

from grokking_phases.recipe import Recipe


@torch.no_grad()
def initialise(model: nn.Module, recipe: Recipe) -> Tensor:
    """Scale the constrained parameters by alpha and return their L2 norm.

    If the recipe says so, the weights of the last layer, `model.readout`, are set to zero after the norm is
    taken; its biases stay as drawn. Raises ValueError if the model has no module of that name.
    """
    constrained = constrained_parameters(model, recipe)
    rescale(constrained, torch.tensor(recipe.alpha))
    norm = l2_norm(constrained)
    if recipe.zero_last_layer:
        if not hasattr(model, "readout"):
            raise ValueError(
                "training.zero_last_layer needs a model whose last layer is called readout; "
                f"{type(model).__name__} has no module of that name, so set it to false"
            )
        model.readout.weight.zero_()
    return norm


def constrained_parameters(model: nn.Module, recipe: Recipe) -> list[nn.Parameter]:
    """Return the parameters that alpha scales and the constraint rescales: the weight matrices, or all."""
    return [
        parameter for parameter in model.parameters() if recipe.constrain_norm == "all" or parameter.ndim > 1
    ]


@torch.no_grad()
def l2_norm(parameters: list[nn.Parameter]) -> Tensor:
    """Return the L2 norm of all parameters together."""
    return torch.linalg.vector_norm(torch.stack(torch._foreach_norm(parameters)))


@torch.no_grad()
def rescale(parameters: list[nn.Parameter], factor: Tensor) -> None:
    """Multiply the parameters by the factor, in place."""
    torch._foreach_mul_(parameters, factor)
