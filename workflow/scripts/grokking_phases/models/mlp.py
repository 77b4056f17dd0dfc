"""The emergence paper's network (section 3): Linear -> ReLU -> Linear without bias, on two one-hots.

Training and evaluation call `fast_forward`, which computes the same function of the same parameters with less
work.
"""

from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from grokking_phases.models._fast_mlp import fast_forward as fast_forward
from grokking_phases.models._onednn_linear import Linear

# Layers that can be recorded, and the option of `build` that gives their width.
LAYERS = {"hidden": "width", "preactivation": "width"}

# The network is a chain of Linear and ReLU, so its linear regions can be computed exactly.
PIECEWISE_LINEAR = True

Mask = Literal["activation", "weights"]


class OneHots(nn.Module):
    """One-hots side by side: (n, n_operands) integers -> (n, n_operands * n_tokens) float32."""

    def __init__(self, n_tokens: int) -> None:
        super().__init__()
        self.n_tokens = n_tokens

    def forward(self, inputs: Tensor) -> Tensor:
        return F.one_hot(inputs, self.n_tokens).flatten(1).float()


class MLP(nn.Module):
    """The network: (n, 2) operands -> (n, n_classes) logits."""

    def __init__(self, n_tokens: int, n_classes: int, width: int) -> None:
        super().__init__()
        self.embedding = OneHots(n_tokens)
        self.preactivation = Linear(2 * n_tokens, width)
        self.hidden = nn.ReLU()
        self.readout = Linear(width, n_classes, bias=False)

    def forward(self, inputs: Tensor) -> Tensor:
        x = self.embedding(inputs)  # (n, 2 n_tokens)
        hidden = self.hidden(self.preactivation(x))  # (n, width)
        return self.readout(hidden)


class MLPWithConstants(MLP):
    """An MLP with additional hidden units without input: each is relu(its bias), whatever the operands."""

    constants: nn.Parameter  # (n_constants,) biases; `readout` reads these units after the others

    def forward(self, inputs: Tensor) -> Tensor:
        hidden = self.hidden(self.preactivation(self.embedding(inputs)))  # (n, width)
        constants = self.constants.relu().expand(len(hidden), -1)  # (n, n_constants)
        return self.readout(torch.cat([hidden, constants], dim=1))


def build(*, n_tokens: int, n_classes: int, width: int = 250) -> nn.Module:
    """Return the network, by default of the paper's size.

    PyTorch's default initialisation draws the first layer first.
    """
    return MLP(n_tokens, n_classes, width)


@torch.no_grad()
def subnetwork(network: MLP, units: list[int], mask: Mask) -> MLP:
    """Return the network with the same weights, in which all hidden units but `units` are masked.

    This is what the emergence paper does in section 7.

    mask = "activation"  A masked unit's activation is zero. The unit is left out, with all its weights.
    mask = "weights"     A masked unit's row of the first layer is zero at every step, but its bias is not.
                         The unit stays as a constant relu(bias), which is read and learns (as published).

    Raises ValueError when there are no units, or when the network lacks one of them.
    """
    width = network.preactivation.out_features
    if not units or not set(units) <= set(range(width)):
        raise ValueError(f"units {units} make no sub-network; give one or more from 0 to {width - 1}")
    kept, masked = (
        torch.tensor(sorted(units)),
        torch.tensor(sorted(set(range(width)) - set(units)), dtype=int),
    )
    if not len(masked):
        return network
    weight, bias, readout = network.preactivation.weight, network.preactivation.bias, network.readout.weight
    n_classes, n_tokens = len(readout), network.embedding.n_tokens
    part = (MLP if mask == "activation" else MLPWithConstants)(n_tokens, n_classes, len(kept))
    part.preactivation.weight.copy_(weight[kept])
    part.preactivation.bias.copy_(bias[kept])
    if mask == "weights":
        part.constants = nn.Parameter(bias[masked])
        kept = torch.cat([kept, masked])
    part.readout.weight = nn.Parameter(readout[:, kept])
    return part
