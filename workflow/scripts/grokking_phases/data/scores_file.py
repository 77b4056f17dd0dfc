"""The file between the snapshots of a run and the search in their layers: what no number of bins changes.

It holds the parts of each layer (`synergy.searched_layer`), one row for each step and layer. Each step is a
row group, and a reader takes one step at a time.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from grokking_phases.data.snapshots import Snapshot, Snapshots, Steps, chosen, ended_early
from grokking_phases.storage.headers import header_of, metadata, sealed

COLUMNS = {
    "step": pa.int64(),
    "layer": pa.string(),
    "ties": pa.string(),
    "n_samples": pa.int64(),
    "width": pa.int64(),
    "n_constant": pa.int64(),
    "live": pa.list_(pa.int32()),
    "covariance": pa.list_(pa.float64()),
    "ward": pa.list_(pa.int32()),
    "average": pa.list_(pa.int32()),
    "complete": pa.list_(pa.int32()),
}
# Bytes of equal significance are stored side by side: floats with no common digits share exponents.
CODING = {
    "compression": "zstd",
    "use_dictionary": False,
    "use_byte_stream_split": ["covariance.list.element"],
}


def write_scores(path: str | Path, rows: Iterable[dict[str, Any]], header: dict[str, Any]) -> None:
    """Write rows {step, layer, and the parts of the layer}, which come step by step."""
    schema = pa.schema(COLUMNS.items(), metadata=metadata(header))
    with sealed(path) as temporary, pq.ParquetWriter(temporary, schema, **CODING) as writer:
        group: list[dict] = []
        for row in rows:
            if group and row["step"] != group[0]["step"]:
                writer.write_table(table_of(group, schema))
                group = []
            group.append(row)
        if group:
            writer.write_table(table_of(group, schema))


def table_of(rows: list[dict[str, Any]], schema: pa.Schema) -> pa.Table:
    """Return rows as a table, without a copy of each number as an object of Python."""
    columns = [pa.array([row[field.name] for row in rows], field.type) for field in schema]
    return pa.Table.from_arrays(columns, schema=schema)


def steps_to_score(recorded: list[int], rules: list[Steps] | None, header: dict[str, Any]) -> list[int]:
    """Return the recorded steps that any of several rules chooses (`steps.py`), ascending; None: all.

    header: what says whether the training ended early, of the snapshots or of a file made from them.
    """
    if rules is None or not recorded:
        return recorded
    return sorted({step for rule in rules for step in chosen(recorded, rule, ended_early(header))})


class ScoredSnapshots:
    """The snapshots of a run with what is stored of their layers; iterate as often as needed.

    path       the file of the parts. Its header's `recorded` holds the steps that the run recorded
    steps      a rule that chooses from these, or None for all
    snapshots  the run's snapshots, or None. Without them the activations of each layer are None
    origin     what the header must state, such as run and seed

    Raise ValueError if the file lacks a step, or if its parts are not of these snapshots.
    """

    def __init__(
        self,
        path: str | Path,
        *,
        steps: Steps = None,
        snapshots: Snapshots | None = None,
        origin: dict[str, Any] | None = None,
    ) -> None:
        self.header, self.snapshots = header_of(path, **(origin or {})), snapshots
        if snapshots is not None and self.header["dataset"] != snapshots.header["dataset"]:
            raise ValueError(f"{path} was not made from these snapshots; delete it, and it is made again")
        self.steps = steps_to_score(self.header["recorded"], steps and [steps], self.header)
        self._row_groups = {step: i for i, step in enumerate(self.header["steps"])}
        if missing := [step for step in self.steps if step not in self._row_groups]:
            raise ValueError(f"{path} lacks step {missing[0]}; delete it, and it is made again")
        self._file = pq.ParquetFile(path)

    def __len__(self) -> int:
        return len(self.steps)

    def __iter__(self) -> Iterator[Snapshot]:
        for step in self.steps:
            scores = self.parts(step)
            found = self.snapshots[step] if self.snapshots else Snapshot(step, dict.fromkeys(scores))
            yield replace(found, scores=scores)

    def parts(self, step: int) -> dict[str, dict[str, Any]]:
        """Return {layer: parts} of a step."""
        table = self._file.read_row_group(self._row_groups[step])
        columns = {name: values_of(table[name].combine_chunks()) for name in table.column_names}
        rows = (dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True))
        return {row["layer"]: row for row in rows}


def values_of(column: pa.Array) -> list[Any]:
    """Return the values of a column: an array for each list, else Python's own."""
    if not pa.types.is_list(column.type):
        return column.to_pylist()
    return [np.asarray(each.values) for each in column]
