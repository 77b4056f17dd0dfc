"""Controls of an estimate: a run's snapshots under two nulls, and at another scale.

labels   permutes the samples' inputs and classes, together: the layer knows nothing of them
units    permutes the samples of each unit, each unit by itself: no two units know of each other, nor of an input
tripled  multiplies all activations by three: this is no other layer, and a measure that changes has measured a scale
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np

Null = Literal["none", "labels", "units"]


def controls_of(snapshots: Any, seed: int) -> dict[str, "ControlSnapshots"]:
    """Return the snapshots under each control, by its name; permutations follow from the seed."""
    nulls = {null: ControlSnapshots(snapshots, null, seed=seed) for null in ("labels", "units")}
    return nulls | {"tripled": ControlSnapshots(snapshots, scale=3.0)}


@dataclass(frozen=True)
class ControlSnapshots:
    """A run's `snapshots`, read like them, under a null and with activations times `scale`.

    Labels are permuted by the seed, alike at every step; units by the seed and the step.
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
        """Permute the rows of labels (n_samples, …) if the null asks for it, always in the same order."""
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
