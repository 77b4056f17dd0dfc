"""Synergy and redundancy among groups of units: the extremes of O-information, searched at every snapshot.

The units of a layer are grouped into `n_bins` bins by clustering their activations. The O-information Omega
of every multiplet of two bins or more is estimated in nats, under a Gaussian copula (`multiplet_search`).
Then (Clauw, Stramaglia and Marinazzo, section 2)

    synergy    = min Omega over the multiplets (negative where synergy dominates)
    redundancy = max Omega over the multiplets

Each comes with the units of its multiplet. `synergy_size` and `redundancy_size` are the multiplet's number of
variables. A Gaussian copula cannot see XOR-like dependence.

`n_constant` and `n_duplicate` count the units left out before the clustering, and `n_failed` the multiplets
without a value. `undersampled` is 1 where there are fewer samples than variables + 1 (`layer_search`). Where
fewer live units than bins remain, or a bin stays empty, the measures are NaN.

Under `ties: paper` and `index` ranks depend on the order of the samples, which is arbitrary. With `n_orders`,
`synergy_order_1`, `synergy_size_order_1`, `redundancy_order_1`, … are the extremes in as many random orders.
Order k is the same at every step, in every layer and in every run with as many samples.
"""

from collections.abc import Iterable, Iterator

import numpy as np

from grokking_phases.arguments import check_counts
from grokking_phases.synergy.clustering import Linkage
from grokking_phases.synergy.layer_search import EXTREMES, LayerSearch, SearchResult
from grokking_phases.synergy.limits import LIMITS as SHARED_LIMITS
from grokking_phases.synergy.multiplet_search import Estimator, Variables
from grokking_phases.synergy.normal_scores import Ties
from grokking_phases.synergy.random_orders import search_random_orders
from grokking_phases.synergy.searched_layer import searched_layers
from grokking_phases.threads import one_thread

# The lowest and the highest value of each option.
LIMITS = {**SHARED_LIMITS, "n_orders": (0, 1000)}
TAKES_SCORES = True  # the metric can begin with stored parts of each layer (`synergy.searched_layer`)
# Under these options it needs nothing but these parts.
FROM_SCORES = {"variables": ["union", "block"], "linkage": ["ward", "average", "complete"], "n_orders": [0]}


@one_thread
def compute(
    snapshots: Iterable,
    *,
    n_bins: int = 10,
    variables: Variables = "union",
    linkage: Linkage = "ward",
    ties: Ties = "average",
    n_draws: int = 10,
    bias_correction: bool = False,
    n_orders: int = 0,
    seed: int = 0,
) -> Iterator[dict]:
    """Yield tidy rows (step, layer, metric, value, units) for each layer of each snapshot.

    variables        the variables of a multiplet: all units of its bins (`union`), the mean of each bin's
                     units (`mean`), or its bins, each one multivariate variable (`block`)
    linkage          the linkage of agglomerative clustering, or `spectral` for spectral clustering
                     (`cluster_units`)
    ties             the rule for ranks among equal values (`normal_scores`); `random` averages over `n_draws`
                     draws
    bias_correction  whether to subtract the bias of an estimate from few samples (`o_information_bias`)
    n_orders         the number of random orders of the samples in which the extremes are also measured
    seed             the seed of random ties and of random orders

    Raise ValueError at once for an unknown choice or an option beyond its limits, and on the way for an
    activation that is not finite.
    """
    check_counts(LIMITS, n_bins=n_bins, n_draws=n_draws, n_orders=n_orders, seed=seed)
    estimator = Estimator(ties, n_draws, seed, bias_correction, variables)
    return _rows(snapshots, LayerSearch(estimator, n_bins, linkage), n_orders)


def _rows(snapshots: Iterable, layer_search: LayerSearch, n_orders: int) -> Iterator[dict]:
    for step, name, layer in searched_layers(snapshots, layer_search.estimator):
        place = {"step": step, "layer": name}
        result = layer_search.search_layer(layer)
        for metric, value, units in _measures(result):
            units = None if units is None else units.tolist()
            yield {**place, "metric": metric, "value": float(value), "units": units}
        in_orders = search_random_orders(layer.X, result, layer_search, n_orders)
        for number, reordered in enumerate(in_orders, start=1):
            for metric, value, _ in _extremes(reordered):
                yield {**place, "metric": f"{metric}_order_{number}", "value": float(value), "units": None}


def _measures(result: SearchResult) -> Iterator[tuple]:
    """Yield (metric, value, units) for one layer at one step."""
    yield from _extremes(result)
    for count, n in result.counts.items():
        yield count, n, None


def _extremes(result: SearchResult) -> Iterator[tuple]:
    """Yield (metric, value, units) for each extreme and its size."""
    for name in EXTREMES:
        i = result.extreme(name)
        if i is None:
            yield name, np.nan, None
            yield f"{name}_size", np.nan, None
        else:
            yield name, result.multiplets.o_information[i], result.multiplets.units(i)
            yield f"{name}_size", result.multiplets.size(i), None
