"""A run's snapshots as they would be if something about them did not hold: for nulls, and for another scale.

labels   the samples' inputs and classes are permuted, together: the layer knows nothing of them
units    the samples of each unit are permuted, each unit by itself: no two units know of each other, nor of an input
tripled  all activations times three: no other layer, and a measure that changes has measured a scale
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np

Null = Literal["none", "labels", "units"]


def altered_ways(snapshots: Any, seed: int) -> dict[str, "Altered"]:
    """The snapshots in each of these ways."""
    nulls = {null: Altered(snapshots, null, seed=seed) for null in ("labels", "units")}
    return nulls | {"tripled": Altered(snapshots, scale=3.0)}


@dataclass(frozen=True)
class Altered:
    """As `snapshots`, with activations times `scale`, under a null; draws follow from the seed and the step."""

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

    def _permuted(self, of_samples: np.ndarray) -> np.ndarray:
        if self.null != "labels":
            return of_samples
        return np.random.default_rng(self.seed).permutation(of_samples)

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
