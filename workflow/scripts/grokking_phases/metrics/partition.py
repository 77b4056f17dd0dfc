"""The linear regions of a ReLU network on a square themselves, for drawing: their corners, boundaries and weights.

On the square of `linear_regions`; what it counts can be counted here.
"""

from collections.abc import Iterable, Iterator

import numpy as np
import torch

from grokking_phases.metrics.linear_regions import layer_names
from grokking_phases.regions import Slice, hidden_layers, partition

# What it calls of the network at each step, and why another has not got it.
NETWORK = ("points", "rectified")
REASON = "exact regions need a network that is linear but for ReLUs, and a GELU is curved"

# Options bounded from below, from above, or not.
LIMITS = {"seed": (0, None)}


def compute(snapshots, *, seed: int = 0) -> Iterator[dict]:
    """Rows {step, layer, metric, value, units} for each snapshot and hidden layer; `snapshots` as in `linear_regions`.

    corner_1, corner_2  the coordinates in the square's plane of a region's corners, counter-clockwise, of the partition
                        by the layers up to this one; `units`: the neurons that are active in it, which no other region
                        has, layer after layer counted on
    end_1, end_2        those of the two ends of a piece of a boundary; `units`: the neuron that draws it, so counted
    weight              between a neuron of the layer before and one of this layer, `readout` included; `units`: both,
                        each in its own layer
    """
    square = None
    for snapshot in snapshots:
        if square is None:
            with torch.no_grad():
                points = snapshot.network.points(torch.from_numpy(snapshots.inputs)).double().cpu().numpy()
            square = Slice.of_samples(points, seed)
        layers = hidden_layers(snapshot.network)
        found = partition(layers, square)
        first = 0  # neuron of the layer, counted on
        for depth, layer in enumerate(layer_names(snapshot.network)):
            row = {"step": snapshot.step, "layer": layer}
            for region in found.by_layer[depth]:
                active = np.flatnonzero(np.concatenate(region.pattern)).tolist()
                yield from placed(row, "corner", region.polygon, active)
            for boundary in found.boundaries:
                if boundary.layer == depth:
                    yield from placed(row, "end", boundary.ends, [first + boundary.neuron])
            yield from weighed(row, layers[depth][0])
            first += len(layers[depth][0])
        yield from weighed(
            {"step": snapshot.step, "layer": "readout"}, snapshot.network.readout.weight.detach().numpy()
        )


def weighed(row: dict, weights: np.ndarray) -> Iterator[dict]:
    for (neuron, source), weight in np.ndenumerate(weights):
        yield row | {"metric": "weight", "value": float(weight), "units": [source, neuron]}


def placed(row: dict, name: str, points: Iterable[np.ndarray], units: list[int]) -> Iterator[dict]:
    for point in points:
        for axis in (0, 1):
            yield row | {"metric": f"{name}_{axis + 1}", "value": float(point[axis]), "units": units}
