"""The linear regions of a ReLU network on a square themselves, for drawing: their corners, boundaries and weights.

On the square of `linear_regions`; what it counts can be counted here. For small networks; the last linear map is named
`readout`.
"""

from collections.abc import Iterable, Iterator

import numpy as np

from grokking_phases.arguments import check_limits
from grokking_phases.data.module_hooks import chain
from grokking_phases.regions.partition import Partition, partition
from grokking_phases.regions.relu_chains import hidden_layers, readout_of, square_of
from grokking_phases.threads import one_thread

# It reads the network of each step, which must be linear but for ReLUs: regions of a curved GELU are not exact.
NEEDS_NETWORK = True
NEEDS_PIECEWISE_LINEAR = True

# Options bounded from below, from above, or not.
LIMITS = {"seed": (0, None)}

MOST = 100  # neurons


@one_thread
def compute(snapshots, *, seed: int = 0) -> Iterator[dict]:
    """Rows {step, layer, metric, value, units} for each snapshot and hidden layer; `snapshots` as in `linear_regions`.

    corner_1, corner_2  the coordinates in the square's plane of a region's corners, counter-clockwise, of the partition
                        by the layers up to this one; `units`: the neurons that are active in it, which no other region
                        has, layer after layer counted on
    end_1, end_2        those of the two ends of a piece of a boundary; `units`: the neuron that draws it, so counted
    weight              between a neuron of the layer before and one of this layer, `readout` included; `units`: both,
                        each in its own layer

    ValueError: an option beyond its limits, another network, or too many neurons.
    """
    check_limits(LIMITS, seed=seed)
    return _rows(snapshots, seed)


def _rows(snapshots, seed: int) -> Iterator[dict]:
    square = None
    for snapshot in snapshots:
        modules = chain(snapshot.network)
        layers = hidden_layers(modules)
        check_few(sum(len(bias) for _, bias in layers.values()))
        square = square or square_of(modules, snapshots.inputs, seed)
        found = partition(list(layers.values()), square)
        first = 0  # neuron of the layer, counted on
        for depth, (layer, (weight, bias)) in enumerate(layers.items()):
            row = {"step": snapshot.step, "layer": layer}
            yield from drawn(row, found, depth, first)
            yield from weighed(row, weight)
            first += len(bias)
        yield from weighed({"step": snapshot.step, "layer": "readout"}, readout_of(modules))


def drawn(row: dict, found: Partition, depth: int, first: int) -> Iterator[dict]:
    """Yield the regions and boundaries of the layer at `depth`, whose neurons count from `first` on."""
    for region in found.by_layer[depth]:
        active = np.flatnonzero(np.concatenate(region.pattern)).tolist()
        yield from placed(row, "corner", region.polygon, active)
    for boundary in found.boundaries:
        if boundary.layer == depth:
            yield from placed(row, "end", boundary.ends, [first + boundary.neuron])


def check_few(n_neurons: int) -> None:
    if n_neurons > MOST:
        raise ValueError(
            f"{n_neurons} neurons make more regions than can be drawn, or kept; {MOST} is the most. The metric "
            "linear_regions counts them."
        )


def weighed(row: dict, weights: np.ndarray) -> Iterator[dict]:
    for (neuron, source), weight in np.ndenumerate(weights):
        yield row | {"metric": "weight", "value": float(weight), "units": [source, neuron]}


def placed(row: dict, name: str, points: Iterable[np.ndarray], units: list[int]) -> Iterator[dict]:
    for point in points:
        for axis in (0, 1):
            yield row | {"metric": f"{name}_{axis + 1}", "value": float(point[axis]), "units": units}
