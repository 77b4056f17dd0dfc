"""The bias of O-information that is estimated from N samples of Gaussian variables, in nats.

The entropy of n variables is off by b(n) < 0 (`entropy_bias`), so that O-information is off by

    (n - 2) b(n) + n [b(1) - b(n - 1)]                        between n variables of one dimension
    (m - 2) b(n) + sum_j [b(n_j) - b(n - n_j)]                between m blocks of n_j variables, n in all

The first is -0.14 bits at n = 250, N = 3763. The correction takes this off; it corrects no selection, and the
extreme of many multiplets is biased for that reason too.
"""

import numpy as np

from grokking_phases.synergy.entropy_bias import entropy_bias
from grokking_phases.synergy.fast_o_information import combine_entropies
from grokking_phases.synergy.union_walk import subsets


def o_information_bias(n_variables: np.ndarray, n_samples: int) -> np.ndarray:
    """Bias in nats of the O-information between `n_variables` variables, estimated from `n_samples`."""
    n = np.asarray(n_variables)
    b = entropy_bias(n.max(), n_samples)
    return (n - 2) * b[n] + n * (b[1] - b[n - 1])


def block_bias(sizes: np.ndarray, n_samples: int) -> np.ndarray:
    """Bias in nats of the O-information between blocks of `sizes` (k,) variables, estimated from `n_samples`.

    One value for every union of two blocks or more, in the order of `block_o_information`.
    """
    n_variables = subsets(len(sizes)) @ np.asarray(sizes)
    return combine_entropies(entropy_bias(n_variables[-1], n_samples)[n_variables])
