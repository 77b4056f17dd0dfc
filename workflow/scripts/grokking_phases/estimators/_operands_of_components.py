"""Information of a layer's principal components about operands and class, by any estimate from arrays."""

from collections.abc import Callable

import numpy as np

from grokking_phases.estimators._operands import Operands
from grokking_phases.estimators._principal_components import fit_components

Estimate = Callable[[np.ndarray, np.ndarray], float]


class OperandsOfComponents(Operands):
    """Estimator of the information of one run's principal components about operands and class.

    `estimate` gives I(T;V) in nats from T (n_samples, k) and labels (n_samples,).
    """

    def __init__(self, snapshots, n_components: int, estimate: Estimate) -> None:
        super().__init__(snapshots)
        self.components, self.estimate = fit_components(snapshots, n_components), estimate

    def measure(self, T: np.ndarray, layer: str) -> dict[str, float] | None:
        components = self.components[layer]
        if not components.n_components:
            return components.unmeasured
        X = components.project(T)
        if (X[0] == X).all():
            return None
        return self.informations(lambda label: self.estimate(X, label))
