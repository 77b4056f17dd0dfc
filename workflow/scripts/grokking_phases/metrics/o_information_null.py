"""Synergy and redundancy beside what chance makes of them, at every snapshot.

The extremes of O-information over a thousand multiplets are not 0 even where all units are independent: they are
selected, and estimated with a bias. So `o_information`, clustering and search, is held against two nulls:

    shuffled    the samples of each live unit are permuted, for each unit apart: independent units with the same values,
                clustered and searched anew. Any structure beats it that a Gaussian copula can see.
    partition   the same activations; the bins are a random partition of the live units into the sizes that were found.
                Does clustering find more than chance?

Each is drawn `n_draws` times. Beside the observed `synergy` (min Omega) and `redundancy` (max Omega), in nats, stands
for each extreme and each null, as in `synergy_shuffled_low`,

    low, median, high   the quantiles 0.025, 0.5 and 0.975 of the extreme over the draws, between which another draw
                        lies with probability 0.95 (of fewer than 39 draws: the least and the greatest)
    rank                (1 + number of draws at least as extreme as observed) / (n_draws + 1)

A rank is a one-sided p-value, never 0 (Phipson & Smyth 2010, doi:10.2202/1544-6115.1585), of one snapshot: over many
snapshots some are small by chance. Where units are independent, `shuffled` ranks are uniform; `partition` ranks are
not, as clustering collects what correlates by chance.

Units are live as in `o_information`; what was left out is counted there. A draw without a value (`n_failed_shuffled`,
`n_failed_partition`) is left out of the quantiles and counts as extreme in the rank. Where nothing is observed, nothing
is drawn, and all is NaN. The draws at a step and layer follow from the seed, the step and the layer's name, whatever
else is measured. Omega is not corrected for bias: the nulls share it.
"""

from collections.abc import Iterable, Iterator
from itertools import islice

import numpy as np

from grokking_phases.metrics.o_information import Found, Linkage, Procedure, finite_layers
from grokking_phases.synergy.multiplet_search import Estimator, Variables
from grokking_phases.synergy.normal_scores import Ranks, Ties, at_samples

QUANTILES = {"low": 0.025, "median": 0.5, "high": 0.975}
SIGNS = {"synergy": -1, "redundancy": 1}  # of Omega in that direction
ROUNDING = 1e-9  # nats: a draw that is less extreme by no more is as extreme

# As in `o_information`; a seed begins a stream of random numbers, which a negative one cannot.
LIMITS = {"n_bins": (2, "width"), "n_draws": (1, None), "seed": (0, None)}


def compute(
    snapshots: Iterable,
    *,
    n_draws: int = 100,
    seed: int = 0,
    n_bins: int = 10,
    variables: Variables = "union",
    linkage: Linkage = "ward",
    ties: Ties = "average",
) -> Iterator[dict]:
    """Tidy rows (step, layer, metric, value) for each layer of each snapshot.

    n_draws: of each null. `n_bins`, `variables`, `linkage`, `ties`: as in `o_information`, but that random ties are
    drawn once for what is observed, and once for each draw.
    ValueError, at once: an unknown option value; on the way: an activation that is not finite.
    """
    if n_draws < 1:
        raise ValueError(f"n_draws must be at least 1, not {n_draws}.")
    if seed < 0:
        raise ValueError(f"seed must be at least 0, not {seed}.")
    return _rows(snapshots, Procedure(Estimator(ties, 1, seed, False, variables), n_bins, linkage), n_draws)


def _rows(snapshots: Iterable, procedure: Procedure, n_draws: int) -> Iterator[dict]:
    for step, layer, X in finite_layers(snapshots):
        origin = [procedure.estimator.seed, step, *layer.encode()]
        for metric, value in _measure(X, procedure, n_draws, origin):
            yield {"step": step, "layer": layer, "metric": metric, "value": float(value)}


def _measure(X: np.ndarray, procedure: Procedure, n_draws: int, origin: list[int]) -> Iterator[tuple]:
    """(metric, value) for one layer at one step; X: n_samples x width."""
    ranks = procedure.estimator.ranks(X)
    found = procedure.search(X, ranks)
    observed = extremes(found)
    yield from observed.items()
    for number, (name, null) in enumerate(NULLS.items()):
        rng = np.random.default_rng([number, *origin])
        drawn = islice(null(X, ranks, found.labels, procedure, rng), 0 if np.isnan(observed["synergy"]) else n_draws)
        draws = [extremes(draw) for draw in drawn]
        yield f"n_failed_{name}", sum(np.isnan(draw["synergy"]) for draw in draws)
        for extreme, sign in SIGNS.items():
            values = np.array([draw[extreme] for draw in draws])
            for statistic, value in compared(observed[extreme], values, sign).items():
                yield f"{extreme}_{name}_{statistic}", value


def shuffled(
    X: np.ndarray, ranks: Ranks, labels: np.ndarray, procedure: Procedure, rng: np.random.Generator
) -> Iterator[Found]:
    """Endless draws of what is found in independent units, the live ones of X (n_samples x width), shuffled."""
    live = labels >= 0
    ranks = Ranks(ranks.order[live], ranks.twice[live])
    ascending = np.take_along_axis(X.T[live], ranks.order, axis=1)  # n_live x n_samples
    while True:
        drawn = ranks.shuffled(rng)
        X = at_samples(drawn.order, ascending, ascending.dtype)
        if procedure.estimator.ties in ("paper", "index"):
            drawn = procedure.estimator.ranks(X)
        yield procedure.search(X, drawn)


def partitioned(
    X: np.ndarray, ranks: Ranks, labels: np.ndarray, procedure: Procedure, rng: np.random.Generator
) -> Iterator[Found]:
    """Endless draws of what is found in random bins of the units of X (n_samples x width) with a label."""
    covariances = list(procedure.estimator.covariances(ranks))
    for drawn in relabelled(labels, rng):
        yield Found(procedure.estimator.search(X, drawn, covariances), drawn, {})


def relabelled(labels: np.ndarray, rng: np.random.Generator) -> Iterator[np.ndarray]:
    """Endless random bins, of the sizes of `labels`; -1 stays."""
    live = labels >= 0
    while True:
        drawn = labels.copy()
        drawn[live] = rng.permutation(labels[live])
        yield drawn


NULLS = {"shuffled": shuffled, "partition": partitioned}


def extremes(found: Found) -> dict[str, float]:
    """The least (`synergy`) and the greatest O-information (`redundancy`), NaN where there is none."""
    numbers = {name: found.extreme(name) for name in SIGNS}
    return {name: np.nan if i is None else found.multiplets.o_information[i] for name, i in numbers.items()}


def compared(observed: float, draws: np.ndarray, sign: int) -> dict[str, float]:
    """Quantiles of the draws (n_draws,), and the rank of the observed value among them; sign: which way is extreme."""
    if not len(draws):
        return dict.fromkeys([*QUANTILES, "rank"], np.nan)
    finite = draws[np.isfinite(draws)]
    values = (
        np.quantile(finite, list(QUANTILES.values()), method="weibull")
        if len(finite)
        else np.full(len(QUANTILES), np.nan)
    )
    less = sign * draws < sign * observed - ROUNDING  # False for a draw without a value
    return dict(zip(QUANTILES, values, strict=True)) | {"rank": (1 + (~less).sum()) / (len(draws) + 1)}
