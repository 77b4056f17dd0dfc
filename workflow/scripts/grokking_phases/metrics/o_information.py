"""Synergy and redundancy among groups of units: the extremes of O-information, searched at every snapshot.

The units of a layer are grouped into `n_bins` bins by agglomerative clustering of their activations; every multiplet of
two bins or more gets its O-information, in nats, under a Gaussian copula (`information`). Then (Clauw, Stramaglia and
Marinazzo, section 2)

    synergy    = min Omega over the multiplets (negative where synergy dominates)
    redundancy = max Omega over the multiplets

each with the units of its multiplet and, as `synergy_size` and `redundancy_size`, its number of variables. A Gaussian
copula cannot see XOR-like dependence.

Constant units, and units whose ranks repeat those of a lower-numbered unit, make every covariance singular: they are
left out before the clustering and counted (`n_constant`, `n_duplicate`). Where fewer live units than bins remain, the
measures are NaN. Multiplets whose factorisation still fails are passed over and counted (`n_failed`).
"""

from collections.abc import Iterable, Iterator
from functools import partial
from typing import Literal

import numpy as np
from scipy.cluster import hierarchy
from scipy.spatial.distance import squareform

from grokking_phases.copula import Ranks, Ties, check_choice
from grokking_phases.information import Estimator, Multiplets, Variables

Linkage = Literal["ward", "average", "complete"]

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

    variables: of a multiplet: all units of its bins (`union`), or the mean of each bin's units (`mean`).
    ties: the rule for ranks among equal values (`copula`); `random` averages over `n_draws` draws.
    ValueError, at once: an unknown option value; on the way: an activation that is not finite.
    """
    check_choice("linkage", linkage, Linkage)
    if n_bins < 2:
        raise ValueError(f"n_bins must be at least 2, not {n_bins}.")
    estimator = Estimator(ties, n_draws, seed, bias_correction, variables)
    return _rows(snapshots, estimator, partial(cluster_units, n_bins=n_bins, linkage=linkage))


def _rows(snapshots: Iterable, estimator: Estimator, cluster: partial) -> Iterator[dict]:
    for snapshot in snapshots:
        for layer, X in snapshot.activations.items():
            if not np.isfinite(X).all():
                raise ValueError(f"Layer {layer} has activations that are not finite at step {snapshot.step}.")
            for metric, value, units in _measure(X, estimator, cluster):
                yield {
                    "step": snapshot.step,
                    "layer": layer,
                    "metric": metric,
                    "value": float(value),
                    "units": None if units is None else units.tolist(),
                }


def _measure(X: np.ndarray, estimator: Estimator, cluster: partial) -> Iterator[tuple]:
    """(metric, value, units) for one layer at one step; X: n_samples x width."""
    ranks = estimator.ranks(X)
    live, n_constant = live_units(ranks)
    multiplets = None
    if len(live) >= cluster.keywords["n_bins"]:
        labels = np.full(X.shape[1], -1)
        labels[live] = cluster(X[:, live])
        multiplets = estimator.search(X, labels, ranks)
    yield from _extreme("synergy", multiplets, np.nanargmin)
    yield from _extreme("redundancy", multiplets, np.nanargmax)
    yield "n_constant", n_constant, None
    yield "n_duplicate", X.shape[1] - len(live) - n_constant, None
    yield "n_failed", multiplets.n_failed if multiplets else 0, None


def _extreme(name: str, multiplets: Multiplets | None, choose) -> Iterator[tuple]:
    if multiplets is None or multiplets.n_failed == len(multiplets.bins):
        yield name, np.nan, None
        yield f"{name}_size", np.nan, None
    else:
        i = choose(multiplets.o_information)
        yield name, multiplets.o_information[i], multiplets.units(i)
        yield f"{name}_size", multiplets.size(i), None


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
    """The bin, 0 .. n_bins-1, of each column of X (n_samples x n_units): agglomerative clustering, euclidean."""
    # The mean unit, taken off every unit, changes no distance, and spares the matrix product most of its cancellation.
    X = X - X.mean(axis=1, dtype=np.float64, keepdims=True)
    G = X.T @ X  # n_units x n_units
    squares = np.diagonal(G)[:, None] + np.diagonal(G) - 2 * G
    distances = squareform(np.sqrt(np.maximum(squares, 0)), checks=False)
    tree = hierarchy.linkage(distances, linkage)
    # Merges at equal height would make the number of clusters jump; their order in the tree does not.
    tree[:, 2] = np.arange(1, len(tree) + 1)
    return hierarchy.fcluster(tree, n_bins, "maxclust") - 1
