"""The one tidy table that curves, metrics and summaries are: run, seed, step, layer, metric, value (float64).

A metric that finds units adds the list column `units`, in the layer's own numbering. Information is in nats, and
positive O-information is redundancy, negative synergy.
"""

import json
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from grokking_phases.files import whole

FORMAT_VERSION = 1
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


def write_table(path: str | Path, rows: pd.DataFrame, metadata: dict | None = None) -> None:
    """Write tidy rows; the columns `normalised` and `units` only where there are any."""
    schema = pa.schema([(name, kind) for name, kind in COLUMNS.items() if name in rows])
    header = json.dumps({"format_version": FORMAT_VERSION, **CONVENTIONS, **(metadata or {})})
    table = pa.Table.from_pandas(rows, schema, preserve_index=False)
    with whole(path) as beside:
        pq.write_table(table.replace_schema_metadata({"grokking_phases": header}), beside, compression="zstd")


def read_table(path: str | Path) -> pd.DataFrame:
    return pq.read_table(path).to_pandas()


def metadata_of(path: str | Path) -> dict:
    """What a file of ours says of itself; {} where there is none."""
    if not Path(path).exists():
        return {}
    return json.loads(pq.read_schema(path).metadata[b"grokking_phases"])
