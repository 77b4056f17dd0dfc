"""Linear regions of a ReLU network on a square, for drawing: their corners, the boundaries, and the weights.

The square is that of `linear_regions`, and the regions are those that `linear_regions` counts. The metric is
for small networks. Its rows call the last linear map `readout`.
"""

from collections.abc import Iterable, Iterator

import numpy as np

from grokking_phases.arguments import check_counts
from grokking_phases.data.module_hooks import chain
from grokking_phases.regions.partition import Partition, partition
from grokking_phases.regions.relu_chains import hidden_layers, is_finite, readout_of, square_of
from grokking_phases.threads import one_thread

# The metric reads the network of each step. The network must be linear apart from ReLUs: a GELU network
# has no linear regions.
NEEDS_NETWORK = True
NEEDS_PIECEWISE_LINEAR = True

LIMITS = {"seed": (0, None)}

MOST = 100  # neurons that can be drawn


@one_thread
def compute(snapshots, *, seed: int = 0) -> Iterator[dict]:
    """Yield rows {step, layer, metric, value, units} for each snapshot and hidden layer.

    `snapshots` is as in `linear_regions`.

    corner_1, corner_2  coordinates, in the plane of the square, of a region's corners, counter-clockwise. The
                        regions are those by the layers up to this one. `units`: the neurons that are active
                        in the region, numbered through all layers; no other region has the same
    end_1, end_2        coordinates of the two ends of a piece of a boundary. `units`: the neuron that draws
                        it, numbered through all layers
    weight              the weight from a neuron of the layer before to one of this layer, `readout` included.
                        `units`: both neurons, each numbered in its own layer
    n_undefined         1 where the network has weights that are not finite, else 0. Then the layer has no
                        other rows

    Raise ValueError for an option beyond its limits, a network that is not such a chain as in
    `linear_regions`, or too many neurons.
    """
    check_counts(LIMITS, seed=seed)
    return _rows(snapshots, seed)


def _rows(snapshots, seed: int) -> Iterator[dict]:
    square = None
    for snapshot in snapshots:
        modules = chain(snapshot.network)
        layers = hidden_layers(modules)
        check_few(sum(len(bias) for _, bias in layers.values()))
        finite = is_finite(modules)
        yield from (undefined(snapshot.step, layer, not finite) for layer in layers)
        if not finite:
            continue
        square = square or square_of(modules, snapshots.inputs, seed)
        found = partition(list(layers.values()), square)
        first = 0  # number of the layer's first neuron, counted through all layers
        for depth, (layer, (weight, bias)) in enumerate(layers.items()):
            row = {"step": snapshot.step, "layer": layer}
            yield from drawn(row, found, depth, first)
            yield from weighed(row, weight)
            first += len(bias)
        yield from weighed({"step": snapshot.step, "layer": "readout"}, readout_of(modules))


def undefined(step: int, layer: str, value: bool) -> dict:
    """Return the row that says whether a layer is undefined at a step."""
    return {"step": step, "layer": layer, "metric": "n_undefined", "value": float(value), "units": None}


def drawn(row: dict, found: Partition, depth: int, first: int) -> Iterator[dict]:
    """Yield rows of the regions and boundaries of the layer at `depth`; its first neuron is `first`."""
    for region in found.by_layer[depth]:
        active = np.flatnonzero(np.concatenate(region.pattern)).tolist()
        yield from placed(row, "corner", region.polygon, active)
    for boundary in found.boundaries:
        if boundary.layer == depth:
            yield from placed(row, "end", boundary.ends, [first + boundary.neuron])


def check_few(n_neurons: int) -> None:
    """Raise ValueError if the network has more neurons than can be drawn."""
    if n_neurons > MOST:
        raise ValueError(
            f"the network has {n_neurons} neurons, which make too many regions to draw (at most {MOST} "
            "neurons); measure linear_regions instead, which only counts the regions."
        )


def weighed(row: dict, weights: np.ndarray) -> Iterator[dict]:
    """Yield a row for each of the weights (n_neurons, n_sources) of a layer."""
    for (neuron, source), weight in np.ndenumerate(weights):
        yield row | {"metric": "weight", "value": float(weight), "units": [source, neuron]}


def placed(row: dict, name: str, points: Iterable[np.ndarray], units: list[int]) -> Iterator[dict]:
    """Yield a row `name`_1 and a row `name`_2 for the two coordinates of each point."""
    for point in points:
        for axis in (0, 1):
            yield row | {"metric": f"{name}_{axis + 1}", "value": float(point[axis]), "units": units}
