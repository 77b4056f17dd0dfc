"""The linear regions of a ReLU network on a square, counted exactly, and by which mechanism they vanish.

Of a network with a two-dimensional input, of all of it; of another, of a square through three train samples, drawn once
by the seed (`regions`). Layer by layer: the regions by the layers up to that one. Between one snapshot and the next,
the regions that have vanished, by mechanism, and that were born (`mechanisms`).
"""

from collections.abc import Iterator

import numpy as np
import torch
from torch import nn

from grokking_phases.regions.junctions import junctions
from grokking_phases.regions.mechanisms import Arrangement, Changes, changes, composites
from grokking_phases.regions.partition import Region, Slice, hidden_layers, partition

# What it calls of the network at each step, and why another has not got it.
NETWORK = ("points", "preactivations", "rectified")
REASON = "exact regions need a network that is linear but for ReLUs, and a GELU is curved"

# Options bounded from below, from above, or not.
LIMITS = {"together": (0, 0.2), "seed": (0, None)}
MECHANISMS = ("disappearance", "merging", "alignment", "born")


def compute(snapshots, *, together: float = 0.05, seed: int = 0) -> Iterator[dict]:
    """Rows {step, layer, metric, value} and, of examples, `units`, for each snapshot and hidden layer.

    `snapshots` yields snapshots (`step`, `network`) and has `inputs`, the train samples. The network gives `points` of
    these, (n, d), `preactivations` of points by layer, and its `rectified` linear maps.

    regions              of the partition by the layers up to this one
    boundaries           neurons of these layers whose boundary lies in the square
    arcs, crossings      of their boundaries: pieces from border to border, and points at which two cross
    closed               regions - 1 - arcs - crossings: groups of closed boundaries; in the first layer, whose
                         boundaries are lines, 0 wherever these are in general position (no three through a point)
    boundaries_resolved  the same, composite boundaries taken for one (`together`: how near they must be, `mechanisms`)
    regions_resolved     1 + arcs + crossings of these
    disappearance, merging, alignment, born
                         of the resolved regions, since the snapshot before: the first three make them fewer
    example_…            of each mechanism that was seen, the neurons (`units`, counted on from layer to layer) of the
                         boundaries that cut off most, and how much (`value`, of the square)

    Where weights are not finite `regions` is NaN and stands alone, and the next snapshot is compared with none.
    """
    square, seen = None, {}
    for snapshot in snapshots:
        square = square or square_of(snapshot.network, snapshots.inputs, seed)
        layers = hidden_layers(snapshot.network)
        finite = all(np.isfinite(values).all() for layer in layers for values in layer)
        cut = partition(layers, square).by_layer if finite else [[] for _ in layers]
        for layer, regions in zip(layer_names(snapshot.network, snapshots.inputs), cut, strict=True):
            row = {"step": snapshot.step, "layer": layer}
            before, seen[layer] = seen.get(layer), None
            if not finite:
                yield row | {"metric": "regions", "value": np.nan}
                continue
            now = seen[layer] = arrangement(regions, square, before, together)
            counts = counted(regions, now)
            if before:
                changed = changes(before, now)
                counts |= {name: getattr(changed, name) for name in MECHANISMS}
                yield from (row | example for example in examples(changed, before))
            yield from (row | {"metric": metric, "value": float(value)} for metric, value in counts.items())


@torch.no_grad()
def square_of(network: nn.Module, inputs: np.ndarray, seed: int) -> Slice:
    """The square that regions are counted on."""
    return Slice.of_samples(network.points(torch.from_numpy(inputs)).double().cpu().numpy(), seed)


@torch.no_grad()
def layer_names(network: nn.Module, inputs: np.ndarray) -> list[str]:
    """Of the hidden layers, as `preactivations` names them."""
    return list(network.preactivations(network.points(torch.from_numpy(inputs[:1]))))


def arrangement(regions: list[Region], square: Slice, before: Arrangement | None, together: float) -> Arrangement:
    patterns = np.array([np.concatenate(region.pattern) for region in regions])
    joined, cut_off = composites(patterns, np.array([region.area for region in regions]), before, together)
    met = junctions(regions, square)
    return Arrangement(met.at_border // 2, met.crossings, cut_off, joined)


def counted(regions: list[Region], now: Arrangement) -> dict[str, int]:
    arcs, crossings = int(now.arcs.sum()), int(now.crossings.sum()) // 2
    return {
        "regions": len(regions),
        "boundaries": len(now.joined),
        "arcs": arcs,
        "crossings": crossings,
        "closed": len(regions) - 1 - arcs - crossings,
        "boundaries_resolved": len(now.representatives),
        "regions_resolved": now.size(now.representatives),
    }


def examples(changed: Changes, before: Arrangement) -> Iterator[dict]:
    """Of each mechanism, the boundaries of which the one that cuts off less cuts off most."""
    for name, groups in (
        ("disappearance", changed.disappeared),
        ("merging", changed.merged),
        ("alignment", changed.aligned),
    ):
        sizes = {group: float(before.cut_off[list(group)].min()) for group in groups}
        if sizes:
            largest = max(sizes, key=lambda group: sizes[group])
            yield {"metric": f"example_{name}", "value": sizes[largest], "units": list(map(int, largest))}
