"""A run's snapshots for estimators: activations, inputs and classes are checked and are arrays."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from grokking_phases.samples import take_labels, take_operands, take_samples


@dataclass(frozen=True)
class CheckedSnapshot:
    """One step: {layer: activations (n_samples, width) float64}."""

    step: int
    activations: dict[str, np.ndarray]


@dataclass(frozen=True)
class CheckedSnapshots:
    """The snapshots of a run, whose activations are taken by `take_samples` as they are read.

    Values that are not finite pass. Raise ValueError that names the step and the layer, `targets` or
    `inputs`.
    """

    snapshots: Any

    @property
    def steps(self) -> list[int]:
        return self.snapshots.steps

    @cached_property
    def n_samples(self) -> int:
        """Return the number of samples of the last snapshot."""
        layers = self._checked(self.snapshots[self.steps[-1]]).activations
        return len(next(iter(layers.values())))

    @cached_property
    def targets(self) -> np.ndarray:
        """Return the classes (n_samples,), numbered from 0."""
        return take_labels(self.snapshots.targets, self.n_samples, "targets")

    @cached_property
    def inputs(self) -> np.ndarray:
        """Return the operands (n_samples, n_operands), each numbered from 0."""
        return take_operands(self.snapshots.inputs, self.n_samples)

    def __iter__(self) -> Iterator[CheckedSnapshot]:
        return map(self._checked, self.snapshots)

    def __getitem__(self, step: int) -> CheckedSnapshot:
        return self._checked(self.snapshots[step])

    def _checked(self, snapshot: Any) -> CheckedSnapshot:
        layers = {
            layer: take_samples(T, names=(f"layer {layer} at step {snapshot.step}", ""), finite=False)[0]
            for layer, T in snapshot.activations.items()
        }
        return CheckedSnapshot(snapshot.step, layers)
