"""Activations to be measured, where it does not matter of which network: random, of 40 inputs."""

import numpy as np

N_INPUTS = 40


def relu_layer(rng: np.random.Generator, n_samples: int, width: int) -> np.ndarray:
    """(n_samples x width), float32, half of it 0."""
    return _rectified(rng, n_samples, width).astype(np.float32)


def mixed_layer(rng: np.random.Generator, n_samples: int, width: int) -> np.ndarray:
    """(n_samples x width), float32: sums of ReLUs, none tied at zero; of so many that no unit follows from others."""
    hidden = _rectified(rng, n_samples, max(500, 2 * width))
    return (hidden @ rng.normal(size=(hidden.shape[1], width))).astype(np.float32)


def _rectified(rng: np.random.Generator, n_samples: int, width: int) -> np.ndarray:
    return np.maximum(rng.normal(size=(n_samples, N_INPUTS)) @ rng.normal(size=(N_INPUTS, width)), 0)
