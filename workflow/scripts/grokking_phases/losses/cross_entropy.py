"""Cross-entropy of the softmax of the logits against the classes, in nats.

Its derivative by the logits of a sample with the class t is

    dL/dz_j = p_j  for j != t,    dL/dz_t = p_t - 1 = -sum of the others,    p = softmax(z)

and sums to 0 over classes. In float32, as torch computes it, p_t - 1 is 0 where p_t rounds to 1, and the sum
is not. In float64 the second form is computed here, which has no such rounding. It takes one exponential of
each logit, where torch takes two.
"""

import torch
from torch import Tensor
from torch.autograd.function import FunctionCtx
from torch.nn import functional as F


def loss(logits: Tensor, targets: Tensor) -> Tensor:
    """Return the sum of -log p(target) over the samples: (n, n_classes), (n,) classes -> scalar."""
    if logits.dtype == torch.float64:
        return BalancedCrossEntropy.apply(logits, targets)
    return F.cross_entropy(logits, targets, reduction="sum")


class BalancedCrossEntropy(torch.autograd.Function):
    """The sum of `loss`, with a derivative that sums to 0 over classes up to its own rounding."""

    @staticmethod
    def forward(ctx: FunctionCtx, logits: Tensor, targets: Tensor) -> Tensor:
        p, targets = logits.softmax(1), targets[:, None]  # (n, n_classes), (n, 1)
        ctx.save_for_backward(p, targets)
        # -log p_t = (max z - z_t) - log(max p), where max p is at least 1 / n_classes
        below = logits.amax(1) - logits.gather(1, targets)[:, 0]
        return (below - p.amax(1).log()).sum()

    @staticmethod
    def backward(ctx: FunctionCtx, upstream: Tensor) -> tuple[Tensor, None]:
        p, targets = ctx.saved_tensors
        derivative = (p * upstream).scatter_(1, targets, 0.0)
        return derivative.scatter_(1, targets, -derivative.sum(1, keepdim=True)), None
