"""The linear regions of a ReLU network on a square, counted exactly, and by which mechanism they vanish.

Of a network with a two-dimensional input, of all of it; of another, of a square through three train samples, drawn once
by the seed (`regions`). Layer by layer: the regions by the layers up to that one. Between one snapshot and the next,
the regions that have vanished, by mechanism, and that were born (`mechanisms`).
"""

from collections.abc import Iterator

import numpy as np
import torch

from grokking_phases.mechanisms import Arrangement, Changes, arrangement, changes
from grokking_phases.regions import Partition, Slice, crossings, hidden_layers, partition

# What it calls of the network at each step, and why another has not got it.
NETWORK = ("points", "rectified")
REASON = "exact regions need a network that is linear but for ReLUs, and a GELU is curved"

# Options bounded from below, from above, or not.
LIMITS = {"together": (0, 0.5), "seed": (0, None)}


def compute(snapshots, *, together: float = 0.05, seed: int = 0) -> Iterator[dict]:
    """Rows {step, layer, metric, value} and, of examples, `units`, for each snapshot and hidden layer.

    `snapshots` yields snapshots (`step`, `network`) and has `inputs`, the train samples. The network gives `points` of
    these, (n, d), and its `rectified` linear maps.

    regions           of the partition by the layers up to this one
    boundaries        neurons of these layers whose boundary lies in the square
    regions_resolved  the same, composite boundaries taken for one (`together`: how near they must be, `mechanisms`)
    boundaries_resolved
    crossings         first layer alone: pairs of its lines that cross
    remainder         first layer alone: the change in regions less those in lines and in crossings, which must be 0
    disappearance, merging, alignment, born, unexplained
                      of the resolved regions, since the snapshot before: the first three make them fewer
    example_…         of each mechanism that was seen, the neurons (`units`, counted on from layer to layer) of the
                      boundaries that cut off most, and how much (`value`, of the square)
    """
    square = None
    before: dict[str, dict[str, float]] = {}
    seen: dict[str, Arrangement] = {}
    for snapshot in snapshots:
        if square is None:
            with torch.no_grad():
                points = snapshot.network.points(torch.from_numpy(snapshots.inputs)).double().cpu().numpy()
            square = Slice.of_samples(points, seed)
        found = partition(hidden_layers(snapshot.network), square)
        for depth, layer in enumerate(layer_names(snapshot.network)):
            now = resolved(found, depth, seen.get(layer), together)
            row = {"step": snapshot.step, "layer": layer}
            counts = counted(found, depth, now)
            if layer in seen:
                changed = changes(seen[layer], now)
                counts |= between(changed)
                if depth == 0:
                    counts["remainder"] = remainder(before[layer], counts)
                yield from (row | example for example in examples(changed, seen[layer]))
            yield from (row | {"metric": metric, "value": float(value)} for metric, value in counts.items())
            before[layer], seen[layer] = counts, now


def layer_names(network) -> list[str]:
    """Of the hidden layers, as `preactivations` names them."""
    with torch.no_grad():
        return list(network.preactivations(network.points(torch.zeros(1, 2, dtype=torch.int64))))


def resolved(found: Partition, depth: int, before: Arrangement | None, together: float) -> Arrangement:
    regions = found.by_layer[depth]
    patterns = np.array([np.concatenate(region.pattern) for region in regions])
    return arrangement(patterns, np.array([region.area for region in regions]), before, together)


def counted(found: Partition, depth: int, now: Arrangement) -> dict[str, float]:
    counts = {
        "regions": len(found.by_layer[depth]),
        "boundaries": len(now.joined),
        "regions_resolved": now.count(now.representatives),
        "boundaries_resolved": len(now.representatives),
    }
    if depth == 0:
        lines = [boundary for boundary in found.boundaries if boundary.layer == 0]
        counts["crossings"] = sum(1 for _ in crossings(lines))
    return counts


def between(changed: Changes) -> dict[str, float]:
    names = ("disappearance", "merging", "alignment", "born", "unexplained")
    return {name: getattr(changed, name) for name in names}


def remainder(before: dict[str, float], now: dict[str, float]) -> float:
    change = {name: now[name] - before[name] for name in ("regions", "boundaries", "crossings")}
    return change["regions"] - change["boundaries"] - change["crossings"]


def examples(changed: Changes, before: Arrangement) -> Iterator[dict]:
    """Of each mechanism, the boundaries of which the one that cuts off less cuts off most."""
    for name, groups in (
        ("disappearance", changed.disappeared),
        ("merging", changed.merged),
        ("alignment", changed.aligned),
    ):
        sizes = {group: min(map(before.cut_off, group)) for group in groups}
        if sizes:
            largest = max(sizes, key=lambda group: sizes[group])
            yield {"metric": f"example_{name}", "value": sizes[largest], "units": list(largest)}
