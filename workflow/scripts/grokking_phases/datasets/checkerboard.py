"""The colours of a checkerboard at grid points: a task on the plane that shows a network's regions."""

import numpy as np

from grokking_phases.arguments import check_limits
from grokking_phases.examples import Examples

LIMITS = {"side": (2, 1000), "squares": (2, None)}  # at most a million examples


def make(*, side: int, squares: int = 4) -> Examples:
    """Return all side * side points, y varying fastest, on a board of squares * squares in two colours."""
    check_limits(LIMITS, side=side, squares=squares)
    if squares > side:
        raise ValueError(f"squares = {squares} is more than side = {side}; each square must hold a point")
    x, y = np.divmod(np.arange(side * side), side)
    return Examples(
        np.stack([x, y], axis=1), (x * squares // side + y * squares // side) % 2, side, n_classes=2
    )
