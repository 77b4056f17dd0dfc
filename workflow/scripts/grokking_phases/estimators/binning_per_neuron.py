"""Binning of each unit alone: the mean over units of the information in a unit's bin, in nats.

No principal components are used. With U the number of units of a layer and T_ub the bin of unit u,

    1/U sum_u I(T_ub; X) = 1/U sum_u H(T_ub)        1/U sum_u I(T_ub; Y) = 1/U sum_u (H(T_ub) + H(Y) - H(T_ub,
                                                    Y))

from counts, as in `binning`.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from grokking_phases.arguments import check_choice, check_counts
from grokking_phases.estimators._bins import BinEdges, Span, cells, edges_of, spans
from grokking_phases.estimators._entropy import entropy, information

LIMITS = {"bins": (2, None)}


def information_per_neuron(
    T: np.ndarray, targets: np.ndarray, edges: Sequence[np.ndarray]
) -> tuple[float, float]:
    """Return the means over units of I(T_ub; X) and I(T_ub; Y), in nats.

    T: (n_samples, width). targets: (n_samples,). edges: one ascending array for each unit. Raise ValueError
    if they do not fit.
    """
    unit_cells = [cells(T[:, [u]], edges[u]) for u in range(T.shape[1])]
    x, y = np.mean([(entropy(cell), information(cell, targets)) for cell in unit_cells], axis=0)
    return x, y


def prepare(snapshots, *, bins: int = 30, bin_edges: BinEdges = "equal_width") -> "BinningPerNeuron":
    """Return the estimator, with the range of each unit over the run, to be cut into `bins`.

    `bin_edges` is as in `binning`. Raise ValueError for an unusable option.
    """
    check_choice("bin_edges", bin_edges, BinEdges)
    check_counts(LIMITS, bins=bins)
    return BinningPerNeuron(snapshots.targets, spans(snapshots, lambda T, _layer: T), bins, bin_edges)


@dataclass(frozen=True)
class BinningPerNeuron:
    """Estimator on the binned units of one run."""

    targets: np.ndarray
    spans: dict[str, Span]
    bins: int
    bin_edges: BinEdges
    names = ("information_x", "information_y")

    def ceilings(self, _layer: str) -> tuple[float, float]:
        """Return ln of the number of bins for X, and for Y the same or H(Y), whichever is less."""
        return np.log(self.bins), min(np.log(self.bins), entropy(self.targets))

    def measure(self, T: np.ndarray, layer: str) -> dict[str, float]:
        x, y = information_per_neuron(T, self.targets, [self.edges(T, layer, u) for u in range(T.shape[1])])
        return {"information_x": x, "information_y": y}

    def edges(self, T: np.ndarray, layer: str, unit: int) -> np.ndarray:
        """Return the edges (bins + 1,) of one unit of T (n_samples, width)."""
        return edges_of(T[:, [unit]], self.spans[layer].column(unit), self.bins, self.bin_edges)[0]
