"""The dataset file: a task's examples in the order of the split, with their division into train and test."""

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from grokking_phases.examples import Examples
from grokking_phases.storage.headers import header_of, write_parquet

SIZES = ("n_tokens", "n_classes")


def write_examples(path: str | Path, examples: Examples, header: dict[str, Any]) -> None:
    """Write one row for each example, in their order: sample, inputs (fixed-size list), target, split.

    `sample` is the example's number in the task.
    """
    inputs = pa.FixedSizeListArray.from_arrays(pa.array(examples.inputs.ravel()), examples.inputs.shape[1])
    split = np.where(examples.train, "train", "test")
    columns = {"sample": examples.sample, "inputs": inputs, "target": examples.targets, "split": split}
    write_parquet(path, pa.table(columns), {name: int(getattr(examples, name)) for name in SIZES} | header)


def read_examples(path: str | Path, **expected: Any) -> Examples:
    """Return the examples in a dataset file.

    Raises ValueError if the file is damaged, or its header differs from `expected` (run, seed, …).
    """
    header = header_of(path, **expected)
    table = pq.read_table(path)
    inputs = table["inputs"].combine_chunks()
    return Examples(
        inputs=inputs.flatten().to_numpy().reshape(len(inputs), -1),
        targets=table["target"].to_numpy(),
        train=table["split"].to_numpy() == "train",
        order=table["sample"].to_numpy(),
        **{name: header[name] for name in SIZES},
    )
