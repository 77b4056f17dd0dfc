"""Snapshots from arrays in memory, or from files that are read one at a time, as metrics read them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from numbers import Integral
from typing import Any

import numpy as np

from grokking_phases.arguments import type_of
from grokking_phases.data.snapshots import Snapshot
from grokking_phases.samples import take_labels, take_operands, take_samples

Shapes = dict[str, tuple[int, ...]]

LAYER = "layer"  # the name of a layer that was given without one


@dataclass(frozen=True)
class ArraySnapshots:
    """Snapshots of {step: samples (n_samples, n_units)} or {step: {layer: samples}}.

    `labels` are one for each sample; `operands`, if given, are (n_samples, n_operands). Samples are checked
    as they are read (`take_samples`); values that are not finite pass. Raise ValueError for input that is not
    that.
    """

    given: Mapping[int, Any]
    labels: Any
    operands: Any = None

    def __post_init__(self) -> None:
        if not isinstance(self.given, Mapping) or not self.given:
            what = f"snapshots must be {{step: samples}}, not {type_of(self.given)}"
            raise ValueError(f"{what}; give one step at least, such as {{0: T}}.")
        for step in self.given:
            if not isinstance(step, Integral) or step < 0:
                raise ValueError(f"snapshots has the step {step!r}; a step is a whole number from 0 on.")

    @property
    def steps(self) -> list[int]:
        return sorted(self.given)

    @cached_property
    def layers(self) -> dict[str, int]:
        """Return {layer: width} at the last step."""
        return {layer: T.shape[1] for layer, T in self._last.items()}

    @cached_property
    def targets(self) -> np.ndarray:
        """Return the classes (n_samples,), numbered from 0."""
        return take_labels(self.labels, self._n_samples)

    @cached_property
    def inputs(self) -> np.ndarray:
        """Return the operands, each numbered from 0; (n_samples, 0) if there are none."""
        if self.operands is None:
            return np.empty((self._n_samples, 0), dtype=np.int64)
        return take_operands(self.operands, self._n_samples)

    @property
    def test_inputs(self) -> np.ndarray:
        return self.inputs[:0]

    def __len__(self) -> int:
        return len(self.given)

    def __iter__(self) -> Iterator[Snapshot]:
        return (self[step] for step in self.steps)

    def __getitem__(self, step: int) -> Snapshot:
        given = self.given[step]
        named = given if isinstance(given, Mapping) else {LAYER: given}
        name = f"snapshots[{step}]"
        names = {layer: (name if named is not given else f"{name}[{layer!r}]", "") for layer in named}
        taken = {layer: take_samples(T, names=names[layer], finite=False)[0] for layer, T in named.items()}
        self._check_alike(step, taken)
        return Snapshot(step, taken)

    def _check_alike(self, step: int, taken: dict[str, np.ndarray]) -> None:
        """Raise ValueError unless a step has layers, and those of the last step, in the same shapes."""
        shapes = {layer: T.shape for layer, T in taken.items()}
        if not shapes:
            raise ValueError(f"snapshots[{step}] has no layers; give one at least.")
        last = self.steps[-1]
        expected = shapes if step == last else {layer: T.shape for layer, T in self._last.items()}
        if shapes != expected:
            what = f"snapshots[{step}] has {in_words(shapes)}, and snapshots[{last}] has {in_words(expected)}"
            raise ValueError(f"{what}; give the same samples and layers at each step.")

    @cached_property
    def _last(self) -> dict[str, np.ndarray]:
        return self[self.steps[-1]].activations

    @property
    def _n_samples(self) -> int:
        return len(next(iter(self._last.values())))


def in_words(shapes: Shapes) -> str:
    """Return the shapes of layers, such as `layer (100, 5)`."""
    return ", ".join(f"{layer} {shape}" for layer, shape in shapes.items())
