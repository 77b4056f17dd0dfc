"""Polygons in the plane, as corners (n, 2), counter-clockwise."""

import numpy as np


def area(polygon: np.ndarray) -> float:
    """Return the area of a polygon."""
    x, y = polygon.T
    return 0.5 * float(x @ np.roll(y, -1) - y @ np.roll(x, -1))


def split(polygon: np.ndarray, heights: np.ndarray, near: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the parts of a convex polygon below and above height 0, and the two ends of the cut.

    heights: (n,) of the corners. A corner within `near` of height 0 lies on the cut.
    """
    below, above, cut = [], [], []
    for i, (corner, height) in enumerate(zip(polygon, heights, strict=True)):
        following, then = polygon[(i + 1) % len(polygon)], heights[(i + 1) % len(polygon)]
        on = abs(height) <= near
        if height <= near:
            below.append(corner)
        if height >= -near:
            above.append(corner)
        if on:
            cut.append(corner)
        elif abs(then) > near and (height > 0) != (then > 0):
            crossing = corner + (following - corner) * (height / (height - then))
            below.append(crossing)
            above.append(crossing)
            cut.append(crossing)
    return np.array(below), np.array(above), np.array(cut)


def farthest(points: np.ndarray) -> np.ndarray:
    """Return the two ends (2, 2) of collinear points."""
    along = points @ (points[np.argmax(np.abs(points - points[0]).sum(axis=1))] - points[0])
    return points[[np.argmin(along), np.argmax(along)]]
