"""A multi-layer perceptron of ReLUs on the plane, as the two-phase paper draws one (Figures 1 and 2).

The two operands are a point's coordinates: the tokens 0 … n_tokens - 1 lie evenly from -1 to 1.
"""

from torch import Tensor, nn

# Layers that can be recorded, and the option of `build` that gives their width; {depth} counts 1 … depth.
LAYERS = {"hidden_{depth}": "width"}

# Options bounded from below, from above, or not.
LIMITS = {"depth": (1, 9)}  # beyond, names of layers would not sort


class ReLUMLP(nn.Module):
    """(n, 2) operands -> (n, n_classes) logits.

    Its first hidden layer is taken before the ReLU: between ReLUs all is affine.
    """

    first_layer, embeds = "preactivation_1", False

    def __init__(self, n_tokens: int, n_classes: int, width: int, depth: int) -> None:
        super().__init__()
        self.n_tokens, self.depth = n_tokens, depth
        for i in range(1, depth + 1):
            self.add_module(f"preactivation_{i}", nn.Linear(2 if i == 1 else width, width))
            self.add_module(f"hidden_{i}", nn.ReLU())
        self.readout = nn.Linear(width, n_classes)

    def forward(self, inputs: Tensor) -> Tensor:
        return self.after_first_hidden(self.first_hidden(inputs))

    def points(self, inputs: Tensor) -> Tensor:
        """(n, 2), in the square from -1 to 1."""
        return 2 * inputs.to(self.readout.weight.dtype) / (self.n_tokens - 1) - 1

    def rectified(self) -> list[nn.Linear]:
        """The linear maps from point to readout that a ReLU follows, in order."""
        return [self.get_submodule(f"preactivation_{i}") for i in range(1, self.depth + 1)]

    def preactivations(self, points: Tensor) -> dict[str, Tensor]:
        """What each hidden layer's ReLU reads, {layer: (n, width)}, anywhere in the plane."""
        found = {}
        for i, linear in enumerate(self.rectified(), start=1):
            found[f"hidden_{i}"] = linear(points)
            points = found[f"hidden_{i}"].relu()
        return found

    def first_hidden(self, inputs: Tensor) -> Tensor:
        """(n, width)"""
        return self.get_submodule("preactivation_1")(self.points(inputs))

    def after_first_hidden(self, x: Tensor) -> Tensor:
        """(n, width) -> logits"""
        x = self.get_submodule("hidden_1")(x)
        for i in range(2, self.depth + 1):
            x = self.get_submodule(f"hidden_{i}")(self.get_submodule(f"preactivation_{i}")(x))
        return self.readout(x)


def build(*, n_tokens: int, n_classes: int, width: int = 16, depth: int = 3) -> nn.Module:
    """PyTorch's default initialisation, first layer first."""
    return ReLUMLP(n_tokens, n_classes, width, depth)
