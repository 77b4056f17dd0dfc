"""What every task gives: examples with integer inputs and a class, and their division into train and test."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from grokking_phases.headers import header_of, write_parquet

SIZES = ("n_tokens", "n_classes")


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


def write_examples(path: str | Path, examples: Examples, header: dict[str, Any]) -> None:
    """One row an example: sample, inputs (fixed-size list), target, split."""
    n_samples, n_operands = examples.inputs.shape
    inputs = pa.FixedSizeListArray.from_arrays(pa.array(examples.inputs.ravel()), n_operands)
    split = np.where(examples.train, "train", "test")
    columns = {"sample": np.arange(n_samples), "inputs": inputs, "target": examples.targets, "split": split}
    write_parquet(path, pa.table(columns), {name: getattr(examples, name) for name in SIZES} | header)


def read_examples(path: str | Path, **expected: Any) -> Examples:
    """The dataset of this run and seed, if given; ValueError for any other, and for a damaged file."""
    header = header_of(path, **expected)
    table = pq.read_table(path)
    inputs = table["inputs"].combine_chunks()
    return Examples(
        inputs=inputs.flatten().to_numpy().reshape(len(inputs), -1),
        targets=table["target"].to_numpy(),
        train=table["split"].to_numpy() == "train",
        **{name: header[name] for name in SIZES},
    )
