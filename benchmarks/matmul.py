"""The speed at which the machine multiplies matrices: "the matrix-product rate" of the reports."""

import numpy as np
import torch
from pairs import seconds

from grokking_phases.models._onednn_linear import linear

SIZE, REPEATS = 1024, 9


def matmul_rate(dtype: str) -> float:
    """Return the floating-point operations a second of a square product, on the threads that are set.

    `dtype` is float32 or float64. The rate is the best of several products by numpy, torch and oneDNN, so
    that no share of it looks better than it is.
    """
    A, B = np.random.default_rng(0).normal(size=(2, SIZE, SIZE)).astype(dtype)
    out = np.empty_like(A)
    tensors = [torch.from_numpy(matrix) for matrix in (A, B, out)]
    products = [lambda: np.matmul(A, B, out=out), lambda: torch.matmul(*tensors[:2], out=tensors[2])]
    if dtype == "float32":
        products.append(lambda: linear(*tensors[:2]))
    return 2 * SIZE**3 / min(seconds(product) for _ in range(REPEATS) for product in products)
