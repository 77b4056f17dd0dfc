"""A trainer that is killed at any moment resumes by the same command, and ends as if never killed."""

import os
import random
import re
import signal
import time
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from trainees import Trainee, ended, kill_at

from grokking_phases.data.recording import Recording
from grokking_phases.storage import atomic_write as files
from grokking_phases.storage import tensors
from grokking_phases.training import job
from grokking_phases.training.checkpoints import Checkpoints
from grokking_phases.training.run import Run


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    trainee = Trainee(tmp_path_factory.mktemp("undisturbed") / "run")
    assert trainee.attempt() == 0, trainee.said.read_text()
    return trainee.contents()


@pytest.fixture
def trainee(tmp_path):
    return Trainee(tmp_path / "run")


def half(path, content):
    with open(path, "wb") as file:
        file.write(content[: len(content) // 2])


def half_of_pieces(path, pieces):
    half(path, b"".join(map(bytes, pieces)))


MOMENTS = {  # the process is killed at the nth call of this function; `half` writes a part first
    "inside the first snapshot's write": (tensors, "write_pieces", 1, half_of_pieces),
    "inside a later snapshot's write": (tensors, "write_pieces", 4, half_of_pieces),
    "after a snapshot, before its sync": (Recording, "sync", 6),
    "inside a checkpoint's write": (Path, "write_bytes", 10, half),
    "between a write and its sync": (os, "fsync", 20),
    "between a checkpoint's write and its name": (Path, "replace", 10),
    "after a checkpoint has its name": (files, "sync_folder", 10),
    "as old checkpoints are removed": (Path, "unlink", 20),
    "at a snapshot": (Recording, "take", 3),
    "at the last step": (Checkpoints, "save", 24),
    "before the merge": (Recording, "merge_activations", 1),
    "inside the merge": (pq.ParquetWriter, "write_table", 3),
    "between the outputs": (Recording, "merge_parameters", 1),
    "before the last output": (Run, "curves_table", 1),
    "when all outputs are there": (job, "keep", 1),
    "before the checkpoints are removed": (Checkpoints, "clear", 1),
}


@pytest.mark.parametrize("moment", MOMENTS)
def test_a_kill_at_this_moment_changes_nothing(moment, trainee, undisturbed):
    assert trainee.attempt(kill_at(*MOMENTS[moment])) == -signal.SIGKILL
    saved = trainee.checkpoint_steps()
    trainee.remove_outputs()
    assert trainee.attempt() == 0, trainee.said.read_text()
    assert trainee.contents() == undisturbed
    assert trainee.litter() == []
    said = trainee.said.read_text()
    assert not saved or not said or f"goes on from step {saved[0]}\n" in said  # a finished run prints nothing


def test_each_snapshot_is_synced_once_and_before_a_checkpoint_that_relies_on_it(trainee, tmp_path):
    def note_syncs():
        sync_file = files.sync_file

        def noted(path):
            sync_file(path)
            with open(tmp_path / "synced", "a") as notes:
                notes.write(f"{path.name}\n")

        files.sync_file = noted

    assert trainee.attempt(note_syncs) == 0, trainee.said.read_text()
    synced = (tmp_path / "synced").read_text().splitlines()
    parts = [name for name in synced if re.fullmatch(r"\d{9}\.safetensors", name)]
    assert parts == [f"{step:09d}.safetensors" for step in (0, 6, 12, 18, 24)]
    checkpoints = [(i, int(name[1:10])) for i, name in enumerate(synced) if ".pt." in name]
    assert len(checkpoints) == 24
    for place, step in checkpoints:
        assert {part for part in parts if int(part[:9]) <= step} <= set(synced[:place])


def test_a_snapshot_damaged_since_makes_the_run_go_back_to_an_earlier_checkpoint(trainee, undisturbed):
    """Kill at step 13, with checkpoints of steps 11 and 12, and cut the snapshot of step 12 short."""
    assert trainee.attempt(kill_at(Checkpoints, "save", 13)) == -signal.SIGKILL
    assert trainee.checkpoint_steps() == [12, 11]
    part = next(trainee.folder.glob("checkpoints/*/*12.safetensors"))
    part.write_bytes(part.read_bytes()[:-1])
    assert trainee.attempt() == 0
    assert "goes on from step 11\n" in trainee.said.read_text()
    assert trainee.contents() == undisturbed


def test_without_a_whole_checkpoint_a_run_begins_anew_and_says_why(trainee, undisturbed):
    assert trainee.attempt(kill_at(Checkpoints, "save", 13)) == -signal.SIGKILL
    for checkpoint in trainee.folder.glob("checkpoints/*/*.pt"):
        checkpoint.write_bytes(b"")
    assert trainee.attempt() == 0
    assert trainee.said.read_text().count("is damaged, and left out") == 2
    assert trainee.contents() == undisturbed


def test_a_run_that_was_finished_before_its_outputs_were_removed_is_not_trained_again(trainee, undisturbed):
    """Act as if the workflow was killed after the job had ended, and before it had noted that."""
    assert trainee.attempt() == 0
    trainee.remove_outputs()
    assert trainee.attempt(kill_at(Run, "train", 1)) == 0
    assert trainee.contents() == undisturbed


def test_kills_at_random_moments_lose_no_run_and_no_checkpoint(tmp_path):
    """Kill each attempt within a third of the time that a whole one takes; `make soak` kills 200 times."""
    length = {"steps": 200, "seconds": 0.02}
    undisturbed, trainee = (Trainee(tmp_path / name, **length) for name in ("undisturbed", "run"))
    pid, start = begun(undisturbed), time.monotonic()
    assert ended(pid) == 0
    third = (time.monotonic() - start) / 3
    dice, kills = random.Random(0), 0
    while (code := killed_after(trainee, dice.uniform(0.0, third))) != 0:
        assert code == -signal.SIGKILL, trainee.said.read_text()
        kills += 1
        trainee.remove_outputs()
    assert trainee.contents() == undisturbed.contents()
    assert kills >= 2


def killed_after(trainee, seconds):
    """Kill an attempt `seconds` after it has begun, and return how it ended.

    If it resumed, it must have resumed the newest checkpoint.
    """
    saved = trainee.checkpoint_steps()
    pid = begun(trainee)
    time.sleep(seconds)
    if not is_over(pid):
        os.kill(pid, signal.SIGKILL)
    code = ended(pid)
    step = re.search(r"goes on from step (\d+)", trainee.said.read_text())
    assert not step or int(step[1]) >= saved[0]
    return code


def begun(trainee):
    """Start an attempt, and return its process id once it has said at which step it is, or has ended."""
    trainee.said.write_text("")
    pid = trainee.start()
    while not (is_over(pid) or trainee.said.read_text()):
        time.sleep(0.01)
    return pid


def is_over(pid):
    """Return a true value if the process has ended; `ended` can still wait for it."""
    return os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_asked_to_end_it_saves_within_five_seconds_and_says_so(number, tmp_path):
    """Save checkpoints once an hour, so that the one found must have been saved on request."""
    trainee = Trainee(tmp_path / "run", steps=100_000, seconds=3600)
    pid = begun(trainee)
    os.kill(pid, number)
    assert ended(pid, seconds=5) == 1
    (step,) = trainee.checkpoint_steps()
    name = signal.Signals(number).name
    assert (
        f"addition seed 3 was asked to end ({name}), and saved step {step}; the same"
        in trainee.said.read_text()
    )


def test_asked_to_end_and_started_again_it_ends_as_if_nothing_had_been(tmp_path):
    undisturbed, trainee = (
        Trainee(tmp_path / name, steps=300, seconds=3600) for name in ("undisturbed", "run")
    )
    assert undisturbed.attempt() == 0
    pid = begun(trainee)
    os.kill(pid, signal.SIGTERM)
    assert ended(pid) == 1, trainee.said.read_text()
    assert trainee.attempt() == 0
    assert "goes on from step" in trainee.said.read_text()
    assert trainee.contents() == undisturbed.contents()
