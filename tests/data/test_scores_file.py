"""Metrics give the same bits whether they begin with stored parts of a layer or with its activations."""

from dataclasses import dataclass
from types import SimpleNamespace

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from grokking_phases.data.scores_file import ScoredSnapshots, steps_to_score, write_scores
from grokking_phases.data.snapshots import Snapshot
from grokking_phases.metrics import o_information, o_information_null
from grokking_phases.synergy.multiplet_search import Estimator
from grokking_phases.synergy.searched_layer import parts_of, searched_layers

STEPS = [0, 1, 5, 30]
FROM_SCORES = [
    {},
    {"n_bins": 3},
    {"variables": "block"},
    {"linkage": "average"},
    {"linkage": "complete", "bias_correction": True},
]
WITH_ACTIVATIONS = [{"variables": "mean"}, {"linkage": "spectral"}, {"n_orders": 2}]


@dataclass
class Memory:
    """Snapshots in memory."""

    activations: dict  # {step: {layer: activations}}

    header = {"dataset": "d"}

    def __getitem__(self, step):
        return Snapshot(step, self.activations[step])

    def __iter__(self):
        return (self[step] for step in self.activations)


@pytest.fixture
def snapshots():
    """Return snapshots of two layers, as ReLUs leave them: with ties, a dead unit, and a repeated one."""
    rng = np.random.default_rng(0)

    def layer(width):
        X = np.maximum(rng.standard_normal((60, 3)) @ rng.standard_normal((3, width)), 0)
        X += np.maximum(rng.standard_normal((60, width)), 0) * 0.5
        X[:, 2] = 0
        X[:, 4] = X[:, 1]
        return X.astype(np.float32)

    return Memory({step: {"hidden": layer(12), "other": layer(9)} for step in STEPS})


def stored(path, snapshots, ties, steps=STEPS):
    """Write the parts of the snapshots at some steps."""
    layers = searched_layers((snapshots[step] for step in steps), Estimator(ties, 1, 0, False))
    rows = ({"step": step, "layer": name, **parts_of(layer)} for step, name, layer in layers)
    write_scores(path, rows, {"dataset": "d", "recorded": STEPS, "steps": steps, "run": "a", "seed": 0})


def measured(metric, snapshots, **options):
    """Return all rows of a metric, with values as they are in memory."""
    rows = [
        row | {"value": np.float64(row["value"]).tobytes()} for row in metric.compute(snapshots, **options)
    ]
    assert len(rows) > len(STEPS)
    return rows


@pytest.mark.parametrize("ties", ["average", "paper", "index"])
@pytest.mark.parametrize("options", FROM_SCORES, ids=str)
def test_the_stored_parts_alone_give_the_same_bits(tmp_path, snapshots, ties, options):
    stored(tmp_path / "x.parquet", snapshots, ties)
    options = {"n_bins": 4, "ties": ties} | options
    alone = measured(o_information, ScoredSnapshots(tmp_path / "x.parquet"), **options)
    assert alone == measured(o_information, snapshots, **options)


@pytest.mark.parametrize("ties", ["average", "paper"])
@pytest.mark.parametrize("options", WITH_ACTIVATIONS, ids=str)
def test_options_that_need_activations_give_the_same_bits(tmp_path, snapshots, ties, options):
    stored(tmp_path / "x.parquet", snapshots, ties)
    both = ScoredSnapshots(tmp_path / "x.parquet", snapshots=snapshots)
    options = {"n_bins": 4, "ties": ties} | options
    assert measured(o_information, both, **options) == measured(o_information, snapshots, **options)


@pytest.mark.parametrize("ties", ["average", "paper"])
def test_nulls_give_the_same_bits(tmp_path, snapshots, ties):
    stored(tmp_path / "x.parquet", snapshots, ties)
    both = ScoredSnapshots(tmp_path / "x.parquet", snapshots=snapshots)
    options = {"n_bins": 4, "ties": ties, "n_draws": 3}
    assert measured(o_information_null, both, **options) == measured(o_information_null, snapshots, **options)


def test_the_stored_covariance_decides(tmp_path, snapshots):
    """Check that the tests above would see it if the file were not read."""
    stored(tmp_path / "x.parquet", snapshots, "average")
    given = ScoredSnapshots(tmp_path / "x.parquet")
    before = measured(o_information, given, n_bins=4)
    parts = given.parts
    given.parts = lambda step: {
        layer: part | {"covariance": part["covariance"] * 0.9 + 0.1} for layer, part in parts(step).items()
    }
    assert measured(o_information, given, n_bins=4) != before


