"""Comparison of the data in two files of this pipeline, whatever their headers say."""

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from safetensors.numpy import load_file

MEASURED = ("value", "covariance")  # columns of numbers that rounding changes


def compare_files(
    old: Path, new: Path, tolerance: float | None = None, may_be_empty: bool = False
) -> tuple[float, str]:
    """Return the greatest difference between values, and the reason why the files differ ("" if they agree).

    Files must be equal to the last bit. With a tolerance, the column `value` or `covariance` of a table may
    differ by that much. Unless they may be empty, tables without rows count as different. Whether a column
    could have held nulls does not count.
    """
    if old.suffix == ".safetensors":
        return (0.0, "") if _same_tensors(load_file(old), load_file(new)) else (np.nan, "old and new differ")
    before, after = (_nullable(pq.read_table(path)) for path in (old, new))
    if not len(before) and not may_be_empty:
        return np.nan, "the old table has no rows to compare"
    if before.equals(after):
        return 0.0, ""
    if tolerance is None:
        return np.nan, "old and new differ"
    return _compare_values(before, after, tolerance)


def _nullable(table: pa.Table) -> pa.Table:
    """Return the table without metadata, all of whose columns, and the lists in them, may hold nulls."""
    fields = [pa.field(field.name, _nullable_list(field.type)) for field in table.schema]
    return table.cast(pa.schema(fields))


def _nullable_list(kind: pa.DataType) -> pa.DataType:
    if pa.types.is_fixed_size_list(kind):
        return pa.list_(kind.value_type, kind.list_size)
    return pa.list_(kind.value_type) if pa.types.is_list(kind) else kind


def _same_tensors(before: dict[str, Any], after: dict[str, Any]) -> bool:
    return before.keys() == after.keys() and all(
        before[name].tobytes() == after[name].tobytes() for name in before
    )


def _compare_values(before: pa.Table, after: pa.Table, tolerance: float) -> tuple[float, str]:
    column = next(name for name in MEASURED if name in before.column_names)
    rest = [
        table.drop_columns([column]) if column in table.column_names else table for table in (before, after)
    ]
    if before.column_names != after.column_names or not rest[0].equals(rest[1]):
        return np.nan, "old and new differ in more than values"
    one, other = _numbers(before[column]), _numbers(after[column])
    finite = np.isfinite(one) & np.isfinite(other)
    if not np.array_equal(one[~finite], other[~finite], equal_nan=True):
        return np.nan, "old and new differ in which values are finite"
    difference = float(np.max(np.abs(one[finite] - other[finite]), initial=0.0))
    return difference, "" if difference <= tolerance else f"old and new differ by {difference:.3g}"


def _numbers(column: pa.ChunkedArray) -> np.ndarray:
    """Return the numbers in a column, of which each row may have a list."""
    flat = pc.list_flatten(column) if pa.types.is_list(column.type) else column
    return flat.to_numpy()
