"""Binning of each unit alone: the mean over units of the information in a unit's bin, in nats.

No principal components are used. With U the number of units of a layer and T_ub the bin of unit u,

    1/U sum_u I(T_ub; X) = 1/U sum_u H(T_ub)
    1/U sum_u I(T_ub; Y) = 1/U sum_u (H(T_ub) + H(Y) - H(T_ub, Y))

from counts, as in `binning`. The option `range` says between which extremes of a unit its equal-width bins
lie: those over the whole run, or those of the same snapshot. With the snapshot's own range a layer that
shrinks loses nothing. What is left is the shape of each unit's distribution. So `information_x_gaussian`
gives the mean for a normal variable of as many samples. For 30 bins it is 2.94 nats (4.2 bits) from 1,000
samples and 2.84 nats (4.1 bits) from 3,763. A value near it, or a change by a few hundredths, says how heavy
the tails are, and not how much the layer knows.

A constant unit has 0, and equal values share a bin. With one class I(T_ub; Y) is 0. Two samples have at most
ln 2. With the snapshot's range the scale of a unit does not matter.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from grokking_phases.arguments import check_choice, check_counts
from grokking_phases.estimators._bins import BinEdges, Span, cells, edges_of, span_of, spans
from grokking_phases.estimators._entropy import entropy, information
from grokking_phases.samples import take_samples

LIMITS = {"bins": (2, None)}
Range = Literal["run", "snapshot"]

N_DRAWS = 400  # of normal variables, whose mean is then known to about 0.004 nats


def information_per_neuron(
    T: np.ndarray, targets: np.ndarray, edges: Sequence[np.ndarray]
) -> tuple[float, float]:
    """Return the means over units of I(T_ub; X) and I(T_ub; Y), in nats.

    T: (n_samples, width). targets: (n_samples,). edges: one ascending array for each unit. Raise ValueError
    if they do not fit.
    """
    T, targets = take_samples(T, targets, names=("T", "targets"))
    if len(edges) != T.shape[1]:
        raise ValueError(f"edges must be one array for each of the {T.shape[1]} units, not {len(edges)}.")
    unit_cells = [cells(T[:, [u]], edges[u]) for u in range(T.shape[1])]
    x, y = np.mean([(entropy(cell), information(cell, targets)) for cell in unit_cells], axis=0)
    return float(x), float(y)


def gaussian_information(n_samples: int, bins: int, n_draws: int = N_DRAWS) -> float:
    """Return the mean of H(T_b) in nats of normal samples, in equal-width bins between their extremes."""
    T = np.random.default_rng(0).normal(size=(n_samples, n_draws))
    edges = edges_of(T, span_of(T), bins, "equal_width")
    return float(np.mean([entropy(cells(T[:, [i]], edges[i])) for i in range(n_draws)]))


def prepare(
    snapshots, *, bins: int = 30, bin_edges: BinEdges = "equal_width", range: Range = "run"
) -> "BinningPerNeuron":
    """Return the estimator of each unit, cut into `bins`.

    `bin_edges` is as in `binning`. `range` is between which extremes of a unit equal-width bins lie: over the
    `run`, or of the `snapshot`. Raise ValueError for an unusable option.
    """
    check_choice("bin_edges", bin_edges, BinEdges)
    check_choice("range", range, Range)
    check_counts(LIMITS, bins=bins)
    if bin_edges == "quantile" and range == "snapshot":
        raise ValueError("range: quantile bins have no range; leave it out, or take equal_width bins.")
    own_range = range == "snapshot"
    over_run = None if own_range else spans(snapshots, lambda T, _layer: T)
    gaussian = gaussian_information(len(snapshots.targets), bins) if own_range else np.nan
    return BinningPerNeuron(snapshots.targets, over_run, bins, bin_edges, gaussian)


@dataclass(frozen=True)
class BinningPerNeuron:
    """Estimator on the binned units of one run."""

    targets: np.ndarray
    spans: dict[str, Span] | None  # None where each snapshot has its own
    bins: int
    bin_edges: BinEdges
    gaussian: float  # the mean for a normal variable; NaN where `spans` are those of the run
    names = ("information_x", "information_y")

    def ceilings(self, _layer: str) -> tuple[float, float]:
        """Return ln of the number of samples or of bins, whichever is less, for X; for Y at most H(Y)."""
        most = np.log(min(self.bins, len(self.targets)))
        return most, min(most, entropy(self.targets))

    def measure(self, T: np.ndarray, layer: str) -> dict[str, float]:
        T = np.asarray(T, dtype=np.float64)
        edges = edges_of(T, self.spans[layer] if self.spans else span_of(T), self.bins, self.bin_edges)
        x, y = information_per_neuron(T, self.targets, edges)
        beside = {} if self.spans else {"information_x_gaussian": self.gaussian}
        return {"information_x": x, "information_y": y} | beside
