"""Random activations of 40 inputs, for benchmarks in which the network does not matter."""

import numpy as np

N_INPUTS = 40


def relu_layer(rng: np.random.Generator, n_samples: int, width: int) -> np.ndarray:
    """Return activations (n_samples, width), float32, of which half are 0."""
    return _rectified(rng, n_samples, width).astype(np.float32)


def mixed_layer(rng: np.random.Generator, n_samples: int, width: int) -> np.ndarray:
    """Return activations (n_samples, width), float32: sums of ReLUs, none of them tied at zero.

    There are more ReLUs than units, so that no unit is a linear combination of the others.
    """
    hidden = _rectified(rng, n_samples, max(500, 2 * width))
    return (hidden @ rng.normal(size=(hidden.shape[1], width))).astype(np.float32)


def _rectified(rng: np.random.Generator, n_samples: int, width: int) -> np.ndarray:
    return np.maximum(rng.normal(size=(n_samples, N_INPUTS)) @ rng.normal(size=(N_INPUTS, width)), 0)
