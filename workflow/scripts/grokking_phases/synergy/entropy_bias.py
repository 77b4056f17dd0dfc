"""Bias of the entropy of n Gaussian variables, estimated from N samples, in nats:

    b(n) = 1/2 sum_{i=1..n} [psi((N - i) / 2) + ln 2 - ln(N - 1)]  < 0

(Misra, Singh & Demchuk 2005; used by Panzeri et al. 2007, doi:10.1152/jn.00559.2007, and Ince et al. 2017,
doi:10.1002/hbm.23471).
"""

import numpy as np
from scipy.special import digamma


def entropy_bias(n_variables: int, n_samples: int) -> np.ndarray:
    """Return b(0), ..., b(n_variables), the bias in nats of entropies estimated from `n_samples`."""
    # From n_samples variables on, the covariance is singular and its bias unused. 1 keeps digamma finite.
    freedom = np.maximum(n_samples - np.arange(1, n_variables + 1), 1)
    return np.concatenate([[0.0], np.cumsum(digamma(freedom / 2) + np.log(2 / (n_samples - 1))) / 2])
