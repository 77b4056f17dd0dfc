"""A tidy table has fixed column types and a header."""

import re

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from grokking_phases.storage.headers import header_of
from grokking_phases.storage.tables import read_table, write_table


@pytest.fixture
def rows():
    """Return rows with other types and another order of columns than the table's, and with a NaN."""
    return pd.DataFrame(
        {
            "value": np.array([0.5, np.nan, 1e-300]),
            "metric": ["train_loss", "synergy", "synergy"],
            "layer": [None, "hidden", "hidden"],
            "step": np.array([0, 1, 2], dtype=np.int32),
            "seed": 420,
            "run": "addition",
        }
    )


def test_a_table_is_read_back_with_the_columns_of_the_format(rows, tmp_path):
    write_table(tmp_path / "table.parquet", rows, {})
    back = read_table(tmp_path / "table.parquet")
    assert back.columns.tolist() == ["run", "seed", "step", "layer", "metric", "value"]
    pd.testing.assert_frame_equal(back, rows[back.columns.tolist()], check_dtype=False)
    assert pq.read_schema(tmp_path / "table.parquet").types == [
        pa.string(),
        pa.int64(),
        pa.int64(),
        pa.string(),
        pa.string(),
        pa.float64(),
    ]


def test_optional_columns_are_read_back(rows, tmp_path):
    rows = rows.assign(normalised=[0.0, 0.5, 1.0], units=[None, [0, 249], []])
    write_table(tmp_path / "table.parquet", rows, {})
    back = pd.read_parquet(tmp_path / "table.parquet")  # by pandas alone
    assert back.columns.tolist()[-2:] == ["normalised", "units"]
    assert back["normalised"].tolist() == [0.0, 0.5, 1.0]
    assert back["units"][0] is None
    assert [back["units"][i].tolist() for i in (1, 2)] == [[0, 249], []]
    assert back["units"][1].dtype == np.int32


def test_the_header_states_the_unit_and_the_sign_of_information(rows, tmp_path):
    write_table(tmp_path / "table.parquet", rows, {"options": {"n_bins": 10}})
    said = header_of(tmp_path / "table.parquet")
    assert said.pop("o_information") == "positive = redundancy, negative = synergy"
    assert re.fullmatch("sha256:[0-9a-f]{64}", said.pop("seal"))
    assert re.fullmatch("[0-9a-f]{16}-data:[0-9a-f]{16}", said.pop("content"))
    assert said == {"format_version": 2, "information": "nats", "options": {"n_bins": 10}}


def test_a_value_of_a_wrong_type_leaves_the_old_table(rows, tmp_path):
    write_table(tmp_path / "table.parquet", rows, {})
    with pytest.raises(pa.ArrowException):
        write_table(tmp_path / "table.parquet", rows.assign(value="many"), {})
    assert read_table(tmp_path / "table.parquet")["value"][0] == 0.5
    assert [path.name for path in tmp_path.iterdir()] == ["table.parquet"]
