"""Synergy and redundancy compared with chance, at every snapshot.

The extremes of O-information over a thousand multiplets are not 0 even where all units are independent: they
are selected, and they are estimated with a bias. So this metric compares the clustering and search of
`o_information` with two nulls:

    shuffled    The samples of each live unit are permuted, for each unit separately. This gives independent
                units with the same values, which are clustered and searched anew. Any structure that a
                Gaussian copula can see exceeds this null.
    partition   The activations stay the same. The bins are a random partition of the live units into the
                sizes that were found. This null asks whether clustering finds more than chance.

Each null is drawn `n_draws` times. The rows are the observed `synergy` (min Omega) and `redundancy` (max
Omega), in nats. For each extreme and each null there are also, as in `synergy_shuffled_low`,

    low, median, high   the quantiles 0.025, 0.5 and 0.975 of the extreme over the draws. Another draw lies
                        between low and high with probability 0.95. With fewer than 39 draws, low and high are
                        the least and the greatest
    rank                (1 + number of draws at least as extreme as the observed value) / (n_draws + 1)

A rank is a one-sided p-value of one snapshot. It is never 0 (Phipson & Smyth 2010,
doi:10.2202/1544-6115.1585). Over many snapshots some ranks are small by chance. Where units are independent,
`shuffled` ranks are uniform. `partition` ranks are not, because clustering collects what correlates by
chance.

Units are live as in `o_information`, which counts the units left out. A draw without a value is left out of
the quantiles and counts as extreme in the rank; `n_failed_shuffled` and `n_failed_partition` count such
draws. Where no multiplet has an observed value, nothing is drawn: all other values are NaN, and the counts 0.
The draws at a step and layer follow from the seed, the step and the layer's name, and from nothing else that
is measured. Omega is not corrected for bias, because the nulls share the bias.
"""

from collections.abc import Iterable, Iterator
from itertools import islice

import numpy as np

from grokking_phases.arguments import check_counts
from grokking_phases.synergy.clustering import Linkage
from grokking_phases.synergy.layer_search import LayerSearch
from grokking_phases.synergy.limits import LIMITS
from grokking_phases.synergy.multiplet_search import Estimator, Variables
from grokking_phases.synergy.normal_scores import Ties
from grokking_phases.synergy.random_bins import search_random_bins
from grokking_phases.synergy.searched_layer import SearchedLayer, searched_layers
from grokking_phases.synergy.shuffled_units import search_shuffled_units
from grokking_phases.threads import one_thread

NULLS = {"shuffled": search_shuffled_units, "partition": search_random_bins}
QUANTILES = {"low": 0.025, "median": 0.5, "high": 0.975}
SIGNS = {"synergy": -1, "redundancy": 1}  # sign * Omega is large where Omega is extreme
TAKES_SCORES = True  # the metric can begin with stored parts of each layer (`synergy.searched_layer`)
ROUNDING = 1e-9  # nats; a draw that is less extreme by no more than this counts as equally extreme


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

    `n_draws` is the number of draws of each null. `n_bins`, `variables`, `linkage` and `ties` are as in
    `o_information`, except that random ties are drawn once, and that draw serves the observed values and all
    draws of the nulls.

    Raise ValueError at once for an unknown choice or an option beyond its limits, and on the way for an
    activation that is not finite.
    """
    check_counts(LIMITS, n_bins=n_bins, n_draws=n_draws, seed=seed)
    return _rows(snapshots, LayerSearch(Estimator(ties, 1, seed, False, variables), n_bins, linkage), n_draws)


def _rows(snapshots: Iterable, layer_search: LayerSearch, n_draws: int) -> Iterator[dict]:
    for step, name, layer in searched_layers(snapshots, layer_search.estimator):
        origin = [layer_search.estimator.seed, step, *name.encode()]
        for metric, value in _measures(layer, layer_search, n_draws, origin):
            yield {"step": step, "layer": name, "metric": metric, "value": float(value)}


def _measures(
    layer: SearchedLayer, layer_search: LayerSearch, n_draws: int, origin: list[int]
) -> Iterator[tuple]:
    """Yield (metric, value) for one layer at one step.

    origin: the numbers that seed this layer's draws at this step.
    """
    result = layer_search.search_layer(layer)
    observed = result.extreme_values()
    yield from observed.items()
    n_drawn = 0 if np.isnan(observed["synergy"]) else n_draws
    for number, (name, null) in enumerate(NULLS.items()):
        rng = np.random.default_rng([number, *origin])
        results = islice(null(layer.X, layer.ranks, result.labels, layer_search, rng), n_drawn)
        draws = [drawn.extreme_values() for drawn in results]
        yield f"n_failed_{name}", sum(np.isnan(draw["synergy"]) for draw in draws)
        for extreme, sign in SIGNS.items():
            values = np.array([draw[extreme] for draw in draws])
            for statistic, value in compare(observed[extreme], values, sign).items():
                yield f"{extreme}_{name}_{statistic}", value


def compare(observed: float, draws: np.ndarray, sign: int) -> dict[str, float]:
    """Return the quantiles of the draws (n_draws,), and the rank of the observed value among them.

    sign: 1 where large values are extreme, -1 where small ones are.
    """
    if not len(draws):
        return dict.fromkeys([*QUANTILES, "rank"], np.nan)
    finite, values = draws[np.isfinite(draws)], np.full(len(QUANTILES), np.nan)
    if len(finite):
        values = np.quantile(finite, list(QUANTILES.values()), method="weibull")
    less = sign * draws < sign * observed - ROUNDING  # False for a draw without a value
    return dict(zip(QUANTILES, values, strict=True)) | {"rank": (1 + (~less).sum()) / (len(draws) + 1)}
