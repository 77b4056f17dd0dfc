"""The emergence paper's network: Linear -> ReLU -> Linear without bias, on two one-hots side by side (section 3).

A one-hot times a matrix is a row of it, so the first layer is two look-ups and an addition: the same numbers as the
dense product to rounding, at about half of the whole step's cost.
"""

from torch import Tensor, nn
from torch.nn import functional as F

# Layers that can be recorded, and the option of `build` that gives their width.
LAYERS = {"hidden": "width", "preactivation": "width"}


class OneHotLinear(nn.Linear):
    """nn.Linear on one-hots side by side, given as their positions: (n, n_operands) integers -> (n, out_features)."""

    def __init__(self, n_tokens: int, n_operands: int, out_features: int) -> None:
        super().__init__(n_tokens * n_operands, out_features)
        self.n_tokens = n_tokens

    def forward(self, inputs: Tensor) -> Tensor:
        first, *others = self.weight.t().contiguous().split(self.n_tokens)  # each (n_tokens, out_features)
        out = F.embedding(inputs[:, 0], first + self.bias)
        for operand, rows in enumerate(others, start=1):
            out = out.add_(F.embedding(inputs[:, operand], rows))
        return out


class MLP(nn.Module):
    """(n, 2) operands -> (n, n_classes) logits."""

    def __init__(self, n_tokens: int, n_classes: int, width: int) -> None:
        super().__init__()
        self.preactivation = OneHotLinear(n_tokens, 2, width)
        self.hidden = nn.ReLU()
        self.readout = nn.Linear(width, n_classes, bias=False)

    def forward(self, inputs: Tensor) -> Tensor:
        return self.readout(self.hidden(self.preactivation(inputs)))


def build(*, n_tokens: int, n_classes: int, width: int = 250) -> nn.Module:
    """The paper's network by default; PyTorch's default initialisation, first layer first."""
    return MLP(n_tokens, n_classes, width)
