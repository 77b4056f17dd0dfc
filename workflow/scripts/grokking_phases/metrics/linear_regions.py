"""The linear regions of a ReLU network on a square, counted exactly, and by which mechanism they vanish.

Of a network with a two-dimensional input, of all of it; of another, of a square through three train samples, drawn once
by the seed (`regions`). Layer by layer: the regions by the layers up to that one. Between one snapshot and the next,
the regions that have vanished, by mechanism, and that were born (`mechanisms`).
"""

from collections.abc import Iterator

import numpy as np

from grokking_phases.arguments import check_limits
from grokking_phases.data.module_hooks import chain
from grokking_phases.regions.junctions import junctions
from grokking_phases.regions.mechanisms import Arrangement, Changes, changes, composites
from grokking_phases.regions.partition import Region, Slice, partition
from grokking_phases.regions.relu_chains import hidden_layers, square_of
from grokking_phases.threads import one_thread

# It reads the network of each step, which must be linear but for ReLUs: regions of a curved GELU are not exact.
NEEDS_NETWORK = True
NEEDS_PIECEWISE_LINEAR = True

# Options bounded from below, from above, or not.
LIMITS = {"together": (0, 0.2), "seed": (0, None)}
MECHANISMS = ("disappearance", "merging", "alignment", "born")


@one_thread
def compute(snapshots, *, together: float = 0.05, seed: int = 0) -> Iterator[dict]:
    """Rows {step, layer, metric, value} and, of examples, `units`, for each snapshot and hidden layer.

    `snapshots` yields snapshots (`step`, `network`) and has `inputs`, the train samples. The network is a chain of an
    embedding, then Linear and ReLU in turn; a hidden layer is named after its ReLU.

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

    ValueError: an option beyond its limits, or another network.
    """
    check_limits(LIMITS, together=together, seed=seed)
    return _rows(snapshots, together, seed)


def _rows(snapshots, together: float, seed: int) -> Iterator[dict]:
    square, seen = None, {}
    for snapshot in snapshots:
        modules = chain(snapshot.network)
        layers = hidden_layers(modules)
        square = square or square_of(modules, snapshots.inputs, seed)
        finite = all(np.isfinite(values).all() for layer in layers.values() for values in layer)
        cut = partition(list(layers.values()), square).by_layer if finite else [[] for _ in layers]
        for layer, regions in zip(layers, cut, strict=True):
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


def arrangement(
    regions: list[Region], square: Slice, before: Arrangement | None, together: float
) -> Arrangement:
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
