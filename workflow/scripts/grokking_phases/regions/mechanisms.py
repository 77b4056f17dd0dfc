"""Counts of how linear regions vanish, by the three mechanisms of the two-phase paper (section 4.1).

The boundaries of neurons, straight or bent, cut a square into

    regions = 1 + arcs + crossings + closed

(Euler's formula for the plane). `arcs` are the pieces of boundaries from border to border. `crossings` are
the points at which two boundaries cross. `closed` are the groups of closed boundaries that nothing joins to
the border; straight lines have none.

The neurons of one snapshot are compared with the same neurons of the next. The paper draws each mechanism for
two lines. Here each mechanism is counted by what it removes from this sum:

    disappearance   A boundary, or an arc of it, has left the square. This removes its arcs, and its crossings
                    too if the whole boundary has left.
    merging         A boundary has joined another: the area where the two differ is at most `together` of the
                    smaller side that either cuts off. It leaves again at twice that, so that it does not
                    flicker. One neuron of such a composite, its representative, is counted. This removes the
                    arcs and crossings of the boundary that joined.
    alignment       Two boundaries no longer cross, or cross at fewer points. This removes a region for each
                    crossing.
    born            The reverse: boundaries have entered the square or left a composite, and crossings have
                    appeared.

The mechanisms are counted in this order, on representatives. None of them includes the change in `closed`,
which remains unexplained.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

APART = 2  # a boundary leaves a composite at so many times the distance at which it joined


@dataclass(frozen=True)
class Arrangement:
    """The boundaries of n neurons in a square."""

    arcs: np.ndarray  # (n,) numbers of pieces from border to border
    crossings: np.ndarray  # (n, n) numbers of points, symmetric, 0 on the diagonal
    cut_off: np.ndarray  # (n,) smaller side of each boundary, as a share of the square; 0 if it is not in it
    joined: dict[int, int]  # from each neuron whose boundary is in the square to its representative

    @cached_property
    def representatives(self) -> list[int]:
        """Return the neurons that stand for their composites, ascending."""
        return sorted(set(self.joined.values()))

    def members(self, representative: int) -> list[int]:
        """Return the neurons of a representative's composite, the representative first."""
        others = [neuron for neuron, standing in self.joined.items() if standing == representative != neuron]
        return [representative, *sorted(others)]

    def size(self, neurons: list[int]) -> int:
        """Return 1 + arcs + crossings of these neurons' boundaries.

        This is the number of regions, if no boundary is closed.
        """
        return 1 + int(self.arcs[neurons].sum() + self.crossings[np.ix_(neurons, neurons)].sum() // 2)


def composites(
    patterns: np.ndarray, areas: np.ndarray, before: Arrangement | None, together: float
) -> tuple[dict[int, int], np.ndarray]:
    """Return `joined` and `cut_off` of an arrangement.

    patterns: (n_regions, n_neurons) bool. areas: (n_regions,). With `together` = 0.05, two lines through the
    middle join if they are within a fortieth of the square.

    The representative of a composite in `before` stays its representative. If its boundary has left the
    square, the lowest member takes its place. A new composite has its lowest neuron as representative.
    """
    weighed = patterns * (areas / areas.sum())[:, None]
    active = weighed.sum(axis=0)  # share of the square in which each neuron is active
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
    """Return {representative before: its composite's representative now}.

    Only composites that are still in the square are included. crossing: the neurons whose boundary is in the
    square.
    """
    there = {old: [n for n in before.members(old) if n in crossing] for old in before.representatives}
    return {old: members[0] for old, members in there.items() if members}


@dataclass(frozen=True)
class Changes:
    """Changes between two arrangements: numbers of regions, and the neurons whose boundaries changed."""

    disappearance: int
    merging: int
    alignment: int
    born: int
    disappeared: list[tuple[int]]
    merged: list[tuple[int, int]]  # (neuron, representative that now stands for it)
    aligned: list[tuple[int, int]]


def changes(before: Arrangement, after: Arrangement) -> Changes:
    """Return the changes from one arrangement to the next.

    born - disappearance - merging - alignment is the change in `size` of the representatives.
    """
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
