"""The emergence paper's network: Linear -> ReLU -> Linear without bias, on two one-hots side by side (section 3).

A one-hot times a matrix is a row of it, so the first layer is two look-ups and an addition: the same numbers as the
dense product to rounding, at about half of the whole step's cost.
"""

from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from grokking_phases.models._onednn_linear import Linear, linear

# Layers that can be recorded, and the option of `build` that gives their width.
LAYERS = {"hidden": "width", "preactivation": "width"}

Mask = Literal["activation", "weights"]


class OneHotLinear(nn.Linear):
    """nn.Linear on one-hots side by side, given as their positions: (n, n_operands) integers -> (n, out_features)."""

    def __init__(self, n_tokens: int, n_operands: int, out_features: int) -> None:
        super().__init__(n_tokens * n_operands, out_features)
        self.n_tokens = n_tokens

    def forward(self, inputs: Tensor) -> Tensor:
        of_operand = inputs + self.n_tokens * torch.arange(inputs.shape[1], device=inputs.device)
        return F.embedding_bag(of_operand, self.weight.t().contiguous(), mode="sum").add_(self.bias)


class MLP(nn.Module):
    """(n, 2) operands -> (n, n_classes) logits.

    Its first hidden layer is taken before the ReLU: after it, all that follows is affine.
    """

    first_layer, embeds = "preactivation", False

    def __init__(self, n_tokens: int, n_classes: int, width: int) -> None:
        super().__init__()
        self.preactivation = OneHotLinear(n_tokens, 2, width)
        self.hidden = nn.ReLU()
        self.readout = Linear(width, n_classes, bias=False)

    def forward(self, inputs: Tensor) -> Tensor:
        return self.after_first_hidden(self.first_hidden(inputs))

    def first_hidden(self, inputs: Tensor) -> Tensor:
        """(n, width)"""
        return self.preactivation(inputs)

    def after_first_hidden(self, x: Tensor) -> Tensor:
        """(n, width) -> logits"""
        return self.readout(self.hidden(x))

    def points(self, inputs: Tensor) -> Tensor:
        """The one-hots, side by side: (n, 2 n_tokens)."""
        return F.one_hot(inputs, self.preactivation.n_tokens).flatten(1).to(self.readout.weight.dtype)

    def rectified(self) -> list[nn.Linear]:
        """The linear maps from points on that a ReLU follows, in order."""
        return [self.preactivation]

    def preactivations(self, points: Tensor) -> dict[str, Tensor]:
        """What each hidden layer's ReLU reads, {layer: (n, width)}, anywhere between the one-hots."""
        return {"hidden": F.linear(points, self.preactivation.weight, self.preactivation.bias)}


class MLPWithConstants(MLP):
    """An MLP some of whose units have no input: each is relu(its bias), whatever the operands."""

    constants: nn.Parameter  # (n_constants,) biases; `readout` reads these units after the others

    def forward(self, inputs: Tensor) -> Tensor:
        hidden = self.hidden(self.preactivation(inputs))
        of_hidden, of_constants = self.readout.weight.tensor_split([hidden.shape[1]], dim=1)
        return linear(hidden, of_hidden, of_constants @ self.constants.relu())


def build(*, n_tokens: int, n_classes: int, width: int = 250) -> nn.Module:
    """The paper's network by default; PyTorch's default initialisation, first layer first."""
    return MLP(n_tokens, n_classes, width)


@torch.no_grad()
def subnetwork(network: MLP, units: list[int], mask: Mask) -> MLP:
    """The network with all but these hidden units masked, from the same weights (emergence paper, section 7).

    activation   a masked unit's activation is zero: it is left out, with all its weights
    weights      its row of the first layer is zero at every step, but not its bias: it stays as a constant
                 relu(bias) that is read, and learns (as published)

    Raises ValueError when there are no units, or one that the network has not.
    """
    width = network.preactivation.out_features
    if not units or not set(units) <= set(range(width)):
        raise ValueError(f"a sub-network needs units, each of 0 to {width - 1}")
    kept, masked = torch.tensor(sorted(units)), torch.tensor(sorted(set(range(width)) - set(units)), dtype=int)
    if not len(masked):
        return network
    weight, bias, readout = network.preactivation.weight, network.preactivation.bias, network.readout.weight
    n_classes, n_tokens = len(readout), network.preactivation.n_tokens
    part = (MLP if mask == "activation" else MLPWithConstants)(n_tokens, n_classes, len(kept))
    part.preactivation.weight.copy_(weight[kept])
    part.preactivation.bias.copy_(bias[kept])
    if mask == "weights":
        part.constants = nn.Parameter(bias[masked])
        kept = torch.cat([kept, masked])
    part.readout.weight = nn.Parameter(readout[:, kept])
    return part
