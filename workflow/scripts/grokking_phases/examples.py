"""A task's examples, and their division into train and test."""

from dataclasses import dataclass
from numbers import Integral
from typing import Any

import numpy as np

from grokking_phases.arguments import type_of


@dataclass(frozen=True)
class Examples:
    """All examples of a task; samples read from a file of a user may have other shapes and types.

    inputs   (n_samples, n_operands) int64, each in 0 … n_tokens - 1
    targets  (n_samples,) int64, each in 0 … n_classes - 1
    train    (n_samples,) bool, None before the split is drawn
    order    (n_samples,) int64, each example's number in the task; None where they stand in the task's order
    """

    inputs: np.ndarray
    targets: np.ndarray
    n_tokens: int
    n_classes: int
    train: np.ndarray | None = None
    order: np.ndarray | None = None

    def __len__(self) -> int:
        return len(self.targets)

    @property
    def sample(self) -> np.ndarray:
        """Return each example's number in the task (n_samples,)."""
        return np.arange(len(self)) if self.order is None else self.order


def check_examples(examples: Any, source: str) -> None:
    """Raise ValueError, naming the file `source`, unless `examples` are as `Examples` describes them."""
    if found := misfit(examples):
        raise ValueError(f"{source}: make() gives {found}")


def misfit(examples: Any) -> str | None:
    """Return what is wrong with a task's examples and what they must be, or None where nothing is wrong."""
    if not isinstance(examples, Examples):
        return f"{type_of(examples)}, and must give Examples(inputs, targets, n_tokens, n_classes)"
    if examples.train is not None or examples.order is not None:
        return (
            "a split, and must leave out train and order: the config's train_fraction and seed draw the split"
        )
    inputs, targets = examples.inputs, examples.targets
    wanted = {"inputs": (inputs, "(n_samples, n_operands)", 2), "targets": (targets, "(n_samples,)", 1)}
    for name, (values, shape, n_dims) in wanted.items():
        if getattr(values, "dtype", None) != np.int64 or values.ndim != n_dims:
            return f"{name} that are {type_of(values)}, and must give an int64 array {shape}"
    if len(inputs) != len(targets):
        return (
            f"{len(inputs)} rows of inputs and {len(targets)} targets, "
            "and must give one of each for every sample"
        )
    if not inputs.size:
        return "no samples, or samples without operands"
    tokens = out_of_range("inputs", inputs, "n_tokens", examples.n_tokens)
    return tokens or out_of_range("targets", targets, "n_classes", examples.n_classes)


def out_of_range(name: str, values: np.ndarray, count: str, size: Any) -> str | None:
    """Return what is wrong if `size` is not a whole number or a value is not in 0 … size - 1, else None."""
    if not isinstance(size, Integral):
        return f"{count} = {size!r}, and must give a whole number"
    low, high = values.min(), values.max()
    if low < 0 or high >= size:
        return f"{name} from {low} to {high}, and with {count} = {size} they must lie from 0 to {size - 1}"
    return None
