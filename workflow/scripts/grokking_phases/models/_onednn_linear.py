"""Linear maps whose float32 products on a CPU are computed by oneDNN.

torch leaves such products to MKL, which reaches half the rate of oneDNN on an AMD EPYC (other processors were
not measured). torch has oneDNN's product as an operator without a derivative. This module adds the
derivative:

    y = x W^T + b,    dx = dy W,    dW = dy^T x,    db = column sums of dy

Elsewhere (a GPU, another type, a torch without the operator, automatic mixed precision) torch computes the
product. The results agree to rounding.
"""

import torch
from torch import Tensor, nn
from torch.autograd.function import FunctionCtx
from torch.nn import functional as F

OPERATOR = getattr(torch.ops.mkldnn, "_linear_pointwise", None)


class Linear(nn.Linear):
    """The layer nn.Linear, computed by `linear`: (..., in_features) -> (..., out_features)."""

    def forward(self, x: Tensor) -> Tensor:
        if x.ndim <= 2:
            return linear(x, self.weight, self.bias)
        return linear(x.flatten(0, -2), self.weight, self.bias).unflatten(0, x.shape[:-1])


def linear(x: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """Return x W^T + b (n, m) for x (n, k), the weight W (m, k) and the bias b (m,)."""
    if torch.is_autocast_enabled(x.device.type):
        return F.linear(x, weight, bias).float()  # only the product has less precision
    matrix = x.ndim == 2 and x.numel() > 0
    suited = OPERATOR and matrix and x.device.type == "cpu" and x.dtype == weight.dtype == torch.float32
    return OneDNN.apply(x, weight, bias) if suited else F.linear(x, weight, bias)


class OneDNN(torch.autograd.Function):
    """The product of `linear` in float32 on a CPU, with its derivative."""

    @staticmethod
    def forward(ctx: FunctionCtx, x: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        ctx.save_for_backward(x, weight)
        return product(x, weight, bias)

    @staticmethod
    def backward(ctx: FunctionCtx, dy: Tensor) -> tuple[Tensor | None, ...]:
        x, weight = ctx.saved_tensors
        of_x, of_weight, of_bias = ctx.needs_input_grad
        return (
            product(dy, weight.t()) if of_x else None,
            product_of_columns(dy, x) if of_weight else None,
            dy.sum(0) if of_bias else None,
        )


def product(x: Tensor, y: Tensor, bias: Tensor | None = None) -> Tensor:
    """Return x y^T + bias."""
    return OPERATOR(dense(x), dense(y), bias, "none", [], "")


def dense(x: Tensor) -> Tensor:
    """Return x, or a contiguous copy of it if it is a part of a larger matrix.

    On processors without AVX-512, oneDNN multiplies such a part by its reference code, hundreds of times
    slower.
    """
    return x if x.is_contiguous() or x.t().is_contiguous() else x.contiguous()


def product_of_columns(x: Tensor, y: Tensor) -> Tensor:
    """Return x^T y.

    The narrower matrix comes first, because the operator copies its first operand, which is transposed.
    """
    return product(x.t(), y.t()) if x.shape[1] <= y.shape[1] else product(y.t(), x.t()).t()
