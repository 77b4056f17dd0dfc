"""What each estimator of mutual information says of one layer at one step, in one form.

`names` are the informations that it gives, in nats; `ceilings(layer)` what those with X and with Y cannot exceed;
`measure(T, layer)` their values for activations T (n_samples, width) that are finite: {} where they are undefined, None
where the layer is constant.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from grokking_phases.estimators.binning import Edges, Projection, column_means, entropy, fit_projections
from grokking_phases.estimators.kernel_density import KDE, kde_information
from grokking_phases.estimators.renyi import renyi_entropy_of, renyi_information

NoiseScale = Literal["relative", "absolute"]


@dataclass(frozen=True)
class Noise:
    """How coarsely kernels see a layer."""

    size: float
    scale: NoiseScale

    def of(self, T: np.ndarray) -> float:
        """Its standard deviation s in activation units; 0 for a constant layer where it is relative."""
        if self.scale == "absolute":
            return self.size
        return self.size * np.sqrt(((T - column_means(T)) ** 2).sum(axis=1).mean())


@dataclass(frozen=True)
class KernelDensity:
    targets: np.ndarray
    noise: Noise
    names = KDE

    def ceilings(self, _layer: str) -> tuple[float, float]:
        return np.log(len(self.targets)), entropy(self.targets)

    def measure(self, T: np.ndarray, _layer: str) -> dict[str, float] | None:
        s = self.noise.of(T)
        return kde_information(T, self.targets, s) | {"resolution": s} if s > 0 else None


@dataclass(frozen=True)
class Binned:
    targets: np.ndarray
    projections: dict[str, Projection]
    bins: int
    edges: Edges
    names = ("information_x", "information_y")

    def ceilings(self, layer: str) -> tuple[float, float]:
        cells = self.projections[layer].n_components * np.log(self.bins)
        return min(np.log(len(self.targets)), cells), entropy(self.targets)

    def measure(self, T: np.ndarray, layer: str) -> dict[str, float] | None:
        projection = self.projections[layer]
        if not projection.n_components:
            return projection.nothing
        x, y, width = projection.information(T, self.targets, self.bins, self.edges)
        return {"information_x": x, "information_y": y, "resolution": width}


class PerNeuron(Binned):
    """Each unit is a component of its own."""

    def ceilings(self, _layer: str) -> tuple[float, float]:
        return np.log(self.bins), min(np.log(self.bins), entropy(self.targets))

    def measure(self, T: np.ndarray, layer: str) -> dict[str, float]:
        units = self.projections[layer].each()
        values = [unit.information(T, self.targets, self.bins, self.edges) for unit in units]
        x, y, _ = np.mean(values, axis=0)
        return {"information_x": x, "information_y": y}


class OfOperands:
    """Estimators of what a layer says of a label, each operand being one, and the class."""

    def __init__(self, snapshots) -> None:
        operands = {f"operand_{i}": column for i, column in enumerate(snapshots.inputs.T, start=1)}
        self.labels = operands | {"y": snapshots.targets}
        self.names = ("information_x", *(f"information_{name}" for name in self.labels))

    def ceilings(self, _layer: str) -> tuple[float, float]:
        *operands, y = map(entropy, self.labels.values())
        return sum(operands), y

    def of_labels(self, estimate: Callable[[np.ndarray], float]) -> dict[str, float]:
        values = {f"information_{name}": estimate(label) for name, label in self.labels.items()}
        return {"information_x": sum(values.values()) - values["information_y"], **values}


class OfComponents(OfOperands):
    """On the principal components."""

    def __init__(self, snapshots, n_components: int, estimate: Callable[[np.ndarray, np.ndarray], float]) -> None:
        super().__init__(snapshots)
        self.projections, self.estimate = fit_projections(snapshots, n_components), estimate

    def measure(self, T: np.ndarray, layer: str) -> dict[str, float] | None:
        projection = self.projections[layer]
        if not projection.n_components:
            return projection.nothing
        projected = projection.of(T)
        if (projected == projected[0]).all():
            return None
        return self.of_labels(lambda label: self.estimate(projected, label))


class Usable(OfOperands):
    """By linear probes."""

    def __init__(self, snapshots, seed: int) -> None:
        super().__init__(snapshots)
        self.seed = seed

    def measure(self, T: np.ndarray, _layer: str) -> dict[str, float] | None:
        from grokking_phases.estimators.linear_probe import usable_information  # scikit-learn, whose import takes 1.8 s

        if (T[0] == T).all():
            return None
        unconverged = []

        def estimate(label: np.ndarray) -> float:
            value, converged = usable_information(T, label, self.seed)
            unconverged.append(not converged)
            return value

        return self.of_labels(estimate) | {"n_unconverged": sum(unconverged)}


@dataclass(frozen=True)
class Renyi:
    chosen: np.ndarray  # which samples
    targets: np.ndarray  # theirs
    noise: Noise
    alpha: float
    names = ("information_x", "information_y")

    @classmethod
    def of(cls, targets: np.ndarray, n_samples: int, seed: int, noise: Noise, alpha: float) -> "Renyi":
        chosen = np.sort(np.random.default_rng(seed).permutation(len(targets))[:n_samples])
        return cls(chosen, targets[chosen], noise, alpha)

    def ceilings(self, _layer: str) -> tuple[float, float]:
        return np.log(len(self.chosen)), renyi_entropy_of(self.targets, self.alpha)

    def measure(self, T: np.ndarray, _layer: str) -> dict[str, float] | None:
        T = T[self.chosen]
        s = self.noise.of(T)
        if not s > 0:
            return None
        x, y = renyi_information(T, self.targets, s, self.alpha)
        return {"information_x": x, "information_y": y, "resolution": s}
