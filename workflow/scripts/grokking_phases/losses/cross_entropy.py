"""Cross-entropy of the softmax of the logits against the classes, in nats."""

from torch import Tensor
from torch.nn import functional as F


def loss(logits: Tensor, targets: Tensor) -> Tensor:
    """Return the sum of -log p(target) over the samples: (n, n_classes), (n,) classes -> scalar."""
    return F.cross_entropy(logits, targets, reduction="sum")
