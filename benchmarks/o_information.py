"""O-information of all 1013 multiplets of ten: of bins of units, and of ten variables at 100 snapshots.

Pairs that start from covariances compare the arithmetic alone; pairs that start from samples include the
normal scores. All packages get the same data. They have no ties, because packages rank ties differently.
Samples are float32, as snapshots are recorded. thoi gets them in float64, since its float32 would not agree
and is no faster. `multiplets` calls thoi and hoi in their fastest way.
"""

from collections.abc import Iterator
from functools import partial

import numpy as np
from made_up_layers import mixed_layer
from multiplets import hoi_of_samples, place_by_size, thoi_all, thoi_each, thoi_of_samples
from pairs import Agreement, Flops, Pair

from grokking_phases.synergy.clustering import cluster_units
from grokking_phases.synergy.fast_o_information import union_o_information
from grokking_phases.synergy.normal_scores import normal_scores
from grokking_phases.synergy.union_walk import subsets

N_SAMPLES, N_UNITS, N_BINS = 3763, 250, 10
N_SNAPSHOTS, N_OF_HOI = 100, 10
SINGLE = list(np.arange(N_BINS)[:, None])


def pairs() -> Iterator[Pair]:
    yield unions()
    yield from single_variables()


def unions() -> Pair:
    """Return the pair for multiplets of bins, from 2 bins to all 250 units."""
    X = untied(mixed_layer(np.random.default_rng(0), N_SAMPLES, N_UNITS))
    labels = cluster_units(X, N_BINS)
    blocks = [np.flatnonzero(labels == b) for b in range(N_BINS)]
    S = covariances(X[None])[0]
    multiplets = [np.flatnonzero(bins[labels]) for bins in subsets(N_BINS) if bins.sum() >= 2]
    return Pair(
        f"O-information, {len(multiplets)} unions of {N_BINS} bins of {N_UNITS}",
        "thoi",
        lambda: union_o_information(S, blocks)[1],
        lambda: thoi_each(S, multiplets),
        Agreement(largest, 1e-9, "nats"),
        at_least=12,
        aim=22,
        flops=flops([len(block) for block in blocks]),
    )


def single_variables() -> Iterator[Pair]:
    """Yield the pairs for multiplets of 10 variables, at all snapshots."""
    rng = np.random.default_rng(1)
    X = np.stack(
        [untied(mixed_layer(rng, N_SAMPLES, N_BINS)) for _ in range(N_SNAPSHOTS)]
    )  # n_snapshots x n_samples x n
    S, doubles = covariances(X), X.astype(np.float64)
    work = f"O-information, {N_BINS} variables, {N_SNAPSHOTS} snapshots"
    yield Pair(
        f"{work}, covariances",
        "thoi",
        lambda: ours(S),
        lambda: thoi_all(S),
        Agreement(largest_by_size, 1e-9, "nats"),
        at_least=40,
        aim=80,
    )
    from_samples = partial(Pair, f"{work}, samples", ours=lambda: ours(covariances(X)))
    yield from_samples(
        "thoi",
        theirs=lambda: thoi_of_samples(doubles),
        agreement=Agreement(largest_by_size, 1e-9, "nats"),
        at_least=4,
        aim=11,
    )
    yield from_samples(
        "hoi, compiled",
        theirs=lambda: hoi_of_samples(doubles[:N_OF_HOI]),
        agreement=Agreement(largest_by_size, 1e-4, "nats"),
        at_least=300,
        aim=1000,
        note=f"hoi computes in float32; timed on {N_OF_HOI} of the snapshots, "
        f"times {N_SNAPSHOTS // N_OF_HOI}: a snapshot takes it no less where there are 100",
        repeats=3,
        scale=N_SNAPSHOTS / N_OF_HOI,
    )


def ours(S: np.ndarray) -> np.ndarray:
    """Return the O-information (n_matrices, n_multiplets) of all multiplets of single variables.

    S (n_matrices, n, n) holds covariances.
    """
    return union_o_information(S, SINGLE)[1]


def untied(X: np.ndarray) -> np.ndarray:
    """Return X, changed in place so that no column has two equal values.

    Where values are equal, all but one move to the next larger float32, until none are equal.
    """
    for column in X.T:
        while len(again := np.delete(np.arange(len(column)), np.unique(column, return_index=True)[1])):
            column[again] = np.nextafter(column[again], np.float32(np.inf))
    return X


def covariances(X: np.ndarray) -> np.ndarray:
    """Return covariances (n_matrices, n, n) of the normal scores of samples X (n_matrices, n_samples, n)."""
    n_matrices, n_samples, n = X.shape
    scores = normal_scores(X.transpose(1, 0, 2).reshape(n_samples, -1))
    scores -= scores.mean(axis=0)
    apart = scores.T.reshape(n_matrices, n, n_samples)
    return apart @ apart.transpose(0, 2, 1) / (n_samples - 1)


def largest(ours: np.ndarray, theirs: np.ndarray) -> float:
    return np.abs(ours - theirs).max()


def largest_by_size(ours: np.ndarray, theirs: np.ndarray) -> float:
    """Return the largest difference; `theirs` is ordered by size, and may hold the first snapshots alone."""
    membership = subsets(N_BINS)
    order = place_by_size(membership[membership.sum(axis=1) >= 2])
    return largest(ours[: len(theirs), order], theirs)


def flops(sizes: list[int]) -> Flops:
    """Return the operations of the walk (`union_walk`), counted as if it decided on one block at a time.

    In each term, a block of n variables joins a set of a variables while r variables are undecided.
    """
    sizes, number = sorted(sizes), 0
    for i, n in enumerate(sizes):
        r = sum(sizes[:i])
        for a in subsets(len(sizes) - i - 1) @ np.array(sizes[i + 1 :], dtype=int):
            number += 2 * (n + a + r) * n * r + 2 * (a + r) * n**2 + 2 / 3 * n**3 + 2 * (n + a) * n
    formula = (
        "sum over 1023 inclusions of 2 (n + a + r) n r + 2 (a + r) n^2 + 2/3 n^3 + 2 (n + a) n operations"
    )
    return Flops(number, "float64", formula)
