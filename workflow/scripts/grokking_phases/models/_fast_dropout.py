"""Dropout with masks that are cheap on a CPU: 16 random bits for each value; a Bernoulli draw costs several times more.

The probability is p rounded to 1/65536; kept values are scaled by the inverse of what is kept, so that means are exact.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

LEVELS = 2**16


class Dropout(nn.Module):
    """As nn.Dropout(p), from torch's own generator."""

    def __init__(self, p: float) -> None:
        super().__init__()
        self.p = p
        self.dropped = round(p * LEVELS)  # of the 65536 values that 16 bits take

    @property
    def drops(self) -> bool:
        return self.training and self.dropped > 0

    def forward(self, x: Tensor) -> Tensor:
        if not self.drops:
            return x
        if x.is_cuda:
            return F.dropout(x, self.p)
        words = torch.empty(-(-x.numel() // 4), dtype=torch.int64).random_(-(2**63), None)
        bits = words.view(torch.int16)[: x.numel()].view(x.shape)  # uniform on -32768 … 32767
        kept = bits.ge_(self.dropped - LEVELS // 2).to(
            x.dtype
        )  # in place: to write booleans costs several times more
        return x * kept.mul_(LEVELS / (LEVELS - self.dropped))
