"""Dropout with masks that are cheap on a CPU: 16 random bits for each value.

Bernoulli draws cost several times as much. The probability is p rounded to a multiple of 1/65536. Kept values
are divided by the fraction that is kept, so the mean is exact.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

LEVELS = 2**16


class Dropout(nn.Module):
    """Dropout distributed as nn.Dropout(p), with random bits from torch's own generator."""

    def __init__(self, p: float) -> None:
        super().__init__()
        self.p = p
        self.dropped = round(p * LEVELS)  # how many of the 65536 values of 16 bits lead to a drop

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
        # The comparison is in place, because writing booleans costs several times more.
        kept = bits.ge_(self.dropped - LEVELS // 2).to(x.dtype)
        return x * kept.mul_(LEVELS / (LEVELS - self.dropped))
