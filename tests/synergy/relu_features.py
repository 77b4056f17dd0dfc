"""Made-up activations such as a ReLU layer has, for tests of synergy."""

import numpy as np


def relu_features(rng, n_samples=400, width=60):
    """Random ReLU features of a few inputs: half zeros, and the last tenth nearly copies of the first."""
    X = np.maximum(rng.normal(size=(n_samples, 12)) @ rng.normal(size=(12, width)), 0)
    n_near = width // 10
    X[:, -n_near:] = X[:, :n_near] * 1.5 + 1e-4 * rng.normal(size=(n_samples, n_near))
    return X.astype(np.float32)
