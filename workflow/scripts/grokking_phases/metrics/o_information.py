"""Synergy and redundancy among groups of units: the extremes of O-information, searched at every snapshot.

The units of a layer are grouped into `n_bins` bins by clustering their activations, agglomerative or `spectral`; every
multiplet of two bins or more gets its O-information, in nats, under a Gaussian copula (`information`). Then (Clauw,
Stramaglia and Marinazzo, section 2)

    synergy    = min Omega over the multiplets (negative where synergy dominates)
    redundancy = max Omega over the multiplets

each with the units of its multiplet and, as `synergy_size` and `redundancy_size`, its number of variables. A Gaussian
copula cannot see XOR-like dependence.

Constant units, and units whose ranks repeat those of a lower-numbered unit, make every covariance singular: they are
left out before the clustering and counted (`n_constant`, `n_duplicate`). Where fewer live units than bins remain, the
measures are NaN. Multiplets whose factorisation still fails are passed over and counted (`n_failed`). Spectral
clustering may leave a bin empty: then the measures are NaN, and every multiplet counts as failed.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
from scipy.cluster import hierarchy
from scipy.spatial.distance import squareform

from grokking_phases.arguments import check_choice
from grokking_phases.synergy.multiplet_search import Estimator, Multiplets, Variables
from grokking_phases.synergy.normal_scores import Ranks, Ties

Linkage = Literal["ward", "average", "complete", "spectral"]

EXTREMES = {"synergy": np.nanargmin, "redundancy": np.nanargmax}

# Options bounded by what they are applied to: at most one bin a unit of the layer.
LIMITS = {"n_bins": (2, "width"), "n_draws": (1, None)}


def compute(
    snapshots: Iterable,
    *,
    n_bins: int = 10,
    variables: Variables = "union",
    linkage: Linkage = "ward",
    ties: Ties = "average",
    n_draws: int = 10,
    bias_correction: bool = False,
    seed: int = 0,
) -> Iterator[dict]:
    """Tidy rows (step, layer, metric, value, units) for each layer of each snapshot.

    variables: of a multiplet: all units of its bins (`union`), the mean of each bin's units (`mean`), or its bins, each
    one multivariate variable (`block`).
    linkage: of agglomerative clustering, or `spectral` clustering (`cluster_units`).
    ties: the rule for ranks among equal values (`copula`); `random` averages over `n_draws` draws.
    ValueError, at once: an unknown option value; on the way: an activation that is not finite.
    """
    return _rows(snapshots, Procedure(Estimator(ties, n_draws, seed, bias_correction, variables), n_bins, linkage))


def _rows(snapshots: Iterable, procedure: "Procedure") -> Iterator[dict]:
    for step, layer, X in finite_layers(snapshots):
        for metric, value, units in _measure(procedure.search(X, procedure.estimator.ranks(X))):
            yield {
                "step": step,
                "layer": layer,
                "metric": metric,
                "value": float(value),
                "units": None if units is None else units.tolist(),
            }


def finite_layers(snapshots: Iterable) -> Iterator[tuple[int, str, np.ndarray]]:
    """(step, layer, activations) of each layer of each snapshot. ValueError: an activation that is not finite."""
    for snapshot in snapshots:
        for layer, X in snapshot.activations.items():
            if not np.isfinite(X).all():
                raise ValueError(f"Layer {layer} has activations that are not finite at step {snapshot.step}.")
            yield snapshot.step, layer, X


class Found(NamedTuple):
    """What a layer's activations at one step hold."""

    multiplets: Multiplets | None  # None where no bins could be formed
    labels: np.ndarray  # the bin of each unit, -1 where it is in none
    counts: dict[str, int]  # what was left out

    def extreme(self, name: str) -> int | None:
        """The number of the multiplet with the most `synergy` or `redundancy`; None where all failed."""
        if self.multiplets is None or self.multiplets.n_failed == len(self.multiplets.bins):
            return None
        return int(EXTREMES[name](self.multiplets.o_information))


