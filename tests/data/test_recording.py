"""Snapshots are taken one by one, merged into two files, and read back."""

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import torch
from safetensors.numpy import load_file

from grokking_phases.data.activations import activations
from grokking_phases.data.examples_file import write_examples
from grokking_phases.data.networks import Networks
from grokking_phases.data.recording import Recording, as_stored
from grokking_phases.data.snapshots import Snapshots
from grokking_phases.models import mlp
from grokking_phases.storage.headers import content_of, header_of

STEPS = [0, 2, 10]
WIDTHS = {"hidden": 6, "preactivation": 6}


def network(step):
    """Return a network, another one for each step."""
    torch.manual_seed(step)
    return mlp.build(n_tokens=7, n_classes=7, width=6)


def probe(examples):
    return torch.from_numpy(examples.inputs[examples.train])


def merged(recording, examples, folder, steps=STEPS):
    """Take and merge snapshots; return the paths of snapshots, weights and dataset."""
    for step in steps:
        recording.take(network(step), probe(examples), step)
    paths = folder / "snapshots.parquet", folder / "weights.safetensors", folder / "dataset.parquet"
    write_examples(paths[2], examples, {})
    header = {"config_digest": "c0ffee", "seed": 3, "dataset": content_of(paths[2])}
    recording.merge_activations(paths[0], examples.sample[examples.train], header)
    recording.merge_parameters(paths[1], header)
    return paths


@pytest.fixture(params=["float16", "float32"])
def recording(request, tmp_path):
    return Recording(tmp_path / "parts", list(WIDTHS), STEPS, request.param)


def expected(step, examples, dtype):
    """Return {layer: values} from the network's formula, rounded as stored and read as float32."""
    first, inputs = network(step).preactivation, probe(examples)
    before = first.weight[:, inputs[:, 0]].T + first.bias + first.weight[:, 7 + inputs[:, 1]].T
    layers = {"preactivation": before, "hidden": before.relu()}
    return {name: values.detach().numpy().astype(dtype).astype(np.float32) for name, values in layers.items()}


def test_the_reader_gives_the_networks_activations(recording, examples, tmp_path):
    path, _, dataset = merged(recording, examples, tmp_path)
    snapshots = Snapshots(path, dataset)
    assert snapshots.steps == [snapshot.step for snapshot in snapshots] == STEPS
    assert (snapshots.layers, len(snapshots)) == (WIDTHS, 3)
    rounding = 1e-6 if recording.dtype == "float32" else 1e-3
    for snapshot in snapshots:
        assert list(snapshot.activations) == list(WIDTHS)
        for layer, values in expected(snapshot.step, examples, recording.dtype).items():
            assert snapshot.activations[layer].dtype == np.float32
            np.testing.assert_allclose(snapshot.activations[layer], values, rtol=rounding, atol=rounding / 10)
    np.testing.assert_array_equal(snapshots.inputs, examples.inputs[examples.train])
    np.testing.assert_array_equal(snapshots.targets, examples.targets[examples.train])


def test_snapshots_can_be_iterated_again_and_asked_for_one_step(recording, examples, tmp_path):
    path, _, dataset = merged(recording, examples, tmp_path)
    snapshots = Snapshots(path, dataset)
    first, second = ([snapshot.activations["hidden"] for snapshot in snapshots] for _ in range(2))
    np.testing.assert_array_equal(first, second)
    np.testing.assert_array_equal(snapshots[2].activations["hidden"], first[1])
    with pytest.raises(KeyError, match="step 1 was not recorded"):
        snapshots[1]


def test_a_layer_that_was_not_recorded_is_named(recording, examples, tmp_path):
    path, _, dataset = merged(recording, examples, tmp_path)
    with pytest.raises(ValueError, match="readout was not recorded"):
        next(iter(Snapshots(path, dataset, layers={"hidden": 6, "readout": 7})))


def test_some_steps_and_layers_can_be_asked_for(recording, examples, tmp_path):
    path, _, dataset = merged(recording, examples, tmp_path)
    whole, part = (
        Snapshots(path, dataset),
        Snapshots(path, dataset, steps=[2], layers={"hidden": WIDTHS["hidden"]}),
    )
    assert part.steps == STEPS
    assert Snapshots(path, dataset, steps=[9]).steps == [0, 10]
    assert [list(snapshot.activations) for snapshot in part] == [["hidden"]] * 3
    np.testing.assert_array_equal(part[2].activations["hidden"], whole[2].activations["hidden"])


