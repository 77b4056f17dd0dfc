"""What every task gives: examples with integer inputs and a class, and their division into train and test."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Examples:
    """All examples of a task.

    inputs   (n_samples, n_operands) int64, each in 0 … n_tokens - 1
    targets  (n_samples,) int64, each in 0 … n_classes - 1
    train    (n_samples,) bool, None before the split is drawn
    """

    inputs: np.ndarray
    targets: np.ndarray
    n_tokens: int
    n_classes: int
    train: np.ndarray | None = None

    def __len__(self) -> int:
        return len(self.targets)
