"""Comparison of the data in two files of this pipeline, whatever their headers say."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
from safetensors.numpy import load_file


def compare_files(old: Path, new: Path, tolerance: float | None = None) -> tuple[float, str]:
    """Return the greatest difference between values, and the reason why the files differ ("" if they agree).

    Files must be equal to the last bit. With a tolerance, the column `value` of a table may differ by that
    much. Tables without rows count as different.
    """
    if old.suffix == ".safetensors":
        return (0.0, "") if _same_tensors(load_file(old), load_file(new)) else (np.nan, "old and new differ")
    before, after = (pq.read_table(path).replace_schema_metadata() for path in (old, new))
    if not len(before):
        return np.nan, "the old table has no rows to compare"
    if before.equals(after):
        return 0.0, ""
    if tolerance is None:
        return np.nan, "old and new differ"
    return _compare_values(before.to_pandas(), after.to_pandas(), tolerance)


def _same_tensors(before: dict[str, Any], after: dict[str, Any]) -> bool:
    return before.keys() == after.keys() and all(
        before[name].tobytes() == after[name].tobytes() for name in before
    )


def _compare_values(before: pd.DataFrame, after: pd.DataFrame, tolerance: float) -> tuple[float, str]:
    if list(before) != list(after) or not before.drop(columns="value").equals(after.drop(columns="value")):
        return np.nan, "old and new differ in more than values"
    one, other = before["value"].to_numpy(), after["value"].to_numpy()
    finite = np.isfinite(one) & np.isfinite(other)
    if not np.array_equal(one[~finite], other[~finite], equal_nan=True):
        return np.nan, "old and new differ in which values are finite"
    difference = float(np.max(np.abs(one[finite] - other[finite]), initial=0.0))
    return difference, "" if difference <= tolerance else f"old and new differ by {difference:.3g}"
