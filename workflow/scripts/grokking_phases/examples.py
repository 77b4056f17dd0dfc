"""What every task gives: examples with integer inputs and a class, and their division into train and test."""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from grokking_phases.files import whole


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


def write_examples(path: str | Path, examples: Examples) -> None:
    """One row an example: sample, inputs (fixed-size list), target, split."""
    n_samples, n_operands = examples.inputs.shape
    inputs = pa.FixedSizeListArray.from_arrays(pa.array(examples.inputs.ravel()), n_operands)
    split = np.where(examples.train, "train", "test")
    columns = {"sample": np.arange(n_samples), "inputs": inputs, "target": examples.targets, "split": split}
    sizes = json.dumps({"n_tokens": examples.n_tokens, "n_classes": examples.n_classes})
    with whole(path) as beside:
        pq.write_table(pa.table(columns).replace_schema_metadata({"grokking_phases": sizes}), beside)


def read_examples(path: str | Path) -> Examples:
    table = pq.read_table(path)
    inputs = table["inputs"].combine_chunks()
    return Examples(
        inputs=inputs.flatten().to_numpy().reshape(len(inputs), -1),
        targets=table["target"].to_numpy(),
        train=table["split"].to_numpy() == "train",
        **json.loads(table.schema.metadata[b"grokking_phases"]),
    )
