"""How the linear regions of a network become fewer: the two-phase paper's three mechanisms (section 4.1), counted.

Boundaries of neurons, straight or bent, cut a square into

    regions = 1 + arcs + crossings + closed

with `arcs` the pieces of boundaries from border to border, `crossings` the points at which two boundaries cross, and
`closed` the groups of closed boundaries that nothing joins to the border (Euler's formula for the plane). Of straight
lines, none is closed. The neurons of two snapshots are held against each other; what the paper draws for two lines
takes from these sums

    disappearance   a boundary that has left the square, or an arc of it: its arcs, and its crossings if all has left
    merging         a boundary that has joined another's: where they differ is at most `together` of the smaller side
                    that either cuts off (and it leaves again at twice that, lest it flicker). Of such a composite one
                    neuron, its representative, is counted; the arcs and crossings of the one that joined are lost
    alignment       two boundaries that cross no longer, or at fewer points: a region for each crossing
    born            the same backwards: boundaries that have entered the square or left a composite, and crossings

They are counted in this order, on representatives. `closed`, the change of which is in none of them, is what remains
unexplained.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

APART = 2  # times as far, a boundary leaves a composite


@dataclass(frozen=True)
class Arrangement:
    """The boundaries of n neurons in a square."""

    arcs: np.ndarray  # (n,) from border to border
    crossings: np.ndarray  # (n, n) points, symmetric, 0 on the diagonal
    cut_off: np.ndarray  # (n,) of the square, the smaller side of each boundary; 0: it is not in the square
    joined: dict[
        int, int
    ]  # neuron -> representative of its boundary, of every neuron whose boundary is in the square

    @cached_property
    def representatives(self) -> list[int]:
        return sorted(set(self.joined.values()))

    def members(self, representative: int) -> list[int]:
        """The neurons of its composite, itself first."""
        others = [neuron for neuron, standing in self.joined.items() if standing == representative != neuron]
        return [representative, *sorted(others)]

    def size(self, neurons: list[int]) -> int:
        """1 + arcs + crossings of these neurons' boundaries: regions, but for closed ones."""
        return 1 + int(self.arcs[neurons].sum() + self.crossings[np.ix_(neurons, neurons)].sum() // 2)


def composites(
    patterns: np.ndarray, areas: np.ndarray, before: Arrangement | None, together: float
) -> tuple[dict[int, int], np.ndarray]:
    """`joined` and `cut_off` of an arrangement; patterns (n_regions, n_neurons) bool, areas (n_regions,).

    At 0.05 `together`, two lines through the middle are within a fortieth of the square.

    Who stood for a composite before stands for it still or, gone from the square, its lowest member; else the lowest
    neuron.
    """
    weighed = patterns * (areas / areas.sum())[:, None]
    active = weighed.sum(axis=0)  # area where a neuron is
    differ = active[:, None] + active - 2 * weighed.T @ patterns
    smaller = np.minimum(active, 1 - active)
    smaller[(patterns.all(axis=0)) | ~patterns.any(axis=0)] = 0
    apart = np.minimum(differ, 1 - differ) / np.maximum(
        np.minimum(smaller[:, None], smaller), np.finfo(float).tiny
    )
    crossing = [int(neuron) for neuron in np.flatnonzero(smaller)]
    standing = successors(before, set(crossing)) if before else {}
    order = [*sorted(standing.values()), *(neuron for neuron in crossing if neuron not in standing.values())]
    joined: dict[int, int] = {}
    for neuron in order:
        chosen = sorted(set(joined.values()))
        near = [other for other in chosen if apart[neuron, other] <= together]
        stays = standing.get(before.joined.get(neuron)) if before else None
        if stays in chosen and stays != neuron and apart[neuron, stays] <= APART * together:
            near = [stays]
        joined[neuron] = near[0] if near else neuron
    return dict(sorted(joined.items())), smaller


def successors(before: Arrangement, crossing: set[int]) -> dict[int, int]:
    """{representative before: who stands for its composite now}, of the composites still in the square."""
    there = {old: [n for n in before.members(old) if n in crossing] for old in before.representatives}
    return {old: members[0] for old, members in there.items() if members}


@dataclass(frozen=True)
class Changes:
    """Between two arrangements; numbers of regions, and the neurons of which boundaries have done what."""

    disappearance: int
    merging: int
    alignment: int
    born: int
    disappeared: list[tuple[int]]
    merged: list[tuple[int, int]]  # with the representative that now stands for it
    aligned: list[tuple[int, int]]


def changes(before: Arrangement, after: Arrangement) -> Changes:
    """What became of the regions; born - disappearance - merging - alignment is the change in `size`."""
    standing = successors(before, set(after.joined))
    disappeared = [old for old in before.representatives if old not in standing]
    merged = [old for old, new in standing.items() if after.joined[new] != new]
    kept = [old for old in standing if old not in merged]
    now = [standing[old] for old in kept]
    still_there = before.size([*kept, *merged])
    lost_arcs = before.arcs[kept] - after.arcs[now]
    lost = np.triu(before.crossings[np.ix_(kept, kept)] - after.crossings[np.ix_(now, now)])
    return Changes(
        disappearance=before.size(before.representatives) - still_there + int(lost_arcs.clip(min=0).sum()),
        merging=still_there - before.size(kept),
        alignment=int(lost.clip(min=0).sum()),
        born=after.size(after.representatives)
        - after.size(now)
        - int(np.minimum(lost_arcs, 0).sum() + lost.clip(max=0).sum()),
        disappeared=[(old,) for old in disappeared],
        merged=[(old, after.joined[standing[old]]) for old in merged],
        aligned=[(kept[i], kept[j]) for i, j in np.argwhere(lost > 0)],
    )