def test_a_layer_that_was_not_recorded_is_recomputed_from_the_weights(examples, tmp_path):
    recording = Recording(tmp_path / "parts", ["hidden"], STEPS, "float32")
    path, weights, dataset = merged(recording, examples, tmp_path)
    model = {"module": "mlp", "width": WIDTHS["hidden"]}
    recompute = Networks(weights, dataset, model, "c0ffee").recompute(["preactivation"])
    snapshots = Snapshots(path, dataset, layers=WIDTHS, recompute=recompute)
    for snapshot in snapshots:
        before, hidden = snapshot.activations["preactivation"], snapshot.activations["hidden"]
        np.testing.assert_array_equal(np.maximum(before, 0), hidden)
        assert (before < 0).any()


def test_at_most_one_step_is_read_ahead_in_ascending_order(recording, examples, tmp_path, monkeypatch):
    path, _, dataset = merged(recording, examples, tmp_path)
    groups, read_row_group = [], pq.ParquetFile.read_row_group

    def counted(file, group, **options):
        groups.append(group)
        return read_row_group(file, group, **options)

    snapshots = Snapshots(path, dataset)
    monkeypatch.setattr(pq.ParquetFile, "read_row_group", counted)
    for n_read, _snapshot in enumerate(snapshots, start=1):
        assert len(groups) <= n_read + 1
    assert groups == [0, 1, 2]
    assert n_read == 3


def test_snapshots_of_other_samples_than_the_train_rows_are_refused(recording, examples, tmp_path):
    path, _, dataset = merged(recording, examples, tmp_path)
    write_examples(dataset, replace(examples, train=~examples.train), {})
    with pytest.raises(ValueError, match="was not taken on the train rows"):
        Snapshots(path, dataset)


def test_the_file_has_a_row_group_for_each_step_and_a_header(recording, examples, tmp_path):
    path, _, dataset = merged(recording, examples, tmp_path)
    file, n_samples = pq.ParquetFile(path), int(examples.train.sum())
    assert [file.metadata.row_group(i).num_rows for i in range(file.num_row_groups)] == [n_samples] * 3
    floats = pa.float16() if recording.dtype == "float16" else pa.float32()
    floats = pa.field("element", floats, nullable=False)
    assert [(field.name, field.type) for field in file.schema_arrow] == [
        ("step", pa.int64()),
        ("sample", pa.int64()),
        *((layer, pa.list_(floats, width)) for layer, width in WIDTHS.items()),
    ]
    assert json.loads(file.metadata.metadata[b"grokking_phases"]) == {
        "format_version": 2,
        "layers": WIDTHS,
        "steps": STEPS,
        "split": "train",
        "torch": torch.__version__,
        "config_digest": "c0ffee",
        "seed": 3,
        "dataset": content_of(dataset),
        "content": content_of(path),
        "seal": header_of(path)["seal"],
    }
    columns = [file.metadata.row_group(0).column(i) for i in range(4)]
    assert {column.compression for column in columns} == {"ZSTD"}
    assert [("BYTE_STREAM_SPLIT" in column.encodings) for column in columns] == [False, False, True, True]


def test_pandas_reads_the_snapshots(recording, examples, tmp_path):
    path, _, _ = merged(recording, examples, tmp_path)
    rows, samples = pd.read_parquet(path), examples.sample[examples.train]
    assert rows["step"].tolist() == np.repeat(STEPS, len(samples)).tolist()
    assert rows["sample"].tolist() == samples.tolist() * 3
    hidden = np.stack(rows.loc[rows["step"] == 10, "hidden"])
    np.testing.assert_allclose(
        hidden, expected(10, examples, recording.dtype)["hidden"], rtol=1e-3, atol=1e-4
    )


def test_the_weights_of_another_training_are_refused(recording, examples, tmp_path):
    _, weights, dataset = merged(recording, examples, tmp_path)
    with pytest.raises(
        ValueError, match="weights.safetensors does not belong there: it has config_digest 'c0ff"
    ):
        Networks(weights, dataset, {"module": "mlp", "width": WIDTHS["hidden"]}, "another")


def test_the_weights_are_keyed_by_step_and_parameter(recording, examples, tmp_path):
    _, path, _ = merged(recording, examples, tmp_path)
    weights, given = load_file(path), {}
    for step in STEPS:
        given |= {f"{step}/{name}": value.numpy() for name, value in network(step).state_dict().items()}
    assert weights.keys() == given.keys() >= {"0/preactivation.bias", "10/readout.weight"}
    for key, value in given.items():
        assert weights[key].dtype == np.float32  # whatever type the activations have
        np.testing.assert_array_equal(weights[key], value)


def test_only_the_steps_that_were_taken_are_merged(recording, examples, tmp_path):
    path, weights, dataset = merged(recording, examples, tmp_path, steps=[0, 2])
    assert recording.taken() == Snapshots(path, dataset).steps == [0, 2]
    assert pq.ParquetFile(path).num_row_groups == 2
    assert {key.split("/")[0] for key in load_file(weights)} == {"0", "2"}


