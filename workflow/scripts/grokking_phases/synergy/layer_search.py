"""Search in one layer: from its activations to its live units, their bins, and every multiplet of bins.

Constant units, and units whose ranks repeat those of a lower-numbered unit or of its negative, make every
covariance singular. They are left out before the clustering and counted (`n_constant`, `n_duplicate`). Where
fewer live units than bins remain, there are no multiplets. Multiplets whose factorisation fails are passed
over and counted (`n_failed`). Spectral clustering may leave a bin empty: then there are no multiplets, and
all of them count as failed.

From fewer samples than variables + 1 the covariance of all variables is singular, and the values that remain
are mostly noise. `undersampled` is then 1, else 0.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from grokking_phases.arguments import check_choice
from grokking_phases.synergy.clustering import Linkage
from grokking_phases.synergy.multiplet_search import Estimator, Multiplets
from grokking_phases.synergy.normal_scores import Ranks
from grokking_phases.synergy.searched_layer import SearchedLayer

EXTREMES = {"synergy": np.nanargmin, "redundancy": np.nanargmax}


class SearchResult(NamedTuple):
    """The multiplets of one layer at one step, and the bins of its units."""

    multiplets: Multiplets | None  # None where no bins could be formed
    labels: np.ndarray  # the bin of each unit, -1 where it is in none
    counts: dict[str, int]  # how many units and multiplets are left out, by reason

    def extreme(self, name: str) -> int | None:
        """Return the number of the multiplet with the extreme `name` in `EXTREMES`; None where all failed."""
        if self.multiplets is None or self.multiplets.n_failed == len(self.multiplets.bins):
            return None
        return int(EXTREMES[name](self.multiplets.o_information))

    def extreme_values(self) -> dict[str, float]:
        """Return the least (`synergy`) and the greatest (`redundancy`) O-information in nats.

        They are NaN where all multiplets failed.
        """
        found = {name: self.extreme(name) for name in EXTREMES}
        return {name: np.nan if i is None else self.multiplets.o_information[i] for name, i in found.items()}


@dataclass(frozen=True)
class LayerSearch:
    """The options of the search in a layer. Raise ValueError for an unknown linkage."""

    estimator: Estimator
    n_bins: int  # 2 or more
    linkage: Linkage

    def __post_init__(self) -> None:
        check_choice("linkage", self.linkage, Linkage)

    def search(self, X: np.ndarray, ranks: Ranks) -> SearchResult:
        """Return the result of the search in activations X (n_samples x width), given its columns' ranks."""
        return self.search_layer(SearchedLayer(X, self.estimator, ranks))

    def search_layer(self, layer: SearchedLayer) -> SearchResult:
        """Return the result of the search in a layer."""
        (live, n_constant), width = layer.units, layer.X.shape[1]
        labels, multiplets, n_failed = np.full(width, -1), None, 0
        if len(live) >= self.n_bins:
            labels[live] = layer.cluster(self.n_bins, self.linkage)
            if len(np.unique(labels[live])) == self.n_bins:
                # The means of bins have a covariance of their own.
                covariances = None if self.estimator.variables == "mean" else layer.covariances
                multiplets = self.estimator.search(layer.X, labels, covariances)
            n_failed = multiplets.n_failed if multiplets else 2**self.n_bins - self.n_bins - 1
        n_duplicate = width - len(live) - n_constant
        counts = {"n_constant": n_constant, "n_duplicate": n_duplicate, "n_failed": n_failed}
        counts["undersampled"] = int(multiplets is not None and multiplets.undersampled)
        return SearchResult(multiplets, labels, counts)
