"""A recorder leaves a training as it is, asks where something is ambiguous, and survives a kill."""

# ruff: noqa: NPY002 (a forward of the user may draw from the legacy generator)

import random
import tracemalloc
from copy import deepcopy

import numpy as np
import pandas as pd
import pytest
import torch
from click.testing import CliRunner
from safetensors.torch import load_file
from torch import nn
from torch.nn import functional

from grokking_phases import Recorder, Snapshots
from grokking_phases.cli import main
from grokking_phases.data.probe_file import read_probe
from grokking_phases.metrics import o_information
from grokking_phases.storage.headers import header_of

N, STEPS = 12, [0, 1, 3, 6]
FILES = ("dataset.parquet", "curves.parquet", "snapshots.parquet", "weights.safetensors")


def samples(*shape, n=N, n_classes=3):
    generator = torch.Generator().manual_seed(1)
    return torch.randn(n, *shape, generator=generator), torch.arange(n) % n_classes


def mlp():
    """Return a network with all that a reading could disturb: dropout, and running means."""
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(5, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Dropout(0.5), nn.Linear(8, 3))


def recorder_of(network, folder, **settings):
    usual = {"layers": ["2"], "probe": samples(5), "steps": STEPS, "to": folder}
    return Recorder(network, **usual | settings)


def read(folder):
    return Snapshots(folder / "snapshots.parquet", folder / "dataset.parquet")


def train(network, record=lambda step: None, start=0, learning_rate=0.01, device="cpu"):
    """Train on random batches; return all that a training depends on or leaves behind."""
    optimizer = torch.optim.AdamW(network.parameters(), lr=learning_rate)
    X, y = (values.to(device) for values in samples(5))
    seed_all(2)
    for step in range(7):
        if step >= start:
            record(step)
        rows = torch.randperm(N)[:8]
        optimizer.zero_grad()
        functional.cross_entropy(network(X[rows]), y[rows]).backward()
        optimizer.step()
    gradients = [value.grad for value in network.parameters()]
    drawn = [torch.rand(1, device=device), torch.tensor([np.random.rand(), random.random()])]
    return [*network.state_dict().values(), *gradients, *drawn]


def seed_all(seed):
    torch.manual_seed(seed)
    np.random.seed(seed)
    random.seed(seed)


@pytest.mark.parametrize("device", ["cpu", "cuda"])
def test_a_training_with_and_without_a_recorder_has_equal_bits(tmp_path, device):
    if device == "cuda" and not torch.cuda.is_available():
        pytest.skip("needs a GPU")
    with_it, without = mlp().to(device), mlp().to(device)
    for network in (with_it, without):
        network[1].eval()  # a mode of its own
    modes = [module.training for module in with_it.modules()]
    with recorder_of(with_it, tmp_path, test=samples(5)) as recorder:
        recorded = train(with_it, recorder, device=device)
    assert [module.training for module in with_it.modules()] == modes
    assert not any(module._forward_hooks for module in with_it.modules())
    plain = train(without, device=device)
    assert all(torch.equal(a, b) for a, b in zip(recorded, plain, strict=True))
    assert read(tmp_path).steps == STEPS


@pytest.mark.parametrize(
    ("options", "values", "sentence"),
    [
        ({"accuracy": lambda logits, y: 97.5}, {}, "97.5 as train_accuracy.*percent"),
        ({}, {"test_accuracy": 12.0}, "12 as test_accuracy.*percent"),
        ({"accuracy": lambda logits, y: logits}, {}, "accuracy= returns a torch.float32 tensor"),
    ],
)
def test_accuracies_are_numbers_from_0_to_1(tmp_path, options, values, sentence):
    with pytest.raises(ValueError, match=sentence):
        recorder_of(mlp(), tmp_path, **options)(0, **values)


def test_a_file_is_no_folder_to_record_to(tmp_path):
    (tmp_path / "file").touch()
    for to in (tmp_path / "file", tmp_path / "file/0"):
        with pytest.raises(ValueError, match="is a file"):
            recorder_of(mlp(), to)


