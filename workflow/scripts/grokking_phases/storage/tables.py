"""The tidy table of curves, metrics and summaries: run, seed, step, layer, metric, value (float64).

A metric that finds units adds the list column `units`, in the layer's own numbering. Information is in nats.
Positive O-information is redundancy, negative O-information is synergy.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from grokking_phases.storage.headers import header_of, write_parquet

CONVENTIONS = {"information": "nats", "o_information": "positive = redundancy, negative = synergy"}
COLUMNS = {
    "run": pa.string(),
    "seed": pa.int64(),
    "step": pa.int64(),
    "layer": pa.string(),
    "metric": pa.string(),
    "value": pa.float64(),
    "normalised": pa.float64(),
    "units": pa.list_(pa.int32()),
}
# Events of a run, each at a step. Over seeds, an event has an interval, and n_found of n_seeds seeds have it.
EVENTS = {
    "run": pa.string(),
    "seed": pa.int64(),
    "source": pa.string(),
    "layer": pa.string(),
    "rule": pa.string(),
    "curve": pa.string(),
    "of": pa.string(),
    "event": pa.string(),
    "quantity": pa.string(),
    "status": pa.string(),
    "step": pa.float64(),
    "value": pa.float64(),
    "low": pa.float64(),
    "high": pa.float64(),
    "share": pa.float64(),
    "n_found": pa.int64(),
    "n_seeds": pa.int64(),
}
EMPTY = pd.DataFrame({name: [] for name in ("run", "seed", "step", "layer", "metric", "value")})


def write_table(path: str | Path, rows: pd.DataFrame, header: dict[str, Any]) -> None:
    """Write tidy rows; the columns `normalised` and `units` are written only if the rows have them."""
    schema = pa.schema([(name, kind) for name, kind in COLUMNS.items() if name in rows])
    write_parquet(path, pa.Table.from_pandas(rows, schema, preserve_index=False), CONVENTIONS | header)


def write_rows(path: str | Path, rows: pd.DataFrame, header: dict[str, Any]) -> None:
    """Write the rows of an analysis over runs, which has columns of its own."""
    write_parquet(path, pa.Table.from_pandas(rows, preserve_index=False), {"information": "nats", **header})


def read_table(path: str | Path, **expected: Any) -> pd.DataFrame:
    """Return the table in a file; raise ValueError if it was changed or its header is not as `expected`."""
    header_of(path, **expected)
    return pq.read_table(path).to_pandas()


def read_tables(paths: Iterable[str | Path], **expected: Any) -> pd.DataFrame:
    """Return the rows of several tables as one table, in the order of the paths."""
    return pd.concat([read_table(path, **expected) for path in paths], ignore_index=True)


def read_tables_by_name(paths: Iterable[str | Path], **expected: Any) -> dict[str, pd.DataFrame]:
    """Return {file name without its ending: table}; files of one name, such as all seeds', form one table."""
    named: dict[str, list] = {}
    for path in paths:
        named.setdefault(Path(path).stem, []).append(path)
    return {name: read_tables(files, **expected) for name, files in named.items()}


def write_events(path: str | Path, rows: pd.DataFrame, header: dict[str, Any]) -> None:
    """Write a run's events, per seed and over seeds (seed missing), in the columns of `EVENTS`."""
    schema = pa.schema([(name, kind) for name, kind in EVENTS.items() if name in rows])
    write_parquet(path, pa.Table.from_pandas(rows, schema, preserve_index=False), CONVENTIONS | header)
