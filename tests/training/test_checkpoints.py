"""The folder of one unfinished run: its checkpoints, and one process at a time."""

import hashlib
import io
import multiprocessing
import pickle

import pytest
import torch

from grokking_phases.training.checkpoints import Checkpoints
from grokking_phases.training.finished_outputs import FOLDER, forget

SECONDS, WHILE = 10, 0.2  # the time to answer, and the time in which an answer must not come


@pytest.fixture
def checkpoints(tmp_path):
    return Checkpoints(tmp_path / "checkpoints", "abc123")


def names_in(folder):
    return sorted(path.name for path in folder.iterdir())


def steps(checkpoints):
    return [checkpoint["step"] for checkpoint in checkpoints.load()]


def newest(checkpoints):
    return max(checkpoints.folder.glob("*.pt"))


def test_the_last_checkpoint_saved_is_loaded(checkpoints):
    with checkpoints.held():
        assert steps(checkpoints) == []
        checkpoints.save({"step": 2, "weight": torch.full((3,), 2), "curves": [{"loss": float("nan")}]})
        (checkpoint,) = checkpoints.load()
    assert checkpoint.keys() == {"step", "weight", "curves"}
    assert checkpoint["step"] == 2
    assert torch.equal(checkpoint["weight"], torch.tensor([2, 2, 2]))
    assert checkpoint["curves"][0]["loss"] != checkpoint["curves"][0]["loss"]


def test_the_last_two_checkpoints_are_kept_newest_first(checkpoints):
    with checkpoints.held():
        for step in (9, 10, 100):
            checkpoints.save({"step": step})
        assert steps(checkpoints) == [100, 10]
        assert len(names_in(checkpoints.folder)) == 2


@pytest.mark.parametrize("damage", ["cut", "flip", "empty"])
def test_a_damaged_checkpoint_is_left_out_with_a_message(damage, checkpoints, capsys):
    checkpoints.save({"step": 1})
    checkpoints.save({"step": 2})
    content = bytearray(newest(checkpoints).read_bytes())
    content[len(content) // 2] ^= 1
    damaged = {"cut": content[:-7], "flip": content, "empty": b""}[damage]
    newest(checkpoints).write_bytes(damaged)
    assert steps(checkpoints) == [1]
    assert f"{newest(checkpoints)} is damaged, and left out" in capsys.readouterr().err


def test_a_finished_run_keeps_no_checkpoint(checkpoints):
    with checkpoints.held():
        checkpoints.save({"step": 1})
        (checkpoints.folder / "finished").mkdir()
        checkpoints.clear()
    assert names_in(checkpoints.folder) == ["finished"]


def test_a_checkpoint_of_another_run_is_refused(checkpoints, tmp_path):
    other = Checkpoints(tmp_path / "checkpoints", "def456")
    with other.held():
        other.save({"step": 1})
    other.folder.rename(checkpoints.folder)
    with (
        checkpoints.held(),
        pytest.raises(ValueError, match="belongs to another run; delete the folder .*abc123"),
    ):
        steps(checkpoints)


def test_a_checkpoint_is_data_and_never_code(checkpoints, tmp_path):
    """The file is named by its own digest, as an attacker would name it."""
    code = pickle.dumps(Harm(tmp_path / "done"))
    checkpoints.save({"step": 1})
    buffer = io.BytesIO()
    torch.save(Harm(tmp_path / "done"), buffer)
    for content in (code, buffer.getvalue()):
        newest(checkpoints).unlink()
        (checkpoints.folder / f"000000001.{hashlib.sha256(content).hexdigest()}.pt").write_bytes(content)
        with pytest.raises(ValueError, match="pt holds more than plain data, so it was not read; delete it"):
            steps(checkpoints)
    assert not (tmp_path / "done").exists()


class Harm:
    """An object that makes a file when it is unpickled."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return self.path.touch, ()


def test_a_save_that_fails_halfway_leaves_the_last_checkpoint(checkpoints):
    with checkpoints.held():
        checkpoints.save({"step": 1})
        with pytest.raises((AttributeError, TypeError), match="pickle"):
            checkpoints.save({"step": 2, "weight": torch.zeros(1000), "cannot be pickled": lambda: None})
        assert steps(checkpoints) == [1]
        assert len(names_in(checkpoints.folder)) == 1


def hold_and_tell(checkpoints, pipe):
    pipe.send("waiting")
    with checkpoints.held():
        pipe.send(steps(checkpoints))
        pipe.recv()


@pytest.fixture
def other(checkpoints):
    """Return a function that starts another process.

    The process waits for the folder, tells what it finds there, and holds the folder until it is ended.
    """
    context, started = multiprocessing.get_context("fork"), []

    def start():
        here, there = context.Pipe()
        started.append(context.Process(target=hold_and_tell, args=(checkpoints, there)))
        started[-1].start()
        assert here.poll(SECONDS)
        assert here.recv() == "waiting"
        here.kill = started[-1].kill
        return here

    yield start
    for process in started:
        process.kill()
        process.join()


def told(pipe):
    assert pipe.poll(SECONDS), "the other process still waits"
    return pipe.recv()


def test_a_process_waits_for_the_holder_and_finds_its_last_checkpoint(checkpoints, other):
    with checkpoints.held():
        pipe = other()
        checkpoints.save({"step": 5})
        assert not pipe.poll(WHILE)
    assert told(pipe) == [5]


def test_a_process_that_waited_for_a_folder_now_gone_gets_a_fresh_one_to_itself(checkpoints, other):
    with checkpoints.held():
        first = other()
        assert not first.poll(WHILE)
        (checkpoints.folder / FOLDER).mkdir()
        forget(checkpoints.folder.parent)
    assert told(first) == []
    assert not other().poll(WHILE)


def test_a_killed_holder_releases_the_folder(checkpoints, other):
    holder = other()
    assert told(holder) == []
    pipe = other()
    assert not pipe.poll(WHILE)
    holder.kill()
    assert told(pipe) == []