def test_random_numbers_and_buffers_that_a_forward_changes_are_put_back(tmp_path):
    class Restless(nn.Module):
        def __init__(self):
            super().__init__()
            self.linear = nn.Linear(5, 3)
            self.register_buffer("count", torch.zeros(1))
            self.register_buffer("replaced", torch.zeros(1))
            self.register_buffer("last", None)

        def forward(self, x):
            self.count += 1
            self.replaced = self.replaced + 1
            self.last = x
            return self.linear(x) + torch.rand(1) + np.random.rand() + random.random()

    network = Restless()
    seed_all(3)
    before = torch.get_rng_state(), np.random.get_state()[1].copy(), random.getstate()
    recorder_of(network, tmp_path, layers=["linear"])(0)
    assert torch.equal(torch.get_rng_state(), before[0])
    assert (np.random.get_state()[1] == before[1]).all()
    assert random.getstate() == before[2]
    assert network.count == network.replaced == 0 and network.last is None


def test_a_loss_can_be_differentiated_after_a_reading(tmp_path):
    """Batch normalisation keeps its buffers for the backward pass, and these must not be written to."""
    network, (X, y) = mlp(), samples(5)
    loss = functional.cross_entropy(network(X), y)
    recorder_of(network, tmp_path)(0, train_loss=loss.item())
    loss.backward()
    assert network[0].weight.grad.isfinite().all()


def test_samples_are_recorded_as_they_were_given(tmp_path):
    X, y = (values.clone() for values in samples(5))
    with recorder_of(mlp(), tmp_path, probe=(X, y)) as recorder:
        recorder(0)
        X *= 0
        y *= 0
        recorder(1)
    recorded = read(tmp_path)
    np.testing.assert_array_equal(recorded.inputs, samples(5)[0].numpy())
    np.testing.assert_array_equal(recorded.targets, samples(5)[1].numpy())


@pytest.mark.parametrize("dtype", [torch.int32, torch.int16, torch.uint8])
def test_classes_may_be_whole_numbers_of_any_width(dtype, tmp_path):
    X, y = samples(5)
    for folder, classes in (("narrow", y.to(dtype)), ("wide", y)):
        with recorder_of(mlp(), tmp_path / folder, probe=(X, classes)) as recorder:
            recorder(0)
    narrow, wide = (pd.read_parquet(tmp_path / each / FILES[1]) for each in ("narrow", "wide"))
    pd.testing.assert_frame_equal(narrow, wide)


@pytest.mark.parametrize(("batch_size", "is_whole"), [(N, True), (N - 1, False)])
def test_outputs_that_are_no_tensors_cannot_be_joined(batch_size, is_whole, tmp_path):
    own = {"forward": lambda network, X: {"all": network(X)}, "accuracy": None, "batch_size": batch_size}
    recorder = recorder_of(mlp(), tmp_path, loss=lambda found, y: found["all"].mean(), **own)
    if is_whole:
        assert recorder(0)
    else:
        with pytest.raises(ValueError, match="returns a dict for 11 of 12 samples.*batch_size=12"):
            recorder(0)


def test_layers_may_be_a_generator(tmp_path):
    with recorder_of(mlp(), tmp_path, layers=(name for name in ["2", "4"])) as recorder:
        recorder(0)
    assert [*read(tmp_path).layers] == ["2", "4"]


@pytest.mark.parametrize(
    ("step", "values", "sentence"),
    [
        (0.0, {}, "the step is 0.0, and must be a whole number"),
        (0, {"note": "x"}, "note is a str, and must be a number"),
        (0, {"loss": torch.ones(2)}, r"loss is a torch.float32 tensor \(2,\), and must be a number"),
    ],
)
def test_a_call_takes_a_step_and_numbers(step, values, sentence, tmp_path):
    with pytest.raises(ValueError, match=sentence):
        recorder_of(mlp(), tmp_path)(step, **values)


