"""Exact linear regions of a ReLU network on a square: polygons, and the neuron that draws each boundary.

A network of ReLUs is affine wherever the same neurons are active (two-phase paper, section 2.1, equation 3).
Take a two-dimensional slice of its input, x(u) = origin + u_1 axis_1 + u_2 axis_2. The pre-activations of the
first layer are affine in u, so each neuron's boundary is a straight line. It cuts every convex polygon that
it crosses in two. Within a polygon the next layer is affine again, and cuts it again. Layer by layer the
polygons remain convex, and together they tile the square.

Lines of the first layer in general position make 1 + lines + crossings regions.
"""

from dataclasses import dataclass

import numpy as np

from grokking_phases.regions.polygons import area, farthest, split
from grokking_phases.samples import take_samples

# In sides of the square. A boundary no farther than this from a corner passes through it; less is rounding.
ON = 1e-12


@dataclass(frozen=True)
class Slice:
    """A square in a plane of the input: x(u) = origin + u @ axes.

    u goes from `low` to `low` + `side` in both directions.
    """

    origin: np.ndarray  # (d,)
    axes: np.ndarray  # (2, d), orthonormal
    low: np.ndarray  # (2,)
    side: float

    @classmethod
    def of_plane(cls, low: tuple[float, float] | np.ndarray, side: float) -> "Slice":
        """Return a square of an input that has two dimensions itself."""
        return cls(np.zeros(2), np.eye(2), np.array(low, dtype=float), side)

    @classmethod
    def through(cls, samples: np.ndarray, margin: float = 0.25) -> "Slice":
        """Return a square with three samples (3, d) in its middle, and `margin` of their extent around them.

        Raise ValueError if the samples are not three, lie on a line, or are not finite.
        """
        samples, _ = take_samples(samples, names=("samples", ""))
        if len(samples) != 3 or samples.shape[1] < 2:
            what = f"a square goes through three samples (3, d) with d of 2 or more, not {samples.shape}"
            raise ValueError(f"samples: {what}; give others.")
        first, *others = samples
        axes, triangle = np.linalg.qr(np.transpose(others - first))
        if np.linalg.svd(triangle, compute_uv=False).min() <= ON * np.abs(triangle).max():
            raise ValueError(
                "samples: three samples on one line span no plane; choose others, or another seed."
            )
        places = (samples - first) @ axes
        middle = (places.max(axis=0) + places.min(axis=0)) / 2
        side = np.ptp(places, axis=0).max() * (1 + 2 * margin)
        return cls(first, axes.T, middle - side / 2, side)

    @classmethod
    def of_samples(cls, points: np.ndarray, seed: int) -> "Slice":
        """Return a square for samples (n, d).

        With d = 2 the square encloses all samples. Otherwise it goes through three of them, drawn by the
        seed. Raise ValueError for samples of one dimension, on one line, or at one point.
        """
        points, _ = take_samples(points, names=("points", ""))
        if points.shape[1] != 2:
            drawn = np.random.default_rng(seed).choice(len(points), min(3, len(points)), replace=False)
            return cls.through(points[drawn])
        if not (side := float(np.ptp(points, axis=0).max())):
            raise ValueError("all samples are one point, and a square needs samples around it; give others.")
        return cls.of_plane(points.min(axis=0), side)

    @property
    def corners(self) -> np.ndarray:
        """Return the corners (4, 2), counter-clockwise."""
        return self.low + self.side * np.array([[0, 0], [1, 0], [1, 1], [0, 1]])

    def at(self, u: np.ndarray) -> np.ndarray:
        """Return the points u (n, 2) in the input's space (n, d)."""
        return self.origin + u @ self.axes


@dataclass(frozen=True)
class Region:
    """A polygon in which the same neurons are active, and the next layer's pre-activations there."""

    polygon: np.ndarray  # (n_corners, 2), counter-clockwise
    pattern: tuple[np.ndarray, ...]  # active neurons of each layer so far, (width,) bool
    linear: np.ndarray  # (width, 2): the next pre-activations are linear @ u + constant
    constant: np.ndarray  # (width,)

    @property
    def area(self) -> float:
        return area(self.polygon)

    def values(self, points: np.ndarray) -> np.ndarray:
        """Return the next pre-activations (n_points, width) at points (n_points, 2)."""
        return points @ self.linear.T + self.constant


@dataclass(frozen=True)
class Boundary:
    """A piece of a neuron's boundary, within one region of the layers before."""

    layer: int
    neuron: int
    ends: np.ndarray  # (2, 2)


@dataclass(frozen=True)
class Partition:
    """A square's regions by the first layer, by the first two, ..., and the boundaries of each layer."""

    by_layer: list[list[Region]]
    boundaries: list[Boundary]

    @property
    def regions(self) -> list[Region]:
        return self.by_layer[-1]


def partition(layers: list[tuple[np.ndarray, np.ndarray]], square: Slice) -> Partition:
    """Return the partition of a square by hidden layers, each followed by a ReLU.

    layers: [(weight (width, inputs), bias (width,)), ...]. Raise ValueError for values that are not finite.
    """
    for depth, layer in enumerate(layers):
        if not all(np.isfinite(values).all() for values in layer):
            what = f"layers: weights or biases of layer {depth} are not finite, and cut nothing"
            raise ValueError(f"{what}; leave out this network.")
    weight, bias = layers[0]
    regions = [Region(square.corners, (), weight @ square.axes.T, weight @ square.origin + bias)]
    by_layer, boundaries = [], []
    for depth in range(len(layers)):
        cut = []
        for region in regions:
            polygons, found = divided(region, square.side)
            boundaries += [Boundary(depth, neuron, ends) for neuron, ends in found]
            cut += [within(region, polygon, layers[depth + 1 :]) for polygon in polygons]
        regions = cut
        by_layer.append(regions)
    return Partition(by_layer, boundaries)


def divided(region: Region, side: float) -> tuple[list[np.ndarray], list[tuple[int, np.ndarray]]]:
    """Return the polygons that the next layer cuts a region into, and the boundaries in it.

    A boundary is (neuron, ends): one for each neuron of the next layer that cuts the region, with both ends
    (2, 2).
    """
    polygons, found = [region.polygon], []
    slopes = np.linalg.norm(region.linear, axis=1)
    near = ON * side * np.maximum(slopes, np.finfo(float).tiny)
    values = region.values(region.polygon)
    for neuron in np.flatnonzero((values.max(axis=0) > near) & (values.min(axis=0) < -near)):
        pieces, ends = [], []
        for polygon in polygons:
            heights = polygon @ region.linear[neuron] + region.constant[neuron]
            if heights.max() <= near[neuron] or heights.min() >= -near[neuron]:
                pieces.append(polygon)
                continue
            below, above, chord = split(polygon, heights, near[neuron])
            pieces += [below, above]
            ends.append(chord)
        polygons = pieces
        if ends:
            found.append((int(neuron), farthest(np.concatenate(ends))))
    return polygons, found


def within(region: Region, polygon: np.ndarray, following: list[tuple[np.ndarray, np.ndarray]]) -> Region:
    """Return the part of a region in a polygon that the region's layer has cut.

    It comes with the layer after that one, if there is one.
    """
    active = region.values(polygon.mean(axis=0)[None])[0] > 0
    pattern = (*region.pattern, active)
    if not following:
        return Region(polygon, pattern, np.empty((0, 2)), np.empty(0))
    weight, bias = following[0]
    read = weight * active  # (next width, width)
    return Region(polygon, pattern, read @ region.linear, read @ region.constant + bias)