def test_parts_of_another_rule_for_ties_are_not_used(tmp_path, snapshots):
    stored(tmp_path / "x.parquet", snapshots, "paper")
    both = ScoredSnapshots(tmp_path / "x.parquet", snapshots=snapshots)
    assert measured(o_information, both, n_bins=4) == measured(o_information, snapshots, n_bins=4)


@pytest.mark.parametrize("n_live", [0, 1, 2])
def test_layers_of_few_live_units_are_stored(tmp_path, n_live):
    rng = np.random.default_rng(0)
    X = np.zeros((20, 5), np.float32)
    X[:, :n_live] = rng.standard_normal((20, n_live))
    snapshots = Memory({step: {"hidden": X} for step in STEPS})
    stored(tmp_path / "x.parquet", snapshots, "average")
    alone = measured(o_information, ScoredSnapshots(tmp_path / "x.parquet"), n_bins=2)
    assert alone == measured(o_information, snapshots, n_bins=2)


def test_activations_that_are_not_finite_are_refused(tmp_path, snapshots):
    snapshots.activations[5]["other"][3, 3] = np.inf
    with pytest.raises(ValueError, match="Layer other .* not finite at step 5"):
        stored(tmp_path / "x.parquet", snapshots, "average")
    assert not list(tmp_path.iterdir())


def test_a_metric_reads_the_steps_that_it_asks_for(tmp_path, snapshots):
    stored(tmp_path / "x.parquet", snapshots, "average", steps=[0, 5, 30])
    assert [each.step for each in ScoredSnapshots(tmp_path / "x.parquet", steps=[5])] == [0, 5, 30]
    with pytest.raises(ValueError, match="lacks step 1; delete it"):
        ScoredSnapshots(tmp_path / "x.parquet")


def test_the_steps_of_several_rules_are_joined():
    assert steps_to_score(STEPS, None, {}) == STEPS
    assert steps_to_score(STEPS, [[1], [5]], {}) == STEPS
    assert steps_to_score(STEPS, [[5]], {}) == [0, 5, 30]
    assert steps_to_score([], [[5]], {}) == []
    with pytest.raises(ValueError, match="400"):
        steps_to_score(STEPS, [[5, 400]], {})


@pytest.mark.parametrize(
    ("recorded", "rule", "taken"),
    [
        (STEPS, [5, 400], [0, 5, 30]),
        (STEPS, [400], [0, 30]),
        (STEPS, {"every": 1000}, [0, 30]),
        ([0], {"log": 5}, [0]),
        ([0, 1], {"log": 5}, [0, 1]),
        ([0], [34, 400], [0]),
    ],
)
def test_of_a_diverged_training_a_rule_takes_what_it_reached(recorded, rule, taken):
    assert steps_to_score(recorded, [rule], {"diverged_at": 31}) == taken


def test_a_file_of_another_run_is_refused(tmp_path, snapshots):
    stored(tmp_path / "x.parquet", snapshots, "average")
    with pytest.raises(ValueError, match="it has run 'a', but run 'b' is expected"):
        ScoredSnapshots(tmp_path / "x.parquet", origin={"run": "b"})
    other = SimpleNamespace(header={"dataset": "e"})
    with pytest.raises(ValueError, match="was not made from these snapshots; delete it"):
        ScoredSnapshots(tmp_path / "x.parquet", snapshots=other)


def test_a_run_without_snapshots_has_a_file_without_rows(tmp_path):
    write_scores(tmp_path / "x.parquet", iter([]), {"dataset": "d", "recorded": [], "steps": []})
    assert list(ScoredSnapshots(tmp_path / "x.parquet", steps={"log": 12})) == []


def test_the_file_is_a_plain_table_with_a_row_group_for_each_step(tmp_path, snapshots):
    stored(tmp_path / "x.parquet", snapshots, "average")
    file = pq.ParquetFile(tmp_path / "x.parquet")
    assert file.num_row_groups == len(STEPS)
    table = file.read()
    assert table["step"].to_pylist() == [step for step in STEPS for _ in range(2)]
    assert table.schema.field("covariance").type == pa.list_(pa.float64())
    triangle = np.array(table["covariance"][0].as_py())
    n_live = len(table["live"][0].as_py())
    assert len(triangle) == n_live * (n_live + 1) / 2 == 55