def test_what_is_recorded_is_what_the_network_computes(tmp_path):
    network, (X, y), expected = mlp(), samples(5), {}
    recorder = recorder_of(network, tmp_path, test=samples(5, n=5), batch_size=5)

    def record(step):
        if recorder(step, learning_rate=0.1):
            frozen = deepcopy(network).eval()
            with torch.no_grad():
                logits = frozen(X).double()
                loss = functional.cross_entropy(logits, y).item()
                accuracy = (logits.argmax(1) == y).double().mean().item()
                expected[step] = frozen[:3](X), loss, accuracy, network.state_dict()["0.weight"].clone()

    train(network, record)
    folder = recorder.close()
    snapshots, weights = read(folder), load_file(folder / "weights.safetensors")
    curves = pd.read_parquet(folder / "curves.parquet").set_index(["step", "metric"])["value"]
    assert snapshots.steps == STEPS == list(expected)
    for step, (layer, loss, accuracy, weight) in expected.items():
        np.testing.assert_allclose(snapshots[step].activations["2"], layer, rtol=1e-5, atol=1e-6)
        assert curves[step, "train_loss"] == pytest.approx(loss, rel=1e-6)
        assert curves[step, "train_accuracy"] == pytest.approx(accuracy)
        assert curves[step, "learning_rate"] == 0.1
        assert torch.equal(weights[f"{step}/0.weight"], weight)
    assert {"test_loss", "test_accuracy", "weight_norm"} < set(curves.index.get_level_values("metric"))
    np.testing.assert_array_equal(snapshots.inputs, X)
    np.testing.assert_array_equal(snapshots.targets, y)
    assert snapshots.test_inputs.shape == (5, 5)
    assert not (folder / "parts").exists()
    assert header_of(folder / "snapshots.parquet")["recorded"]["n_probe"] == N


def test_layers_whose_names_begin_alike_are_read_apart(tmp_path):
    network = nn.Sequential(nn.Sequential(nn.Linear(5, 4), nn.ReLU()), nn.Linear(4, 3))
    recorder = recorder_of(network, tmp_path, layers=["0", "0.0"])
    recorder(0)
    found = read(recorder.close())[0].activations
    np.testing.assert_array_equal(found["0"], np.maximum(found["0.0"], 0))
    assert (found["0.0"] < 0).any()


def test_a_layer_that_a_later_module_changes_in_place_is_recorded_as_it_was(tmp_path):
    torch.manual_seed(0)
    network = nn.Sequential(nn.Linear(5, 8), nn.ReLU(inplace=True), nn.Linear(8, 3))
    recorder = recorder_of(network, tmp_path, layers=["0", "1"], batch_size=5)
    recorder(0)
    found = read(recorder.close())[0].activations
    assert (found["0"] < 0).any()
    np.testing.assert_array_equal(found["1"], np.maximum(found["0"], 0))


class Sequence(nn.Module):
    """A network with modules that give a sequence or a tuple, run twice, or never run."""

    def __init__(self):
        super().__init__()
        self.embed, self.rnn, self.twice = nn.Linear(2, 6), nn.GRU(6, 4, batch_first=True), nn.ReLU()
        self.unused, self.readout = nn.Linear(1, 1), nn.Linear(4, 3)

    def forward(self, x):
        hidden, _ = self.rnn(self.twice(self.twice(self.embed(x))))
        return self.readout(hidden[:, -1])


