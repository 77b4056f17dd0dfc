"""The products of the permutation group S_n: the second task of the two-phase paper (section 3.1, n = 5)."""

from itertools import permutations

import numpy as np

from grokking_phases.arguments import check_limits
from grokking_phases.examples import Examples

LIMITS = {"n": (2, 6)}  # (n!)^2 products


def make(*, n: int) -> Examples:
    """Return all (n!)^2 products c = a o b with c[i] = a[b[i]], b varying fastest.

    The permutations are numbered in lexicographic order.
    """
    check_limits(LIMITS, n=n)
    elements = np.array(list(permutations(range(n))))  # (n!, n)
    order = len(elements)
    a, b = np.divmod(np.arange(order * order), order)
    products = np.take_along_axis(elements[a], elements[b], axis=1)
    # Read as digits in base n, permutations in lexicographic order are ascending numbers.
    place_values = n ** np.arange(n)[::-1]
    targets = np.searchsorted(elements @ place_values, products @ place_values)
    return Examples(np.stack([a, b], axis=1), targets, n_tokens=order, n_classes=order)