@dataclass(frozen=True)
class Procedure:
    """From activations to multiplets. ValueError: an option has no such value."""

    estimator: Estimator
    n_bins: int
    linkage: Linkage

    def __post_init__(self) -> None:
        check_choice("linkage", self.linkage, Linkage)
        if self.n_bins < 2:
            raise ValueError(f"n_bins must be at least 2, not {self.n_bins}.")

    def search(self, X: np.ndarray, ranks: Ranks) -> Found:
        """X: n_samples x width; its columns' ranks."""
        live, n_constant = live_units(ranks)
        labels, multiplets, n_failed = np.full(X.shape[1], -1), None, 0
        if len(live) >= self.n_bins:
            labels[live] = cluster_units(X[:, live], self.n_bins, self.linkage)
            if len(np.unique(labels[live])) == self.n_bins:
                multiplets = self.estimator.search(X, labels, self.estimator.covariances(ranks))
            n_failed = multiplets.n_failed if multiplets else 2**self.n_bins - self.n_bins - 1
        n_duplicate = X.shape[1] - len(live) - n_constant
        return Found(multiplets, labels, {"n_constant": n_constant, "n_duplicate": n_duplicate, "n_failed": n_failed})


def _measure(found: Found) -> Iterator[tuple]:
    """(metric, value, units) for one layer at one step."""
    for name in EXTREMES:
        i = found.extreme(name)
        if i is None:
            yield name, np.nan, None
            yield f"{name}_size", np.nan, None
        else:
            yield name, found.multiplets.o_information[i], found.multiplets.units(i)
            yield f"{name}_size", found.multiplets.size(i), None
    for count, n in found.counts.items():
        yield count, n, None


def live_units(ranks: Ranks) -> tuple[np.ndarray, int]:
    """The units that are neither constant nor, rank for rank, a lower-numbered one; and how many are constant.

    Judged on mean ranks whatever the rule for ties: under another, a constant unit's ranks are arbitrary.
    """
    scores = ranks.average
    varying = np.flatnonzero(np.ptp(scores, axis=0))
    first = {}
    for unit in varying:
        first.setdefault(scores[:, unit].tobytes(), unit)
    return np.array(list(first.values()), dtype=int), scores.shape[1] - len(varying)


def cluster_units(X: np.ndarray, n_bins: int, linkage: Linkage = "ward") -> np.ndarray:
    """The bin, 0 .. n_bins-1, of each column of X (n_samples x n_units); n_bins is at most n_units.

    ward, average, complete: agglomerative clustering, euclidean, into exactly n_bins bins. spectral: by correlation, of
    columns that are not constant; a bin may stay empty (`_spectral`).
    """
    if linkage == "spectral":
        return _spectral(X, n_bins)
    # The mean unit, taken off every unit, changes no distance, and spares the matrix product most of its cancellation.
    X = X - X.mean(axis=1, dtype=np.float64, keepdims=True)
    G = X.T @ X  # n_units x n_units
    squares = np.diagonal(G)[:, None] + np.diagonal(G) - 2 * G
    distances = squareform(np.sqrt(np.maximum(squares, 0)), checks=False)
    tree = hierarchy.linkage(distances, linkage)
    # Merges at equal height would make the number of clusters jump; their order in the tree does not.
    tree[:, 2] = np.arange(1, len(tree) + 1)
    return hierarchy.fcluster(tree, n_bins, "maxclust") - 1


def _spectral(X: np.ndarray, n_bins: int) -> np.ndarray:
    """scikit-learn's spectral clustering of the columns of X; the affinity is the absolute correlation of activations.

    Not of normal scores: bins then depend on the rule for ties no more than those of the linkages do. Clusters are read
    off the eigenvectors by pivoted QR, which starts nowhere at random (Damle, Minden & Ying 2019,
    doi:10.1093/imaiai/iay008); `random_state` begins the eigensolver. That no bin stays empty is likely, not certain.
    """
    if n_bins == X.shape[1]:
        return np.arange(n_bins)
    from sklearn.cluster import SpectralClustering  # its import takes 1.8 s, which the linkages need not wait for

    affinity = np.abs(np.corrcoef(X, rowvar=False, dtype=np.float64))
    model = SpectralClustering(n_bins, affinity="precomputed", assign_labels="cluster_qr", random_state=0)
    return model.fit_predict(affinity)
