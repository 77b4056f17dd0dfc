"""a / b mod p for b = 1 … p - 1: the first task of the two-phase paper (section 3.1).

inverse = "exact"   c = a * b^-1. This needs a prime p, because otherwise some b has no inverse.
inverse = "fermat"  c = a * b^(p - 2), the inverse by Fermat's little theorem, which holds only for a prime p.
                    The paper's "division modulo 96" is this formula. It is not a division, but a task in
                    which b^94 takes ten values.
"""

from math import gcd
from typing import Literal

import numpy as np

from grokking_phases.arguments import check_limits
from grokking_phases.examples import Examples

LIMITS = {"p": (3, 1000)}  # at most a million examples


def make(*, p: int, inverse: Literal["exact", "fermat"] = "exact") -> Examples:
    """Return all p * (p - 1) pairs (a, b), b varying fastest."""
    check_limits(LIMITS, p=p)
    if inverse == "exact":
        for b in range(1, p):
            if gcd(b, p) > 1:
                raise ValueError(
                    f"p = {p}: {b} has no inverse modulo {p} (they share the factor {gcd(b, p)}); "
                    "take a prime p, or `inverse: fermat` for b^(p - 2) as the two-phase paper ran it"
                )
    exponent = -1 if inverse == "exact" else p - 2
    inverses = np.array([0] + [pow(b, exponent, p) for b in range(1, p)])
    a, b = np.divmod(np.arange(p * (p - 1)), p - 1)
    b += 1
    return Examples(np.stack([a, b], axis=1), a * inverses[b] % p, n_tokens=p, n_classes=p)
