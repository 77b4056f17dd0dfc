"""How fast the machine multiplies matrices: what shares of "the matrix-product rate" are shares of."""

import numpy as np
import torch
from pairs import seconds

from grokking_phases.models._onednn_linear import linear

SIZE, REPEATS = 1024, 9


def matmul_rate(dtype: str) -> float:
    """Floating-point operations a second of a square product, float32 or float64, on the threads that are set.

    The best of several, by numpy, by torch or by oneDNN, whichever is fastest: no share is flattered.
    """
    A, B = np.random.default_rng(0).normal(size=(2, SIZE, SIZE)).astype(dtype)
    out = np.empty_like(A)
    tensors = [torch.from_numpy(matrix) for matrix in (A, B, out)]
    products = [lambda: np.matmul(A, B, out=out), lambda: torch.matmul(*tensors[:2], out=tensors[2])]
    if dtype == "float32":
        products.append(lambda: linear(*tensors[:2]))
    return 2 * SIZE**3 / min(seconds(product) for _ in range(REPEATS) for product in products)
