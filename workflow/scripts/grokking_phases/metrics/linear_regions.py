"""Number of linear regions of a ReLU network on a square, counted exactly, and how regions vanish.

The square lies in the space that the first Linear reads. If that space has two dimensions, the square
encloses all train samples. Otherwise it goes through three train samples, which the seed draws once
(`regions.partition.Slice`).

For each layer, the metric counts the regions that this layer and the layers before it make. From each
snapshot to the next, it counts the regions that vanished, by mechanism, and the regions that were born
(`regions.mechanisms`).
"""

from collections.abc import Iterator

import numpy as np

from grokking_phases.arguments import check_counts, check_limits
from grokking_phases.data.module_hooks import chain
from grokking_phases.regions.junctions import junctions
from grokking_phases.regions.mechanisms import Arrangement, Changes, changes, composites
from grokking_phases.regions.partition import Region, Slice, partition
from grokking_phases.regions.relu_chains import hidden_layers, is_finite, square_of
from grokking_phases.threads import one_thread

# The metric reads the network of each step. The network must be linear apart from ReLUs, because the regions
# of a curved GELU are not exact.
NEEDS_NETWORK = True
NEEDS_PIECEWISE_LINEAR = True

# The lowest and the highest value of each option; None means unlimited.
LIMITS = {"together": (0, 0.2), "seed": (0, None)}
MECHANISMS = ("disappearance", "merging", "alignment", "born")


@one_thread
def compute(snapshots, *, together: float = 0.05, seed: int = 0) -> Iterator[dict]:
    """Yield rows {step, layer, metric, value}, with `units` for examples, for each snapshot and hidden layer.

    `snapshots` yields snapshots with `step` and `network`, and has `inputs`, the train samples. The network
    is a chain of an embedding, then Linear and ReLU in turn. A hidden layer has the name of its ReLU.

    regions              regions into which the layers up to this one divide the square
    boundaries           neurons of these layers whose boundary lies in the square
    arcs, crossings      of these boundaries: pieces from border to border, and points at which two cross
    closed               regions - 1 - arcs - crossings: groups of closed boundaries. The boundaries of the
                         first layer are lines: there it is 0 if they are in general position (no three
                         through a point)
    boundaries_resolved  boundaries, with each composite counted as one (`mechanisms`; `together` is how near
                         its members must be)
    regions_resolved     1 + arcs + crossings of the resolved boundaries
    disappearance, merging, alignment, born
                         resolved regions that the first three mechanisms removed since the snapshot before,
                         and resolved regions that were born
    example_…            one for each mechanism that was seen: `units` are the neurons whose boundaries cut
                         off most (numbered through all layers), and `value` is the share of the square that
                         the smaller of them cuts off

    n_undefined          1 where the network has weights that are not finite, else 0

    Where weights are not finite, a layer has two rows: `regions`, which is NaN, and `n_undefined`. The next
    snapshot is then compared with none. The square is that of the first snapshot with finite weights.

    Raise ValueError for an option beyond its limits, or for a network that is no such chain.
    """
    check_limits(LIMITS, together=together)
    check_counts(LIMITS, seed=seed)
    return _rows(snapshots, together, seed)


def _rows(snapshots, together: float, seed: int) -> Iterator[dict]:
    square, seen = None, {}
    for snapshot in snapshots:
        modules = chain(snapshot.network)
        layers, finite = hidden_layers(modules), is_finite(modules)
        square = square or (square_of(modules, snapshots.inputs, seed) if finite else None)
        cut = partition(list(layers.values()), square).by_layer if finite else [[] for _ in layers]
        for layer, regions in zip(layers, cut, strict=True):
            row = {"step": snapshot.step, "layer": layer}
            before, seen[layer] = seen.get(layer), None
            yield row | {"metric": "n_undefined", "value": float(not finite)}
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
    """Return the arrangement of the boundaries between these regions; `before` is the previous one."""
    patterns = np.array([np.concatenate(region.pattern) for region in regions])
    joined, cut_off = composites(patterns, np.array([region.area for region in regions]), before, together)
    met = junctions(regions, square)
    return Arrangement(met.at_border // 2, met.crossings, cut_off, joined)


def counted(regions: list[Region], now: Arrangement) -> dict[str, int]:
    """Return the counts of one layer at one step, by the name of the metric."""
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
    """Yield for each mechanism the boundaries that cut off most of the square.

    Where two boundaries are involved, the one that cuts off less decides.
    """
    for name, groups in (
        ("disappearance", changed.disappeared),
        ("merging", changed.merged),
        ("alignment", changed.aligned),
    ):
        sizes = {group: float(before.cut_off[list(group)].min()) for group in groups}
        if sizes:
            largest = max(sizes, key=lambda group: sizes[group])
            yield {"metric": f"example_{name}", "value": sizes[largest], "units": list(map(int, largest))}
