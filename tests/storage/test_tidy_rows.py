"""A metric's rows become a table unchanged; wrong rows raise an error that names its file."""

import numpy as np
import pandas as pd
import pytest

from grokking_phases.storage.tables import read_table, write_table
from grokking_phases.storage.tidy_rows import tidy

ROW = {"step": 0, "layer": "hidden", "metric": "m", "value": 1.0}
ROWS = [ROW, ROW | {"step": 5, "value": np.nan}, ROW | {"metric": "n", "value": np.float32(0.1)}]


def without(name):
    return {key: value for key, value in ROW.items() if key != name}


@pytest.mark.parametrize("give", [list, iter, tuple, pd.DataFrame])
def test_rows_are_kept_as_they_are(give):
    pd.testing.assert_frame_equal(tidy(give(ROWS), "mine.py"), pd.DataFrame(ROWS))


def test_rows_with_units_may_share_a_step_layer_and_metric():
    rows = [ROW | {"units": [1, 2]}, ROW | {"units": [3]}, ROW | {"units": None}]
    assert tidy(rows, "mine.py")["units"].tolist() == [[1, 2], [3], None]


@pytest.mark.parametrize("give", [list, pd.DataFrame])
def test_whole_numbers_and_missing_layers_can_be_stored(give, tmp_path):
    rows = tidy(give([ROW | {"layer": None, "value": 3}, ROW | {"value": True, "units": [1]}]), "mine.py")
    write_table(tmp_path / "table.parquet", rows.assign(run="r", seed=0), {})
    read = read_table(tmp_path / "table.parquet")
    assert read["value"].tolist() == [3.0, 1.0] and read["layer"].fillna("").tolist() == ["", "hidden"]


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ([without("layer")], "lacks 'layer'"),
        ([without("metric")], "lacks 'metric'"),
        ([without("value") | {"values": 1.0}], "lacks 'value' .*values"),
        (pd.DataFrame([without("value")]), "lacks 'value'"),
        ([(0, "hidden", "m", 1.0)], "a tuple as a row"),
        (None, "gave None"),
        ("step", "gave a str"),
        (np.zeros((2, 4)), "gave a float64 array"),
        ({"step": [0], "value": [1.0]}, "gave a dict"),
        (1.0, "gave a float"),
        ([ROW | {"epoch": 1}], "the key 'epoch'"),
        (pd.DataFrame([ROW | {"epoch": 1}]), "the key 'epoch'"),
        ([], "no rows"),
        (pd.DataFrame(columns=list(ROW)), "no rows"),
        (ROWS + [ROW], "'m' of layer 'hidden' twice at step 0"),
        ([ROW | {"step": 0.5}], "'step' .* a float"),
        ([ROW | {"layer": 1}], "'layer' .* an int"),
        ([ROW | {"value": "1"}], "'value' .* a str"),
        ([ROW | {"value": None}], "'value' .* None"),
        ([ROW | {"units": 3}], "'units' .* an int"),
    ],
)
def test_wrong_rows_are_refused_with_the_file(given, sentence):
    with pytest.raises(ValueError, match=f"^metrics/mine.py: .*{sentence}"):
        tidy(given, "metrics/mine.py")