class Image(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv, self.readout = nn.Conv2d(1, 5, 3), nn.Linear(5, 3)

    def forward(self, x):
        return self.readout(self.conv(x).mean((2, 3)))


class BatchSecond(nn.Module):
    """A network whose layer has the samples second, and as many positions as there are samples."""

    def __init__(self):
        super().__init__()
        self.embed, self.readout = nn.Linear(2, 4), nn.Linear(4, 3)

    def forward(self, x):
        wide = self.embed(x[:, :N].transpose(0, 1))
        return self.readout(wide[-1])


X5, Y = samples(5)
SEQUENCE, IMAGE = {"probe": samples(7, 2)}, {"probe": samples(1, 6, 6), "layers": ["conv"]}
EMBED, RNN = SEQUENCE | {"layers": ["embed"]}, SEQUENCE | {"layers": ["rnn"]}


@pytest.mark.parametrize(
    ("network", "settings", "sentence"),
    [
        (mlp, {"layers": ["relu"]}, "layers: the network has no module 'relu'; there are: 0, 1"),
        (Sequence, SEQUENCE | {"layers": ["embd"]}, "no module 'embd'; did you mean 'embed'"),
        (mlp, {"layers": "2"}, "layers='2' must be a list"),
        (mlp, {"layers": []}, "must be a list .* one at least"),
        (mlp, {"position": {"3": 1}}, "position: no layer is recorded as '3'; "),
        (Sequence, EMBED, r"layer embed gives a torch.float32 tensor \(12, 7, 6\); .*give position="),
        (Sequence, EMBED | {"position": 7}, "has 7 positions, and position=7 is none"),
        (Sequence, EMBED | {"position": "first"}, "position='first' is no index"),
        (Sequence, EMBED | {"position": True}, "position=True is no index"),
        (Sequence, EMBED | {"position": 0, "reduce": "mean"}, "and not both"),
        (Sequence, RNN | {"position": 0}, "layer rnn gives a tuple.*by select="),
        (Sequence, RNN | {"select": 2}, "no part 2; correct select="),
        (
            Sequence,
            RNN | {"select": lambda out: out + 1},
            "select= of layer rnn was given a tuple and raised TypeError.*; correct this function",
        ),
        (Sequence, SEQUENCE | {"layers": ["twice"], "position": 0}, "layer twice is called more than once"),
        (Sequence, SEQUENCE | {"layers": ["unused"]}, "layer unused is never called"),
        (Image, IMAGE, r"layer conv gives a torch.float32 tensor \(12, 5, 4, 4\); say by reduce="),
        (Image, IMAGE | {"reduce": "sum"}, "reduce='sum' is none of mean, max, all"),
        (
            BatchSecond,
            {"probe": samples(12, 2), "layers": ["embed"], "position": "mean"},
            "layer embed gives .*for 6 samples.*batch_first=True, or give select=",
        ),
        (mlp, {"probe": samples(4)}, "the network cannot read the samples.*give forward="),
        (mlp, {"probe": (X5.double(), Y)}, "cannot read the samples, .*float64"),
        (mlp, {"probe": X5}, r"probe is .*must be a pair, probe=\(X, y\)"),
        (mlp, {"probe": (X5, Y[:3])}, "probe has 12 inputs and 3 targets"),
        (mlp, {"probe": ({"ids": [1]}, [1])}, "the X of probe is a dict, .*take them apart in forward="),
        (mlp, {"probe": (X5, torch.rand(N))}, "the train targets are real numbers.*give loss="),
        (mlp, {"probe": (X5, Y + 1)}, "the train targets are 1 to 3, and there are 3 logits; number classes"),
        (mlp, {"forward": lambda network, X: (network(X),)}, "returns a tuple, not logits; give forward="),
        (
            mlp,
            {"forward": lambda network, X: network(X)[:, :2], "measure": ["linear_mapping_number"]},
            "linear_mapping_number runs the network itself, without forward=; give a module",
        ),
        (mlp, {"forward": lambda network, X: network(X)[:, 0]}, r"not logits \(12,\) .*give loss="),
        (mlp, {"steps": {"log": 5}}, r"steps=\{'log': 5\} is no rule; give .*last"),
        (mlp, {"steps": [-1, 2]}, "is no list of steps"),
        (mlp, {"steps": 5}, "is no list of steps"),
        (mlp, {"steps": [0, 5.0]}, "is no list of steps"),
        (mlp, {"steps": {"every": 0, "last": 9}}, "is no rule"),
        (mlp, {"steps": {"log": "a", "last": 9}}, "is no rule"),
        (mlp, {"dtype": "bfloat16"}, "dtype must be one of float32, float16"),
        (mlp, {"batch_size": 0}, "batch_size: 0 is less than 1"),
        (mlp, {"probe": (X5, [*"abc" * (N // 3)])}, "the y of probe is words, .*np.unique"),
        (mlp, {"probe": ((X5, X5[:, :2]), Y)}, "the X of probe is a tuple, .*take them apart in forward="),
        (mlp, {"probe": None}, "probe is None, and must be a pair"),
        (mlp, {"probe": (X5, Y * 1j)}, "the y of probe holds complex numbers"),
        (mlp, {"to": None}, "to is None, and must be the folder"),
        (mlp, {"steps": [0, True]}, "is no list of steps"),
        (mlp, {"steps": np.arange(3.0)}, "is no list of steps"),
        (mlp, {"layers": 2}, "layers=2 must be a list"),
        (mlp, {"weights": "no"}, "weights is 'no', and must be True or False"),
        (mlp, {"loss": 5}, "loss is 5, and must be a function"),
        (mlp, {"measure": None}, "measure=None must be a list of metrics"),
        (mlp, {"measure": {"o_information": None}}, "measure has None as options of o_information"),
        (mlp, {"measure": {"mutual_information": {"estimator": "kgs"}}}, "did you mean 'ksg'"),
        (mlp, {"layer": ["2"]}, "Recorder: there is no option 'layer'; did you mean 'layers'"),
        (mlp, {"test": samples(7)}, r"probe has inputs .*\(12, 5\), and test .*\(12, 7\)"),
        (mlp, {"measure": {"o_information": {"n_bins": 2.5}}}, "n_bins: 2.5 is not a whole number"),
        (mlp, {"measure": {"mutual_information": {"controls": "no"}}}, "controls: 'no' is not true or false"),
        (
            mlp,
            {"measure": {"o_information": {"n_bins": 9}}},
            "n_bins: 9 is more than 8, the width of layer 2",
        ),
        (mlp, {"measure": ["o_infromation"]}, "no metric 'o_infromation'; did you mean 'o_information'"),
        (mlp, {"measure": "o_information"}, "must be a list of metrics"),
        (
            mlp,
            {"measure": {"o_information": {"n_bin": 3}}},
            "o_information.* no option 'n_bin'; did you mean 'n_b",
        ),
        (mlp, {"probe": ((X5, X5), Y)}, "the X of probe is a tuple, .*join several in one"),
        (
            Sequence,
            EMBED | {"position": 0, "forward": lambda network, X: network.embed(X)},
            r"not logits \(12, 7, 6\) .*give forward=, as in .*\[:, -1\]",
        ),
        (mlp, {"layers": ["2"], "select": lambda out: out[:, :0]}, "layer 2 has no units at step 0; "),
        (lambda: nn.Sequential(nn.LazyLinear(3)), {"layers": ["0"]}, "parameter 0.weight has no shape yet"),
        (lambda: "mlp", {}, "network is a str, and must be a torch.nn.Module"),
    ],
)
def test_what_is_ambiguous_or_wrong_raises_one_sentence(network, settings, sentence, tmp_path):
    with pytest.raises(ValueError, match=sentence) as found:
        recorder_of(network(), tmp_path, **settings)(0)
    assert "\n" not in str(found.value)
    assert not (tmp_path / "parts").exists()


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        (EMBED | {"position": 2}, lambda whole: whole["embed"][:, 2]),
        (EMBED | {"position": "last"}, lambda whole: whole["embed"][:, -1]),
        (EMBED | {"position": "mean"}, lambda whole: whole["embed"].mean(1)),
        (EMBED | {"position": "all"}, lambda whole: whole["embed"].flatten(1)),
        (RNN | {"position": {"rnn": 1}, "select": 0}, lambda whole: whole["rnn"][0][:, 1]),
        (RNN | {"select": lambda out: out[1][0]}, lambda whole: whole["rnn"][1][0]),
    ],
)
def test_positions_and_parts_are_taken_as_asked(settings, expected, tmp_path):
    network, whole = Sequence(), {}
    recorder = recorder_of(network, tmp_path, **settings)
    recorder(0)
    found = read(recorder.close())
    for name in ("embed", "rnn"):
        keep = lambda _module, _inputs, out, name=name: whole.update({name: out})  # noqa: E731
        network.get_submodule(name).register_forward_hook(keep)
    with torch.no_grad():
        network(SEQUENCE["probe"][0])
    (layer,) = found[0].activations.values()
    np.testing.assert_allclose(layer, expected(whole), rtol=1e-5, atol=1e-6)
    assert found.inputs.shape == (N, 7, 2)


@pytest.mark.parametrize(
    ("reduce", "expected"),
    [
        ("mean", lambda y: y.mean((2, 3))),
        ("max", lambda y: y.amax((2, 3))),
        ("all", lambda y: y.flatten(1)),
    ],
)
def test_convolutions_are_reduced_as_asked(reduce, expected, tmp_path):
    network = Image()
    recorder = recorder_of(network, tmp_path, reduce=reduce, **IMAGE)
    recorder(0)
    layer = read(recorder.close())[0].activations["conv"]
    whole = network.conv(IMAGE["probe"][0]).detach()
    np.testing.assert_allclose(layer, expected(whole), rtol=1e-5, atol=1e-6)


def test_a_convolution_is_not_taken_for_a_sequence(tmp_path):
    network = nn.Sequential(nn.Conv1d(2, 4, 3), nn.Flatten(), nn.Linear(20, 3))
    with pytest.raises(ValueError, match="layer 0 is a Conv1d, whose channels come before its positions"):
        recorder_of(network, tmp_path, layers=["0"], probe=samples(2, 7), position="last")(0)


def test_a_width_that_changes_raises_one_sentence(tmp_path):
    network = mlp()
    recorder = recorder_of(network, tmp_path)
    recorder(0)
    network[0], network[1], network[4] = nn.Linear(5, 9), nn.BatchNorm1d(9), nn.Linear(9, 3)
    with pytest.raises(ValueError, match="layer 2 has 9 units at step 1, and had 8 before"):
        recorder(1)


def test_values_that_are_not_finite_raise_one_sentence_and_nothing_is_lost(tmp_path):
    network = mlp()
    recorder = recorder_of(network, tmp_path, layers=["4"])
    recorder(0)
    with torch.no_grad():
        network[4].bias[0] = torch.nan
    with pytest.raises(ValueError, match="layer 4 has values that are not finite at step 1; close"):
        recorder(1)
    assert read(recorder.close()).steps == [0]


@pytest.mark.parametrize(
    ("dtype", "value", "sentence"),
    [("float16", 7e4, 'more than float16 holds; give dtype="float32"'), ("float32", 1e39, "give select=")],
)
def test_values_that_the_stored_precision_cannot_hold_raise_one_sentence(dtype, value, sentence, tmp_path):
    network = mlp().double()
    with torch.no_grad():
        network[4].bias[0] = value
    with pytest.raises(ValueError, match=sentence):
        recorder_of(network, tmp_path, layers=["4"], dtype=dtype, probe=(X5.double(), Y))(0)


class Killed(Exception):
    pass


def cut(data):
    return data[:-1]


def emptied(_data):
    return b""  # what a power cut can leave of a file that was not synced


def flipped(data):
    return data[:-1] + bytes([data[-1] ^ 1])


def other_curve(data):
    at = data.index(b"train_loss") + 15
    return data[:at] + (b"1" if data[at : at + 1] != b"1" else b"2") + data[at + 1 :]


@pytest.mark.parametrize(
    ("start", "damage"), [(0, cut), (2, cut), (2, emptied), (2, flipped), (2, other_curve)]
)
def test_after_a_kill_the_same_calls_give_the_same_files(tmp_path, start, damage):
    """`start` is the step from which the second process calls: the first one, or that of its checkpoint."""

    def kill(step):
        if step == 4:
            raise Killed
        first(step)

    network = mlp()
    with pytest.raises(Killed), recorder_of(network, tmp_path / "a") as first:
        train(network, kill)
    damaged = tmp_path / "a/parts/000000003.safetensors"
    damaged.write_bytes(damage(damaged.read_bytes()))
    for name in ("a", "b"):
        network = mlp()
        with recorder_of(network, tmp_path / name) as recorder:
            train(network, recorder, start=start if name == "a" else 0)
    for name in FILES:
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()


def test_snapshots_of_another_training_are_never_mixed_in(tmp_path):
    train(mlp(), recorder_of(mlp(), tmp_path))
    other = mlp()
    other[0].reset_parameters()
    with pytest.raises(ValueError, match="snapshots of another training: its activations at step 0 differ"):
        recorder_of(other, tmp_path)(0)
    with pytest.raises(ValueError, match="snapshots of other layers, samples or options"):
        recorder_of(mlp(), tmp_path, layers=["0"])
    # Another learning rate makes other snapshots from step 1 on. They replace the old ones.
    for folder in (tmp_path, tmp_path / "alone"):
        network = mlp()
        with recorder_of(network, folder) as recorder:
            train(network, recorder, learning_rate=0.5)
    assert (tmp_path / FILES[2]).read_bytes() == (tmp_path / "alone" / FILES[2]).read_bytes()


def test_a_finished_recording_is_only_replaced_on_request(tmp_path):
    network = mlp()
    with recorder_of(network, tmp_path) as recorder:
        recorder(0)
    with pytest.raises(ValueError, match="holds a finished recording; .*overwrite=True"):
        recorder_of(network, tmp_path)
    with recorder_of(network, tmp_path, overwrite=True, steps=np.array([1, 3])) as recorder:
        recorder(1)
    assert read(tmp_path).steps == [1]


def test_what_was_measured_on_a_replaced_recording_is_deleted_with_it(tmp_path):
    with recorder_of(mlp(), tmp_path, measure={"o_information": {"n_bins": np.int64(2)}}) as recorder:
        recorder(0)
    written = tmp_path / "metrics/o_information.parquet"
    assert written.exists()
    with recorder_of(mlp(), tmp_path, overwrite=True) as recorder:
        recorder(1)
    assert not written.exists()


def test_only_tables_of_the_replaced_recording_are_deleted(tmp_path):
    """A table that the command measured on it is one of them; files of the user's own are not."""
    with recorder_of(mlp(), tmp_path) as recorder:
        recorder(0)
    own, measured = tmp_path / "metrics/own.parquet", tmp_path / "metrics/o_information.parquet"
    asked = ["measure", tmp_path, "--metric", "o_information", "--option", "n_bins=2", "--to", measured]
    assert CliRunner().invoke(main, list(map(str, asked))).exit_code == 0 and measured.exists()
    pd.DataFrame({"step": [0]}).to_parquet(own)
    (tmp_path / "curves.parquet").write_bytes(b"damaged")
    recorder_of(mlp(), tmp_path, overwrite=True)
    assert own.exists() and not measured.exists() and not (tmp_path / "curves.parquet").exists()


def test_a_recorder_says_what_it_was_not_given():
    with pytest.raises(ValueError, match="Recorder needs steps="):
        Recorder(mlp(), layers=["2"], probe=samples(5), to="x")


def test_only_ascending_steps_are_recorded(tmp_path):
    network = mlp()
    recorder = recorder_of(network, tmp_path)
    assert [recorder(step) for step in (0, 0, 1, 2)] == [True, False, True, False]
    with pytest.raises(ValueError, match="step 0 comes after step 1; "):
        recorder(0)
    with pytest.raises(ValueError, match="nothing was recorded"):
        recorder_of(network, tmp_path / "none").close()
    assert recorder.close() == recorder.close() == tmp_path


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ({"log": 3, "last": 100}, [0, 1, 10, 100]),
        ({"every": 4, "last": 10}, [0, 4, 8, 10]),
        ([5, 2], [2, 5]),
        (np.arange(0, 6, 2), [0, 2, 4]),
        (torch.arange(3), [0, 1, 2]),
        ({"every": np.int64(4), "last": np.int64(10)}, [0, 4, 8, 10]),
    ],
)
def test_steps_follow_the_rule(rule, expected, tmp_path):
    steps = recorder_of(mlp(), tmp_path, steps=rule).steps
    assert steps == expected and {*map(type, steps)} == {int}  # a header can hold no others


def test_metrics_of_the_snapshot_just_taken_are_those_of_the_stored_snapshot(tmp_path):
    measure = {"o_information": {"n_bins": 3}, "linear_mapping_number": {"n_samples": 6}}
    for name, asked in (("measured", measure), ("stored", {})):
        network = mlp()
        with recorder_of(network, tmp_path / name, measure=asked) as recorder:
            train(network, recorder)
    expected = list(o_information.compute(read(tmp_path / "stored"), n_bins=3))
    found = pd.read_parquet(tmp_path / "measured/metrics/o_information.parquet")
    np.testing.assert_array_equal(found["value"], [row["value"] for row in expected])
    assert [units if units is None else list(units) for units in found["units"]] == [
        row["units"] for row in expected
    ]
    number = pd.read_parquet(tmp_path / "measured/metrics/linear_mapping_number.parquet")
    assert set(number["step"]) == set(STEPS)
    assert read(tmp_path / "measured").steps == []  # no activations are stored


def test_options_of_an_estimator_are_options_of_its_metric(tmp_path):
    network, measure = mlp(), {"mutual_information": {"noise": 0.2}}
    with recorder_of(network, tmp_path / "own", measure=measure) as recorder:
        train(network, recorder)
    found = pd.read_parquet(tmp_path / "own/metrics/mutual_information.parquet")
    assert "information_x" in set(found["metric"])
    with (
        pytest.raises(ValueError, match="noize"),
        recorder_of(network, tmp_path / "other", measure={"mutual_information": {"noize": 1}}) as recorder,
    ):
        train(network, recorder)


def test_targets_and_inputs_may_be_of_any_shape_and_kind(tmp_path):
    targets = torch.rand(N, 2)
    scores = {"loss": lambda logits, y: ((logits[:, :2] - y) ** 2).mean(), "accuracy": None}
    with recorder_of(mlp(), tmp_path, probe=(X5, targets), test=(X5[:4], targets[:4]), **scores) as recorder:
        recorder(0)
    examples = read_probe(tmp_path / "dataset.parquet")
    np.testing.assert_array_equal(examples.targets, np.concatenate([targets, targets[:4]]))
    np.testing.assert_array_equal(examples.inputs, np.concatenate([X5, X5[:4]]))
    assert examples.train.sum() == N
    curves = pd.read_parquet(tmp_path / "curves.parquet")
    assert set(curves["metric"]) == {"train_loss", "test_loss", "weight_norm"}


def test_a_network_in_bfloat16_with_tied_weights_is_recorded(tmp_path):
    network = nn.Sequential(nn.Linear(5, 5), nn.ReLU(), nn.Linear(5, 5)).to(torch.bfloat16)
    network[2].weight = network[0].weight
    with recorder_of(network, tmp_path, layers=["1"], probe=(X5.bfloat16(), Y)) as recorder:
        recorder(0)
    assert torch.equal(load_file(tmp_path / "weights.safetensors")["0/2.weight"], network[0].weight)


def test_a_state_that_is_no_tensor_is_left_out_of_the_weights(tmp_path):
    class Stateful(nn.Linear):
        def get_extra_state(self):
            return {"calls": 3}

        def set_extra_state(self, state):
            pass

    network = nn.Sequential(Stateful(5, 4), nn.ReLU(), nn.Linear(4, 3))
    with recorder_of(network, tmp_path, layers=["1"]) as recorder:
        recorder(0)
    weights = load_file(tmp_path / "weights.safetensors")
    assert set(weights) == {f"0/{name}" for name, _ in network.named_parameters()}


def test_a_compiled_network_is_recorded_by_its_own_names(tmp_path):
    assert recorder_of(torch.compile(mlp()), tmp_path)(0)


def test_memory_does_not_grow_with_the_number_of_snapshots(tmp_path):
    probe, peaks = (torch.randn(4000, 5), torch.arange(4000) % 3), []
    for n in (4, 40):
        network = nn.Sequential(nn.Linear(5, 32), nn.ReLU(), nn.Linear(32, 3))
        recorder = recorder_of(network, tmp_path / str(n), layers=["1"], probe=probe, steps=list(range(n)))
        tracemalloc.start()
        for step in range(n):
            network[0].bias.data += 1
            recorder(step)
        recorder.close()
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 1.5 * peaks[0]
