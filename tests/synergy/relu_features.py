"""Made-up activations like those of a ReLU layer, for tests of synergy."""

import numpy as np


def relu_features(rng, n_samples=400, width=60):
    """Return random ReLU features (n_samples x width) of a few inputs.

    Half of the values are zeros, and the last tenth of the features are nearly copies of the first.
    """
    X = np.maximum(rng.normal(size=(n_samples, 12)) @ rng.normal(size=(12, width)), 0)
    n_near = width // 10
    X[:, -n_near:] = X[:, :n_near] * 1.5 + 1e-4 * rng.normal(size=(n_samples, n_near))
    return X.astype(np.float32)
