"""The colours of a checkerboard at the points of a grid: a task on the plane, where a network's regions can be seen."""

import numpy as np

from grokking_phases.examples import Examples

LIMITS = {"side": (None, 1000)}  # a million examples


def make(*, side: int, squares: int = 4) -> Examples:
    """All side * side points, x slow and y fast; a board of squares * squares, of two colours."""
    if not 1 < squares <= side:
        raise ValueError(f"squares = {squares}: from 2 to side = {side}, for each is to hold a point")
    x, y = np.divmod(np.arange(side * side), side)
    return Examples(np.stack([x, y], axis=1), (x * squares // side + y * squares // side) % 2, side, n_classes=2)
