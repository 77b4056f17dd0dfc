"""A run ends in the same bytes after any interruption, and a run that diverges ends where it does."""

import math

import numpy as np
import pandas as pd
import pytest
import torch
from safetensors.numpy import load_file

from grokking_phases.data.examples_file import write_examples
from grokking_phases.data.snapshots import Snapshots
from grokking_phases.storage.headers import content_of
from grokking_phases.training.checkpoints import Checkpoints
from grokking_phases.training.norm_constraint import l2_norm
from grokking_phases.training.run import Run, training_identity

MLP = {
    "model": {"module": "mlp", "width": 8},
    "training": {"steps": 12, "learning_rate": 0.03, "weight_decay": 1, "evaluate": {"every": 3}},
    "snapshots": {"layers": ["hidden"], "steps": [4, 8], "dtype": "float16"},
}
# Dropout, batches and a warm-up: everything that draws random numbers or counts steps.
TRANSFORMER = {
    "model": {"module": "transformer", "d_model": 8, "n_heads": 2, "d_mlp": 12, "dropout": 0.2},
    "training": {
        "steps": 12,
        "learning_rate": 0.01,
        "batch_size": 8,
        "warmup_steps": 6,
        "constrain_norm": "weights",
        "evaluate": {"every": 3},
    },
    "snapshots": {"layers": ["block_1", "block_2", "block_2.hidden"], "steps": {"every": 2}},
}
NEVER = math.inf  # seconds between checkpoints
MACHINE = {"device": "cpu", "threads": 1}


class Study:
    """Runs of the same examples, each in a folder of its own."""

    def __init__(self, examples, folder):
        self.examples, self.folder = examples, folder
        write_examples(folder / "dataset.parquet", examples, {})

    def run(self, entry, name, seed=0):
        checkpoints = Checkpoints(self.folder / name, "abc123")
        return Run(self.examples, entry, seed, "cpu", checkpoints.folder), checkpoints

    def results(self, run, name):
        """Return the curves and the bytes of the two files."""
        paths = [self.folder / name / file for file in ("snapshots.parquet", "weights.safetensors")]
        data = content_of(self.folder / "dataset.parquet")
        run.write_snapshots(*paths, {"run": "the same", "dataset": data})
        return run.curves_table(), *(path.read_bytes() for path in paths)

    def snapshots(self, name):
        return Snapshots(self.folder / name / "snapshots.parquet", self.folder / "dataset.parquet")


@pytest.fixture
def study(examples, tmp_path):
    return Study(examples, tmp_path)


def silent(_step, _values):
    pass


class Killed(BaseException):
    """A kill, which no handler of exceptions catches."""


def killed_at(killing_step):
    def report(step, _values):
        if step == killing_step:
            raise Killed

    return report


def finished(study, entry, name, seed=0):
    run, checkpoints = study.run(entry, name, seed)
    run.train(checkpoints, NEVER, silent)
    return run, study.results(run, name)


def same(results, others):
    curves, *files = results
    other_curves, *other_files = others
    return curves.equals(other_curves) and files == other_files


@pytest.mark.parametrize("entry", [MLP, TRANSFORMER])
def test_a_run_has_its_curves_and_snapshots(entry, study):
    run, (curves, *_) = finished(study, entry, "run")
    recorded = {0, 4, 8, 12} if entry is MLP else {0, 2, 4, 6, 8, 10, 12}
    assert run.finished
    assert "diverged_at" not in run.history()
    assert curves.columns.tolist() == ["step", "metric", "value", "layer"]
    assert sorted(set(curves["step"])) == sorted({0, 3, 6, 9, 12} | recorded)
    metrics = {"train_loss", "train_accuracy", "test_loss", "test_accuracy", "weight_norm"}
    assert set(curves["metric"]) == metrics
    assert len(curves) == len(metrics) * len(set(curves["step"]))
    assert curves["value"].notna().all()
    assert study.snapshots("run").steps == sorted(recorded)
    assert study.snapshots("run").header["run"] == "the same"


def test_activations_are_recorded_in_the_order_in_which_the_split_drew_the_samples(study):
    run, _ = finished(study, MLP, "run")
    rows = pd.read_parquet(study.folder / "run" / "snapshots.parquet")
    drawn = torch.randperm(49, generator=torch.Generator().manual_seed(0)).numpy()[: int(0.4 * 49)]
    last = rows[rows["step"] == 12]
    assert last["sample"].tolist() == drawn.tolist()
    inputs = torch.from_numpy(np.stack(np.divmod(drawn, 7), axis=1))  # sample 7 a + b is the pair (a, b)
    hidden = run.trainer.model.hidden(run.trainer.model.preactivation(run.trainer.model.embedding(inputs)))
    np.testing.assert_allclose(np.stack(last["hidden"]), hidden.detach().numpy(), rtol=1e-3, atol=1e-4)


