"""A multi-layer perceptron of ReLUs on the plane, as in Figures 1 and 2 of the two-phase paper."""

from torch import Tensor, nn

# Layers that can be recorded, and the option of `build` that gives their width; {depth} counts 1 … depth.
LAYERS = {"hidden_{depth}": "width"}

LIMITS = {"depth": (1, 9)}  # from 10 on, the names of the layers would not sort

# The network is a chain of Linear and ReLU, so its linear regions can be computed exactly.
PIECEWISE_LINEAR = True


class Coordinates(nn.Module):
    """Points of the plane: (n, 2) operands -> (n, 2), the tokens 0 … n_tokens - 1 evenly from -1 to 1."""

    def __init__(self, n_tokens: int) -> None:
        super().__init__()
        self.n_tokens = n_tokens

    def forward(self, inputs: Tensor) -> Tensor:
        return 2 * inputs.float() / (self.n_tokens - 1) - 1


def build(*, n_tokens: int, n_classes: int, width: int = 16, depth: int = 3) -> nn.Sequential:
    """Return the network, (n, 2) operands -> (n, n_classes) logits, in PyTorch's default initialisation.

    Its modules are embedding, preactivation_1, hidden_1, …, readout, initialised in this order.
    """
    network = nn.Sequential()
    network.add_module("embedding", Coordinates(n_tokens))
    for i in range(1, depth + 1):
        network.add_module(f"preactivation_{i}", nn.Linear(2 if i == 1 else width, width))
        network.add_module(f"hidden_{i}", nn.ReLU())
    network.add_module("readout", nn.Linear(width, n_classes))
    return network
