"""How the linear regions of a network become fewer: the two-phase paper's three mechanisms (section 4.1), counted.

The paper draws them for two lines. Here all neurons of two snapshots are held against each other. Regions are told
apart by their patterns: which neurons are active there.

    disappearance   a neuron's boundary has left the square: the regions that were told apart by this neuron alone
    merging         a neuron's boundary has joined another's: where they differ is at most `together` of the smaller
                    side that either cuts off. Of such a composite boundary one neuron, its representative, is counted.
                    The regions that were told apart by those that have joined alone
    alignment       two neurons' boundaries no longer cross: of the four ways in which both can be on or off, fewer than
                    four are left. One region for each such pair
    born            the same backwards: boundaries that have entered the square or left a composite, and pairs that have
                    come to cross

They are counted in this order, on representatives, and what they leave is unexplained:

    regions after - regions before = born - disappearance - merging - alignment + unexplained

Of the first layer, whose boundaries are straight lines in general position, nothing is left. A boundary of a later
layer is bent: it can cross another twice, close on itself, or lie in pieces, each of which makes another number of
regions.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

TOGETHER = 0.05  # of the smaller side: two lines through the middle are then within a fortieth of the square


@dataclass(frozen=True)
class Arrangement:
    """Regions of a square by the neurons whose boundaries make them."""

    patterns: np.ndarray  # (n_regions, n_neurons) bool: active there; all different
    areas: np.ndarray  # (n_regions,), which add up to 1
    joined: dict[int, int]  # neuron -> representative of its boundary, of every neuron whose boundary is in the square

    @cached_property
    def representatives(self) -> list[int]:
        return sorted(set(self.joined.values()))

    def count(self, neurons: list[int]) -> int:
        """The regions that these neurons alone tell apart."""
        return len(np.unique(np.packbits(self.patterns[:, neurons], axis=1), axis=0))

    def crossing(self, neurons: list[int]) -> np.ndarray:
        """(n, n) bool, of each two of the neurons: whether all four ways in which both can be on or off are there."""
        on = self.patterns[:, neurons].astype(np.float32)
        off = 1 - on
        return (on.T @ on > 0) & (on.T @ off > 0) & (off.T @ on > 0) & (off.T @ off > 0)

    def cut_off(self, neuron: int) -> float:
        """The area of the smaller side of its boundary."""
        active = float(self.areas @ self.patterns[:, neuron])
        return min(active, 1 - active)


def arrangement(
    patterns: np.ndarray, areas: np.ndarray, before: Arrangement | None = None, together: float = TOGETHER
) -> Arrangement:
    """With composite boundaries found: who stood for one before stands for it still, else the lowest neuron."""
    active, areas = patterns.sum(axis=0), areas / areas.sum()
    crossing = [int(neuron) for neuron in np.flatnonzero((active > 0) & (active < len(patterns)))]
    states = patterns[:, crossing].astype(float)
    weighed = states * areas[:, None]
    both, alone = weighed.T @ states, weighed.sum(axis=0)
    differ = alone[:, None] + alone - 2 * both  # area where one of two neurons is active and the other is not
    smaller = np.minimum(alone, 1 - alone)
    near = np.minimum(differ, 1 - differ) <= together * np.minimum(smaller[:, None], smaller)
    first = set(before.representatives) if before else set()
    chosen: list[int] = []
    joined = {}
    for i in sorted(range(len(crossing)), key=lambda i: (crossing[i] not in first, i)):
        found = next((j for j in chosen if near[i, j]), None)
        if found is None:
            chosen.append(i)
        joined[crossing[i]] = crossing[i if found is None else found]
    return Arrangement(patterns, areas, joined)


@dataclass(frozen=True)
class Changes:
    """Between two arrangements; numbers of regions, and the neurons of which boundaries have done what."""

    disappearance: int
    merging: int
    alignment: int
    born: int
    unexplained: int  # more regions (or, below 0, fewer) than these make
    disappeared: list[tuple[int]]
    merged: list[tuple[int, int]]  # with the representative that now stands for it
    aligned: list[tuple[int, int]]


def changes(before: Arrangement, after: Arrangement) -> Changes:
    """What became of the regions."""
    disappeared = [n for n in before.representatives if n not in after.joined]
    merged = [n for n in before.representatives if after.joined.get(n, n) != n]
    kept = [n for n in before.representatives if after.joined.get(n) == n]
    still_there = before.count([*kept, *merged])
    crossed_before, crossed_after = before.crossing(kept), after.crossing(kept)
    uncrossed = np.argwhere(np.triu(crossed_before & ~crossed_after, 1))
    n_crossed = int(np.triu(crossed_after & ~crossed_before, 1).sum())
    old, new = before.count(kept), after.count(kept)
    return Changes(
        disappearance=before.count(before.representatives) - still_there,
        merging=still_there - old,
        alignment=len(uncrossed),
        born=after.count(after.representatives) - new + n_crossed,
        unexplained=new - old - n_crossed + len(uncrossed),
        disappeared=[(n,) for n in disappeared],
        merged=[(n, after.joined[n]) for n in merged],
        aligned=[(kept[i], kept[j]) for i, j in uncrossed],
    )
