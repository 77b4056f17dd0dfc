"""The multiplication table of the permutation group S_n: the two-phase paper's second task (section 3.1, n = 5)."""

from itertools import permutations

import numpy as np

from grokking_phases.arguments import check_limits
from grokking_phases.examples import Examples

LIMITS = {"n": (2, 6)}  # (n!)^2 products


def make(*, n: int) -> Examples:
    """Return all (n!)^2 products c = a o b, c[i] = a[b[i]], a slow and b fast; permutations in lexicographic order."""
    check_limits(LIMITS, n=n)
    elements = np.array(list(permutations(range(n))))  # (n!, n)
    order = len(elements)
    a, b = np.divmod(np.arange(order * order), order)
    products = np.take_along_axis(elements[a], elements[b], axis=1)
    place_values = (
        n ** np.arange(n)[::-1]
    )  # a permutation's number in base n: ascending in lexicographic order
    targets = np.searchsorted(elements @ place_values, products @ place_values)
    return Examples(np.stack([a, b], axis=1), targets, n_tokens=order, n_classes=order)
