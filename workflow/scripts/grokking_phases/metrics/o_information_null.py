"""Synergy and redundancy compared with chance, at every snapshot.

The extremes of O-information over a thousand multiplets are not 0 even where all units are independent: they
are selected, and estimated with a bias. So the clustering and search of `o_information` are compared with two
nulls:

    shuffled    the samples of each live unit are permuted, for each unit separately: independent units with the
                same values, clustered and searched anew. Any structure that a Gaussian copula can see beats it.
    partition   the same activations; the bins are a random partition of the live units into the sizes that were
                found. Does clustering find more than chance?

Each is drawn `n_draws` times. The rows are the observed `synergy` (min Omega) and `redundancy` (max Omega),
in nats, and for each extreme and each null, as in `synergy_shuffled_low`,

    low, median, high   the quantiles 0.025, 0.5 and 0.975 of the extreme over the draws, between which another
                        draw lies with probability 0.95 (with fewer than 39 draws: the least and the greatest)
    rank                (1 + number of draws at least as extreme as observed) / (n_draws + 1)

A rank is a one-sided p-value, never 0 (Phipson & Smyth 2010, doi:10.2202/1544-6115.1585), of one snapshot:
over many snapshots some are small by chance. Where units are independent, `shuffled` ranks are uniform;
`partition` ranks are not, as clustering collects what correlates by chance.

Units are live as in `o_information`, which counts those left out. A draw without a value
(`n_failed_shuffled`, `n_failed_partition`) is left out of the quantiles and counts as extreme in the rank.
Where nothing is observed, nothing is drawn, and all values are NaN. The draws at a step and layer follow from
the seed, the step and the layer's name, and from nothing else that is measured. Omega is not corrected for
bias, since the nulls share it.
"""

from collections.abc import Iterable, Iterator
from itertools import islice

import numpy as np

from grokking_phases.arguments import check_limits
from grokking_phases.synergy.clustering import Linkage
from grokking_phases.synergy.layer_search import LayerSearch, finite_layers
from grokking_phases.synergy.limits import LIMITS
from grokking_phases.synergy.multiplet_search import Estimator, Variables
from grokking_phases.synergy.normal_scores import Ties
from grokking_phases.synergy.random_bins import search_random_bins
from grokking_phases.synergy.shuffled_units import search_shuffled_units
from grokking_phases.threads import one_thread

NULLS = {"shuffled": search_shuffled_units, "partition": search_random_bins}
QUANTILES = {"low": 0.025, "median": 0.5, "high": 0.975}
SIGNS = {"synergy": -1, "redundancy": 1}  # of Omega in that direction
ROUNDING = 1e-9  # nats: a draw that is less extreme by no more than this counts as equally extreme


@one_thread
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
    """Yield tidy rows (step, layer, metric, value) for each layer of each snapshot.

    n_draws: of each null. `n_bins`, `variables`, `linkage`, `ties`: as in `o_information`, except that random
    ties are drawn once for what is observed, and once for each draw.
    ValueError, at once: an unknown choice, or an option beyond its limits; on the way: an activation that is
    not finite.
    """
    check_limits(LIMITS, n_bins=n_bins, n_draws=n_draws, seed=seed)
    return _rows(snapshots, LayerSearch(Estimator(ties, 1, seed, False, variables), n_bins, linkage), n_draws)


def _rows(snapshots: Iterable, layer_search: LayerSearch, n_draws: int) -> Iterator[dict]:
    for step, layer, X in finite_layers(snapshots):
        origin = [layer_search.estimator.seed, step, *layer.encode()]
        for metric, value in _measures(X, layer_search, n_draws, origin):
            yield {"step": step, "layer": layer, "metric": metric, "value": float(value)}


def _measures(X: np.ndarray, layer_search: LayerSearch, n_draws: int, origin: list[int]) -> Iterator[tuple]:
    """Yield (metric, value) for one layer at one step.

    X: n_samples x width. origin: the numbers that seed this layer's draws at this step.
    """
    ranks = layer_search.estimator.ranks(X)
    result = layer_search.search(X, ranks)
    observed = result.extreme_values()
    yield from observed.items()
    n_drawn = 0 if np.isnan(observed["synergy"]) else n_draws
    for number, (name, null) in enumerate(NULLS.items()):
        rng = np.random.default_rng([number, *origin])
        results = islice(null(X, ranks, result.labels, layer_search, rng), n_drawn)
        draws = [drawn.extreme_values() for drawn in results]
        yield f"n_failed_{name}", sum(np.isnan(draw["synergy"]) for draw in draws)
        for extreme, sign in SIGNS.items():
            values = np.array([draw[extreme] for draw in draws])
            for statistic, value in compare(observed[extreme], values, sign).items():
                yield f"{extreme}_{name}_{statistic}", value


def compare(observed: float, draws: np.ndarray, sign: int) -> dict[str, float]:
    """Quantiles of the draws (n_draws,), and the observed value's rank among them; sign: which way is extreme."""
    if not len(draws):
        return dict.fromkeys([*QUANTILES, "rank"], np.nan)
    finite, values = draws[np.isfinite(draws)], np.full(len(QUANTILES), np.nan)
    if len(finite):
        values = np.quantile(finite, list(QUANTILES.values()), method="weibull")
    less = sign * draws < sign * observed - ROUNDING  # False for a draw without a value
    return dict(zip(QUANTILES, values, strict=True)) | {"rank": (1 + (~less).sum()) / (len(draws) + 1)}
