"""Bias of the O-information of Gaussian variables, estimated from N samples, in nats.

The entropy of n variables is off by b(n) < 0 (`entropy_bias`). So the O-information is off by

    (n - 2) b(n) + n [b(1) - b(n - 1)]                        between n variables of one dimension
    (m - 2) b(n) + sum_j [b(n_j) - b(n - n_j)]                between m blocks of n_j variables, n in all

The first is -0.14 bits at n = 250, N = 3763. The correction subtracts this bias. It does not correct for
selection, which biases the extreme of many multiplets too.
"""

import numpy as np

from grokking_phases.synergy.entropy_bias import entropy_bias
from grokking_phases.synergy.fast_o_information import combine_entropies
from grokking_phases.synergy.union_walk import subsets


def o_information_bias(n_variables: np.ndarray, n_samples: int) -> np.ndarray:
    """Return the bias in nats of O-information between `n_variables` variables, from `n_samples` samples."""
    n = np.asarray(n_variables)
    b = entropy_bias(n.max(), n_samples)
    return (n - 2) * b[n] + n * (b[1] - b[n - 1])


def block_bias(sizes: np.ndarray, n_samples: int) -> np.ndarray:
    """Return the bias in nats of O-information between blocks of variables, estimated from `n_samples`.

    sizes: the number of variables in each block (k,). There is one value for every union of two blocks or
    more, in the order of `block_o_information`.
    """
    n_variables = subsets(len(sizes)) @ np.asarray(sizes)
    return combine_entropies(entropy_bias(n_variables[-1], n_samples)[n_variables])
