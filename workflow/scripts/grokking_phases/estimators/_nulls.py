"""Controls of an estimate: the snapshots of a run under two nulls, and at another scale.

labels   permutes the samples' inputs and classes together, so the layer knows nothing of them
units    permutes the samples of each unit separately, so no unit knows of another unit or of an input
tripled  multiplies all activations by three. The layer knows as much as before, so a measure that changes has
         measured a scale
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np

Null = Literal["none", "labels", "units"]


def controls_of(snapshots: Any, seed: int) -> dict[str, "ControlSnapshots"]:
    """Return {control: snapshots under it}. The permutations follow from the seed."""
    nulls = {null: ControlSnapshots(snapshots, null, seed=seed) for null in ("labels", "units")}
    return nulls | {"tripled": ControlSnapshots(snapshots, scale=3.0)}


@dataclass(frozen=True)
class ControlSnapshots:
    """A run's `snapshots` under a null and with activations times `scale`, read in the same way.

    The seed alone decides the permutation of labels, which is the same at every step. The seed and the step
    decide the permutations of units. They are drawn layer after layer, so other layers have other ones.
    """

    snapshots: Any
    null: Null = "none"
    scale: float = 1.0
    seed: int = 0

    @property
    def steps(self) -> list[int]:
        return self.snapshots.steps

    @property
    def targets(self) -> np.ndarray:
        return self._permuted(self.snapshots.targets)

    @property
    def inputs(self) -> np.ndarray:
        return self._permuted(self.snapshots.inputs)

    def _permuted(self, labels: np.ndarray) -> np.ndarray:
        """Return the rows of labels (n_samples, …), permuted in one order if the null asks for it."""
        if self.null != "labels":
            return labels
        return np.random.default_rng(self.seed).permutation(labels)

    def __iter__(self) -> Iterator[Any]:
        return map(self._altered, self.snapshots)

    def __getitem__(self, step: int) -> Any:
        return self._altered(self.snapshots[step])

    def _altered(self, snapshot: Any) -> Any:
        layers = {layer: T * np.float32(self.scale) for layer, T in snapshot.activations.items()}
        if self.null == "units":
            rng = np.random.default_rng([self.seed, snapshot.step])
            layers = {layer: rng.permuted(T, axis=0) for layer, T in layers.items()}
        return replace(snapshot, activations=layers)