def test_the_last_snapshot_is_of_the_last_network(study, examples):
    run, _ = finished(study, MLP, "run")
    network, inputs = run.trainer.model, torch.from_numpy(examples.inputs[examples.train])
    hidden = network.preactivation(network.embedding(inputs)).relu()
    stored = study.snapshots("run")[12].activations["hidden"]
    np.testing.assert_array_equal(stored, hidden.detach().numpy().astype(np.float16))
    weights = load_file(study.folder / "run" / "weights.safetensors")
    np.testing.assert_array_equal(weights["12/readout.weight"], run.trainer.model.readout.weight.detach())
    assert (weights["12/readout.weight"] != weights["8/readout.weight"]).any()


@pytest.mark.parametrize("step", [3, 6, 9, 12])
@pytest.mark.parametrize("entry", [MLP, TRANSFORMER])
def test_a_run_killed_at_a_step_ends_in_the_same_bytes(entry, step, study):
    _, uninterrupted = finished(study, entry, "uninterrupted")
    first, checkpoints = study.run(entry, "killed")
    with checkpoints.held(), pytest.raises(Killed):
        first.train(checkpoints, 0, killed_at(step))
    torch.manual_seed(99)  # a new process has another state of torch's generator
    second, checkpoints = study.run(entry, "killed")
    with checkpoints.held():
        second.resume(checkpoints.load(), MACHINE)
        assert second.trainer.step == step - 1
        second.train(checkpoints, NEVER, silent)
    assert same(study.results(second, "killed"), uninterrupted)


def test_a_run_killed_after_snapshots_that_its_checkpoint_does_not_know_ends_in_the_same_bytes(study):
    """The folder has the snapshots of steps 0 … 8, and no checkpoint."""
    _, uninterrupted = finished(study, TRANSFORMER, "uninterrupted")
    first, checkpoints = study.run(TRANSFORMER, "killed")
    with pytest.raises(Killed):
        first.train(checkpoints, NEVER, killed_at(9))
    assert first.recording.taken() == [0, 2, 4, 6, 8]
    second, checkpoints = study.run(TRANSFORMER, "killed")
    second.resume(checkpoints.load(), MACHINE)
    assert second.trainer.step == 0
    second.train(checkpoints, NEVER, silent)
    assert same(study.results(second, "killed"), uninterrupted)


def test_a_run_killed_between_its_last_step_and_its_outputs_does_not_train_again(study):
    first, checkpoints = study.run(MLP, "run")
    first.train(checkpoints, NEVER, silent)
    second, checkpoints = study.run(MLP, "run")
    second.resume(checkpoints.load(), MACHINE)
    second.train(checkpoints, NEVER, killed_at(12))
    assert second.curves_table().equals(first.curves_table())


def test_another_seed_gives_another_run(study):
    (_, one), (_, other) = finished(study, MLP, "0", seed=0), finished(study, MLP, "1", seed=1)
    assert not any(a == b for a, b in zip(one[1:], other[1:], strict=True))
    assert not one[0].equals(other[0])


def test_a_run_without_snapshots_records_its_first_and_last_weights(study):
    entry = {key: value for key, value in MLP.items() if key != "snapshots"}
    _, (curves, *_) = finished(study, entry, "run")
    assert sorted(set(curves["step"])) == [0, 3, 6, 9, 12]
    assert study.snapshots("run").steps == []
    weights = load_file(study.folder / "run" / "weights.safetensors")
    assert {key.split("/")[0] for key in weights} == {"0", "12"}


def diverging(**training):
    return MLP | {"training": MLP["training"] | {"learning_rate": 1e30} | training}


def test_a_run_that_diverges_ends_at_the_first_loss_that_is_not_finite(study):
    """The first update has learning rate 0; the second throws the weights to 1e30."""
    entry = diverging(warmup_steps=2, evaluate=[1, 2, 3])
    run, (curves, *_) = finished(study, entry, "run")
    assert run.history()["diverged_at"] == 2
    losses = curves[curves["metric"] == "train_loss"].set_index("step")["value"]
    assert np.isfinite(losses).to_dict() == {0: True, 1: True, 2: False}
    assert study.snapshots("run").steps == [0]


def test_a_run_that_diverges_keeps_the_snapshots_before(study):
    # The learning rate is 0, then 1e30 / 6: the run diverges at step 2, and this shows at step 3.
    entry = diverging(warmup_steps=6, evaluate=[6])
    run, _ = finished(study, entry | {"snapshots": {"layers": ["hidden"], "steps": [1, 3, 5]}}, "run")
    assert run.history()["diverged_at"] == 3
    assert [snapshot.step for snapshot in study.snapshots("run")] == [0, 1]
    weights = load_file(study.folder / "run" / "weights.safetensors")
    assert {key.split("/")[0] for key in weights} == {"0", "1"}


