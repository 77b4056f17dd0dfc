"""The dataset file of a network that was recorded elsewhere: samples of any shape, whole or real numbers.

Each row is a sample: its number, its inputs and its target as flat lists, and its split. The probe samples
are the split `train`. The header holds the shape of one sample and of one target. There may be no inputs.
Files of the pipeline's own data sets hold no shapes, and are read too.
"""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from grokking_phases.data.examples_file import read_examples
from grokking_phases.examples import Examples
from grokking_phases.storage.headers import header_of, write_parquet

Samples = tuple[np.ndarray, np.ndarray]  # inputs and targets


def write_probe(path: str | Path, probe: Samples, test: Samples | None, header: dict[str, Any]) -> None:
    """Write the probe samples, then the test samples, in their order."""
    inputs, targets = probe if test is None else map(np.concatenate, zip(probe, test, strict=True))
    split = np.where(np.arange(len(inputs)) < len(probe[0]), "train", "test")
    whole = targets.dtype.kind in "iub" and targets.ndim == 1
    shapes = {"input_shape": inputs.shape[1:], "target_shape": targets.shape[1:]}
    sizes = {"n_tokens": None, "n_classes": int(targets.max()) + 1 if whole else None}
    columns = {"sample": np.arange(len(inputs)), "split": split}
    columns |= (
        {"inputs": _lists(inputs)} if inputs[0].size else {}
    )  # Parquet has no empty lists of a fixed size
    columns["target"] = targets if targets.ndim == 1 else _lists(targets)
    write_parquet(path, pa.table(columns), shapes | sizes | header)


def read_probe(path: str | Path) -> Examples:
    """Return the samples in a dataset file, in their own shapes."""
    header = header_of(path)
    if "input_shape" not in header:
        return read_examples(path)
    table = pq.read_table(path)
    targets = table["target"].combine_chunks()
    flat = targets.flatten() if header["target_shape"] else targets
    examples = Examples(
        inputs=_inputs(table, header["input_shape"]),
        targets=flat.to_numpy(zero_copy_only=False).reshape(-1, *header["target_shape"]),
        n_tokens=header["n_tokens"],
        n_classes=header["n_classes"],
        train=table["split"].to_numpy() == "train",
    )
    return replace(examples, order=table["sample"].to_numpy())


def _inputs(table: pa.Table, shape: list[int]) -> np.ndarray:
    if "inputs" not in table.column_names:
        return np.empty((len(table), *shape))
    return table["inputs"].combine_chunks().flatten().to_numpy().reshape(-1, *shape)


def _lists(values: np.ndarray) -> pa.FixedSizeListArray:
    flat = values.reshape(len(values), -1)
    return pa.FixedSizeListArray.from_arrays(pa.array(flat.ravel()), flat.shape[1])
