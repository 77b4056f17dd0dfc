"""Binning: entropy of a layer's principal components, cut into bins, in nats.

A layer T (n_samples, width) is projected on its first k principal components. These are fitted on the last
snapshot and used at every step. Each component is cut into bins. X is the probe samples, all distinct and
equally likely. The bin T_b is a function of X, so that

    I(T_b; X) = H(T_b)          I(T_b; Y) = H(T_b) - sum_y p_y H(T_b | y) = H(T_b) + H(Y) - H(T_b, Y)

All of these come from counts. With few samples a cell, I(T_b; Y) is well above 0 even for random labels:
compare it with its value for shuffled labels. With one component and `quantile` edges, H(T_b) is at its
ceiling whatever the layer.

A constant T falls into one bin: 0. Equal values share a bin, so more than 1/bins of equal values make
`quantile` bins unequal. With one class I(T_b; Y) is 0, and two samples have at most ln 2. The scale of T
matters only as far as the edges do not follow it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from grokking_phases.arguments import check_choice, check_counts
from grokking_phases.estimators._bins import BinEdges, Span, cells, edges_of, spans
from grokking_phases.estimators._entropy import entropy, information
from grokking_phases.estimators._principal_components import PrincipalComponents, fit_components
from grokking_phases.samples import take_samples

LIMITS = {"bins": (2, None), "n_components": (1, None)}


def binned_entropy(T: np.ndarray, edges: np.ndarray | Sequence[np.ndarray]) -> float:
    """Return the entropy in nats of the joint bin index of T (n_samples, k).

    `edges` is one ascending array of bin edges for all columns, or one per column. Bin i goes from edges[i]
    to edges[i + 1], which is in the next bin. A value outside the edges falls into the outermost bin. Raise
    ValueError if the edges do not fit the columns.
    """
    return entropy(cells(take_samples(T)[0], edges))


def binned_information(
    T: np.ndarray, targets: np.ndarray, edges: np.ndarray | Sequence[np.ndarray]
) -> tuple[float, float]:
    """Return I(T_b; X) and I(T_b; Y) in nats, for T (n_samples, k) and classes `targets` (n_samples,)."""
    T, targets = take_samples(T, targets, names=("T", "targets"))
    cell = cells(T, edges)
    return entropy(cell), information(cell, targets)


def prepare(
    snapshots, *, bins: int = 30, bin_edges: BinEdges = "equal_width", n_components: int = 2
) -> "Binning":
    """Return the estimator, with `n_components` principal components, each to be cut into `bins`.

    `bin_edges` is `equal_width` over the run, or `quantile` of the layer at each step. Raise ValueError for
    an unusable option.
    """
    check_choice("bin_edges", bin_edges, BinEdges)
    check_counts(LIMITS, bins=bins, n_components=n_components)
    components = fit_components(snapshots, n_components)
    ranges = spans(snapshots, lambda T, layer: components[layer].project(T))
    return Binning(snapshots.targets, components, ranges, bins, bin_edges)


@dataclass(frozen=True)
class Binning:
    """Estimator on the binned components of one run.

    The resolution is the width of the first component's bins; NaN for quantiles.
    """

    targets: np.ndarray
    components: dict[str, PrincipalComponents]
    spans: dict[str, Span]
    bins: int
    bin_edges: BinEdges
    names = ("information_x", "information_y")

    def ceilings(self, layer: str) -> tuple[float, float]:
        """Return ln of the number of samples or of cells, whichever is less, for X, and H(Y) for Y."""
        log_cells = self.components[layer].n_components * np.log(self.bins)
        return min(np.log(len(self.targets)), log_cells), entropy(self.targets)

    def measure(self, T: np.ndarray, layer: str) -> dict[str, float] | None:
        components = self.components[layer]
        if not components.n_components:
            return components.unmeasured
        X = components.project(T)
        edges = edges_of(X, self.spans[layer], self.bins, self.bin_edges)
        x, y = binned_information(X, self.targets, edges)
        width = (edges[0, 1] - edges[0, 0]) * components.scale if self.bin_edges == "equal_width" else np.nan
        return {"information_x": x, "information_y": y, "resolution": width}