def test_a_run_that_diverged_at_a_snapshots_step_is_not_trained_again(study):
    entry = diverging(evaluate=[1, 2, 3]) | {"snapshots": {"layers": ["hidden"], "steps": [1, 2, 3]}}
    first, checkpoints = study.run(entry, "run")
    first.train(checkpoints, NEVER, silent)
    second, checkpoints = study.run(entry, "run")
    second.resume(checkpoints.load(), MACHINE)
    assert second.finished
    assert second.recording.taken() == first.recording.taken()


def test_what_an_earlier_attempt_recorded_after_the_divergence_is_left_out(study):
    """With other threads, or on another machine, that attempt may have diverged later."""
    run, checkpoints = study.run(diverging(), "run")
    run.recording.take(run.trainer.model, run.trainer.data["train"][0], 8)
    run.resume([], MACHINE)
    run.train(checkpoints, NEVER, silent)
    assert run.recording.taken() == [0]


def test_a_run_that_diverged_stays_ended_when_it_is_resumed(study):
    first, checkpoints = study.run(diverging(), "run")
    first.train(checkpoints, NEVER, silent)
    second, checkpoints = study.run(diverging(), "run")
    second.resume(checkpoints.load(), MACHINE)
    second.train(checkpoints, NEVER, killed_at(first.history()["diverged_at"]))
    assert second.history()["diverged_at"] == first.history()["diverged_at"]
    pd.testing.assert_frame_equal(second.curves_table(), first.curves_table())


def test_a_run_that_never_had_a_finite_loss_has_no_snapshots(study):
    run, _ = finished(study, MLP | {"training": MLP["training"] | {"alpha": 1e30}}, "run")
    assert run.history()["diverged_at"] == 0
    assert study.snapshots("run").steps == []


def test_a_run_says_what_it_was_made_with_before_and_after_a_resumption(study):
    first, checkpoints = study.run(MLP, "run")
    first.resume([], MACHINE)
    first.train(checkpoints, 0, lambda step, values: None)
    second, _ = study.run(MLP, "run")
    second.resume(checkpoints.load(), MACHINE | {"threads": 2})
    assert second.history()["made_with"] == [MACHINE, MACHINE | {"threads": 2}]


def test_a_checkpoint_does_not_depend_on_the_type_that_snapshots_are_stored_as():
    other = MLP | {"snapshots": MLP["snapshots"] | {"dtype": "float32"}}
    assert training_identity(other) == training_identity(MLP)
    assert training_identity(MLP | {"snapshots": {"layers": ["hidden"], "steps": [4]}}) != training_identity(
        MLP
    )


@pytest.mark.parametrize("mask", ["activation", "weights"])
@pytest.mark.parametrize(
    "training", [{}, {"alpha": 3.0, "constrain_norm": "weights", "zero_last_layer": True}]
)
def test_a_sub_network_of_all_units_is_the_run_itself_bit_for_bit(mask, training, study):
    entry = MLP | {"training": MLP["training"] | training}
    _, (curves, *_) = finished(study, entry, "whole")
    part, _ = study.run(entry | {"subnetwork": {"units": list(range(8)), "mask": mask}}, "part")
    part.train(Checkpoints(study.folder / "part", "abc123"), NEVER, silent)
    assert part.curves_table().equals(curves)


@pytest.mark.parametrize("mask", ["activation", "weights"])
def test_a_sub_network_keeps_the_norm_of_its_own_weights(mask, study):
    entry = MLP | {
        "training": MLP["training"] | {"alpha": 3.0, "constrain_norm": "weights", "zero_last_layer": True}
    }
    part, _ = study.run(entry | {"subnetwork": {"units": [0, 3, 5], "mask": mask}}, "part")
    norms = []
    for _ in range(3):
        part.trainer.take_step()
        weights = [parameter for parameter in part.trainer.model.parameters() if parameter.ndim > 1]
        norms.append(l2_norm(weights).item())
    assert norms == pytest.approx([part.trainer.norm.item()] * 3)


def test_a_layer_that_is_not_a_module_is_refused_before_the_first_step(study):
    entry = MLP | {"snapshots": MLP["snapshots"] | {"layers": ["hiden"]}}
    with pytest.raises(
        ValueError, match=r"models/mlp.py: LAYERS names the layer 'hiden'.*preactivation, hidden"
    ):
        study.run(entry, "run")
