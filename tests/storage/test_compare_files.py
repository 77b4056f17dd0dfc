"""Two files agree if they are equal to the last bit, or within a tolerance that is asked for."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from safetensors.numpy import save

from grokking_phases.storage.compare_files import compare_files
from grokking_phases.storage.headers import header_of, metadata, sealed, write_parquet
from grokking_phases.storage.replace_header import replace_header

ROWS = pd.DataFrame({"step": [0, 1, 2], "value": [1.0, np.nan, -np.inf]})


def table(path, rows):
    write_parquet(path, pa.Table.from_pandas(rows, preserve_index=False), {"run": "a"})
    return path


def tensors(path, weight):
    with sealed(path) as temporary:
        temporary.write_bytes(save({"weight": weight}, metadata({"run": "a"})))
    return path


@pytest.mark.parametrize(
    ("change", "tolerance", "expected"),
    [
        ({}, None, (True, 0.0)),
        ({"value": [1.0 + 1e-12, np.nan, -np.inf]}, None, (False, np.nan)),
        ({"value": [1.0 + 2**-40, np.nan, -np.inf]}, 0.0, (False, 2**-40)),
        ({"value": [1.0 + 2**-40, np.nan, -np.inf]}, 2**-40, (True, 2**-40)),
        ({"value": [1.0, np.nan, np.inf]}, 1.0, (False, np.nan)),
        ({"value": [1.0, 0.0, -np.inf]}, 1.0, (False, np.nan)),
        ({"step": [0, 1, 3]}, 1.0, (False, np.nan)),
        ({"more": 1}, 1.0, (False, np.nan)),
    ],
)
def test_tables(change, tolerance, expected, tmp_path):
    old, new = table(tmp_path / "old.parquet", ROWS), table(tmp_path / "new.parquet", ROWS.assign(**change))
    difference, why = compare_files(old, new, tolerance)
    np.testing.assert_equal((not why, difference), expected)


def test_tables_without_rows_count_as_different_unless_they_may_be_empty(tmp_path):
    empty, full = table(tmp_path / "empty.parquet", ROWS[:0]), table(tmp_path / "full.parquet", ROWS)
    assert compare_files(empty, empty, 1.0)[1]
    assert compare_files(empty, empty, may_be_empty=True) == (0.0, "")
    assert compare_files(empty, full, may_be_empty=True)[1]


def test_whether_nulls_could_be_held_does_not_count_and_the_type_of_numbers_does(tmp_path):
    """Compare activations as versions with and without marks of nulls wrote them."""
    values = pa.array(np.zeros(6, np.float16))
    kinds = {
        "old": pa.list_(pa.float16(), 3),
        "new": pa.list_(pa.field("element", pa.float16(), nullable=False), 3),
        "wide": pa.list_(pa.float32(), 3),
    }
    paths = {name: tmp_path / f"{name}.parquet" for name in kinds}
    for name, kind in kinds.items():
        rows = pa.FixedSizeListArray.from_arrays(values.cast(kind.value_type), type=kind)
        schema = pa.schema([pa.field("hidden", kind, nullable=name != "new")])
        write_parquet(paths[name], pa.Table.from_arrays([rows], schema=schema), {"run": "a"})
    assert compare_files(paths["old"], paths["new"]) == (0.0, "")
    assert compare_files(paths["old"], paths["wide"])[1]


def test_tensors(tmp_path):
    zeros = tensors(tmp_path / "a.safetensors", np.zeros(3))
    assert compare_files(zeros, tensors(tmp_path / "b.safetensors", np.zeros(3))) == (0.0, "")
    assert compare_files(zeros, tensors(tmp_path / "c.safetensors", -np.zeros(3)))[1]


@pytest.mark.parametrize("length", [0, 1, 100, 127, 128, 20_000])
def test_another_header_leaves_the_data_as_they_are(length, tmp_path):
    for path in (table(tmp_path / "a.parquet", ROWS), tensors(tmp_path / "a.safetensors", np.arange(5.0))):
        content = header_of(path)["content"]
        replace_header(path, header_of(path) | {"made_by": {"code": "é" * length}})
        assert (header_of(path)["content"], header_of(path)["made_by"]["code"]) == (content, "é" * length)
        same = (
            table(tmp_path / "b.parquet", ROWS)
            if path.suffix == ".parquet"
            else tensors(tmp_path / "b.safetensors", np.arange(5.0))
        )
        assert compare_files(path, same) == (0.0, "")


def test_a_damaged_file_gets_no_new_header(tmp_path):
    path = table(tmp_path / "a.parquet", ROWS)
    content = bytearray(path.read_bytes())
    content[20] ^= 1
    path.write_bytes(content)
    with pytest.raises(ValueError, match="its seal does not fit"):
        replace_header(path, {})
    assert path.read_bytes() == content
