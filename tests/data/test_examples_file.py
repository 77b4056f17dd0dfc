"""A dataset is read back as it was written, and other libraries can read it."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from grokking_phases.data.examples_file import read_examples, write_examples
from grokking_phases.examples import Examples


@pytest.fixture(params=[2, 3])
def examples(request):
    """Return seven samples of two or three operands, with sizes that do not follow from the values."""
    rng = np.random.default_rng(0)
    inputs, targets = rng.integers(0, 9, size=(7, request.param)), rng.integers(0, 5, size=7)
    split = {"train": np.array([1, 0, 0, 1, 1, 0, 1], dtype=bool), "order": np.array([3, 1, 0, 6, 5, 2, 4])}
    return Examples(inputs, targets, n_tokens=11, n_classes=13, **split)


def test_a_dataset_is_read_back_as_it_was_written(examples, tmp_path):
    write_examples(tmp_path / "dataset.parquet", examples, {"run": "r", "seed": 3})
    back = read_examples(tmp_path / "dataset.parquet", run="r", seed=3)
    for name in ("inputs", "targets", "train", "sample"):
        np.testing.assert_array_equal(getattr(back, name), getattr(examples, name))
        assert getattr(back, name).dtype == getattr(examples, name).dtype
    assert (back.n_tokens, back.n_classes, len(back)) == (11, 13, 7)


def test_the_dataset_of_another_run_is_refused(examples, tmp_path):
    write_examples(tmp_path / "dataset.parquet", examples, {"run": "r", "seed": 3})
    with pytest.raises(
        ValueError, match="dataset.parquet does not belong there: it has seed 3, but seed 4 is"
    ):
        read_examples(tmp_path / "dataset.parquet", run="r", seed=4)


def test_pandas_and_pyarrow_can_read_it(examples, tmp_path):
    write_examples(tmp_path / "dataset.parquet", examples, {"run": "r", "seed": 3})
    rows = pd.read_parquet(tmp_path / "dataset.parquet")
    assert rows.columns.tolist() == ["sample", "inputs", "target", "split"]
    assert rows["sample"].tolist() == [3, 1, 0, 6, 5, 2, 4]
    assert np.stack(rows["inputs"]).tolist() == examples.inputs.tolist()
    assert rows["target"].tolist() == examples.targets.tolist()
    assert rows["split"].tolist() == ["train", "test", "test", "train", "train", "test", "train"]
    assert pq.read_schema(tmp_path / "dataset.parquet").field("inputs").type == pa.list_(
        pa.int64(), examples.inputs.shape[1]
    )
