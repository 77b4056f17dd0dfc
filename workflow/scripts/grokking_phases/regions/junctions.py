"""Points where the boundaries of neurons meet, read off the corners of the regions between the boundaries.

With these points, Euler's formula counts the regions a second time (`mechanisms`).
"""

from dataclasses import dataclass

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import KDTree

from grokking_phases.regions.partition import Region, Slice

# Two corners no farther apart than this, in sides of the square, are one point. Some of 20,000 crossings in a
# square are within 1e-8 of another, and must stay points of their own.
SAME = 1e-11


@dataclass(frozen=True)
class Junctions:
    """How often the boundaries of n neurons meet each other, and the border of the square."""

    crossings: np.ndarray  # (n, n) numbers of points, symmetric, 0 on the diagonal
    at_border: np.ndarray  # (n,) numbers of points


def junctions(regions: list[Region], square: Slice) -> Junctions:
    """Return the junctions of the boundaries, read off the regions' corners.

    The regions around a point differ in exactly those neurons whose boundaries go through it.
    """
    patterns = np.array([np.concatenate(region.pattern) for region in regions])
    corners = np.concatenate([region.polygon for region in regions])
    owner = np.repeat(np.arange(len(regions)), [len(region.polygon) for region in regions])
    near = KDTree(corners).query_pairs(SAME * square.side, output_type="ndarray")
    links = coo_array((np.ones(len(near)), near.T), shape=(len(corners), len(corners)))
    _, place = connected_components(links, directed=False)
    order = np.argsort(place, kind="stable")
    starts = np.flatnonzero(np.diff(place[order], prepend=-1))
    around = patterns[owner[order]]
    # (n_places, n_neurons)
    through = np.logical_or.reduceat(around, starts) & ~np.logical_and.reduceat(around, starts)
    from_border = np.minimum(corners - square.low, square.low + square.side - corners).min(axis=1)[
        order[starts]
    ]
    border = from_border <= SAME * square.side
    inside = through[~border].astype(np.float32)
    met = np.rint(inside.T @ inside).astype(int)
    np.fill_diagonal(met, 0)
    return Junctions(met, through[border].sum(axis=0))
