"""Information of a layer's principal components about operands and class, by any estimate from arrays.

No layer knows more of a label V than its entropy H(V). An estimate that is no bound can be larger: it is then
cut at H(V), and `share_cut` says for how many of the labels.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from grokking_phases.estimators._entropy import entropy
from grokking_phases.estimators._operands import Operands
from grokking_phases.estimators._principal_components import fit_components


class Estimate(NamedTuple):
    """An estimate of I(T;V) in nats before it is cut, and the number of labels with collapsed samples."""

    value: float
    n_collapsed: int = 0

    def cut(self, labels: np.ndarray) -> float:
        """Return the value, or H(V) of the labels where the value is greater; NaN stays NaN."""
        return float(np.minimum(self.value, entropy(labels)))


class OperandsOfComponents(Operands):
    """Estimator of the information of one run's principal components about operands and class.

    `estimate` gives an `Estimate` from T (n_samples, k) and labels (n_samples,).
    """

    def __init__(
        self, snapshots, n_components: int, estimate: Callable[[np.ndarray, np.ndarray], Estimate]
    ) -> None:
        super().__init__(snapshots)
        self.components, self.estimate = fit_components(snapshots, n_components), estimate

    def measure(self, T: np.ndarray, layer: str) -> dict[str, float] | None:
        components = self.components[layer]
        if not components.n_components:
            return components.unmeasured
        X = components.project(T).astype(np.float64)
        if (X[0] == X).all():
            return None
        found = {name: self.estimate(X, label) for name, label in self.labels.items()}
        values = {name: each.cut(self.labels[name]) for name, each in found.items()}
        share_cut = np.mean([each.value > values[name] for name, each in found.items()])
        n_collapsed = sum(each.n_collapsed for each in found.values())
        return self.summed(values) | {"share_cut": share_cut, "n_collapsed": n_collapsed}
