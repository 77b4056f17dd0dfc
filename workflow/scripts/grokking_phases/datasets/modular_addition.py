"""(a + b) mod p for all pairs: the task of the emergence paper (section 3, p = 97)."""

import numpy as np

from grokking_phases.arguments import check_limits
from grokking_phases.examples import Examples

LIMITS = {"p": (2, 1000)}  # at most a million examples


def make(*, p: int) -> Examples:
    """Return all p * p pairs (a, b), b varying fastest."""
    check_limits(LIMITS, p=p)
    a, b = np.divmod(np.arange(p * p), p)
    return Examples(np.stack([a, b], axis=1), (a + b) % p, n_tokens=p, n_classes=p)