def test_the_order_in_which_steps_were_taken_leaves_no_trace(recording, examples, tmp_path):
    forth = merged(recording, examples, tmp_path)
    back = merged(
        replace(recording, folder=tmp_path / "others"), examples, tmp_path / "back", steps=STEPS[::-1]
    )
    assert all(a.read_bytes() == b.read_bytes() for a, b in zip(forth, back, strict=True))


def test_a_run_that_records_no_layers_keeps_its_first_and_last_weights(examples, tmp_path):
    recording = Recording.from_entry(None, 10, tmp_path / "parts")
    path, weights, dataset = merged(recording, examples, tmp_path, steps=recording.steps)
    assert pq.ParquetFile(path).num_row_groups == 0
    assert list(Snapshots(path, dataset)) == []
    assert {key.split("/")[0] for key in load_file(weights)} == {"0", "10"}


def test_a_runs_entry_becomes_a_recording(tmp_path):
    entry = {"layers": ["hidden"], "steps": {"every": 4}, "dtype": "float16"}
    assert Recording.from_entry(entry, 10, tmp_path) == Recording(
        tmp_path, ["hidden"], [0, 4, 8, 10], "float16"
    )
    assert entry["steps"] == {"every": 4}


def test_a_value_that_float16_cannot_hold_is_refused_with_the_remedy_and_nothing_is_lost(examples, tmp_path):
    recording, model = Recording(tmp_path, ["preactivation"], [0], "float16"), network(2)
    with torch.no_grad():
        model.preactivation.bias[4] = 70_000
    recording.take(model, probe(examples), 0)
    message = r"layer preactivation at step 0 reaches 7e\+04, more than float16 holds; set `dtype: float32`"
    samples = examples.sample[examples.train]
    with pytest.raises(ValueError, match=message):
        recording.merge_activations(tmp_path / "snapshots.parquet", samples, {})
    replace(recording, dtype="float32").merge_activations(tmp_path / "snapshots.parquet", samples, {})


def test_a_layer_that_is_no_table_of_units_is_named_when_it_is_taken(examples, tmp_path):
    model = network(0)
    model.hidden = torch.nn.Sequential(torch.nn.ReLU(), torch.nn.Flatten(0))
    model.forward = lambda inputs: model.hidden(model.preactivation(model.embedding(inputs)))
    recording = Recording(tmp_path / "parts", ["hidden"], STEPS)
    with pytest.raises(ValueError, match="layer hidden is .* for 19 samples"):
        recording.take(model, probe(examples), 0)


@pytest.mark.parametrize("name", ["step", "sample"])
def test_a_layer_named_as_a_column_is_refused(tmp_path, name):
    with pytest.raises(ValueError, match=f"layer named {name}"):
        Recording(tmp_path, ["hidden", name], STEPS)


def test_a_layer_whose_output_is_a_tuple_is_named():
    network = torch.nn.Sequential(torch.nn.GRU(3, 4))
    with pytest.raises(ValueError, match="layer 0 is a tuple for 2 samples"):
        activations(network, torch.ones(2, 3), ["0"])


def test_the_largest_float16_is_held():
    assert as_stored(np.array([[65504.0], [0.0]], dtype=np.float32), "float16", "").max() == 65504


@pytest.mark.parametrize("scale", [1e-9, 1.0])
def test_units_that_float16_makes_constant_are_refused_with_the_remedy(scale):
    """Three of five units vary by less than float16 resolves, near 0 or near 1."""
    values = np.zeros((8, 5), dtype=np.float32)
    values[:, 1:4] = (scale == 1.0) + np.arange(8, dtype=np.float32)[:, None] * 1e-9
    values[:, 1:4] += np.arange(8, dtype=np.float32)[:, None] * (scale == 1.0) * 1e-5
    values[:, 4] = np.arange(8)
    with pytest.raises(
        ValueError, match="what: 3 units that vary are constant as float16; set `dtype: float32`"
    ):
        as_stored(values, "float16", "what")
    np.testing.assert_array_equal(as_stored(values, "float32", "what"), values)


@pytest.mark.parametrize("source", [np.float32, np.float64])
def test_float16_is_rounded_as_by_numpy(source):
    """Numbers of all sizes, the midpoints between two neighbours of float16 among them."""
    halves = np.arange(0x7BFF, dtype=np.uint16).view(np.float16).astype(source)
    values = np.concatenate([halves, (halves[1:] + halves[:-1]) / 2, halves * 1.0001])[:, None]
    values = np.concatenate([values, -values])
    np.testing.assert_array_equal(as_stored(values, "float16", "what"), values.astype(np.float16))


def test_units_that_are_constant_anyway_are_kept():
    values = np.tile(np.float32([0, 0.1, 3]), (8, 1))
    np.testing.assert_array_equal(as_stored(values, "float16", "what"), values.astype(np.float16))
