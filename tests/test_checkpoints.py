"""A folder of one unfinished run: its states, and one process at a time."""

import multiprocessing

import pytest
import torch

from grokking_phases.checkpoints import Checkpoints

SECONDS, WHILE = 10, 0.2  # until a process that must answer has failed to; that one must not answer in


@pytest.fixture
def checkpoints(tmp_path):
    return Checkpoints(tmp_path / "checkpoints", "abc123")


def names_in(folder):
    return sorted(path.name for path in folder.iterdir())


def test_the_last_state_saved_comes_back(checkpoints):
    with checkpoints.held():
        assert checkpoints.load() is None
        for step in (1, 2):
            checkpoints.save({"step": step, "weight": torch.full((3,), step), "curves": [{"loss": float("nan")}]})
        state = checkpoints.load()
    assert state.keys() == {"step", "weight", "curves"}
    assert state["step"] == 2
    assert torch.equal(state["weight"], torch.tensor([2, 2, 2]))
    assert state["curves"][0]["loss"] != state["curves"][0]["loss"]
    assert names_in(checkpoints.folder) == ["state.pt"]


def test_nothing_is_left_when_the_run_is_done(checkpoints):
    with checkpoints.held():
        checkpoints.save({"step": 1})
        checkpoints.remove()
    assert names_in(checkpoints.folder.parent) == []


def test_a_state_of_another_run_is_refused(checkpoints, tmp_path):
    other = Checkpoints(tmp_path / "checkpoints", "def456")
    with other.held():
        other.save({"step": 1})
    other.folder.rename(checkpoints.folder)
    with checkpoints.held(), pytest.raises(ValueError, match="belongs to another run; delete the folder .*abc123"):
        checkpoints.load()


def test_a_save_that_fails_halfway_leaves_the_last_state(checkpoints):
    with checkpoints.held():
        checkpoints.save({"step": 1})
        with pytest.raises((AttributeError, TypeError), match="pickle"):
            checkpoints.save({"step": 2, "weight": torch.zeros(1000), "cannot be pickled": lambda: None})
        assert checkpoints.load() == {"step": 1}
        assert names_in(checkpoints.folder) == ["state.pt"]


def hold_and_tell(checkpoints, pipe):
    pipe.send("waiting")
    with checkpoints.held():
        pipe.send((names_in(checkpoints.folder), checkpoints.load()))
        pipe.recv()


@pytest.fixture
def other(checkpoints):
    """Start another process that waits for the folder, tells what it finds in it, and holds it until it is ended."""
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


def test_a_process_waits_for_the_holder_and_finds_its_last_state(checkpoints, other):
    with checkpoints.held():
        pipe = other()
        checkpoints.save({"step": 5})
        assert not pipe.poll(WHILE)
    assert told(pipe) == (["state.pt"], {"step": 5})


def test_a_process_that_waited_for_a_run_now_done_gets_a_fresh_folder_to_itself(checkpoints, other):
    with checkpoints.held():
        checkpoints.save({"step": 5})
        first = other()
        assert not first.poll(WHILE)
        checkpoints.remove()
    assert told(first) == ([], None)
    assert not other().poll(WHILE)


def test_a_holder_that_is_killed_holds_no_longer(checkpoints, other):
    holder = other()
    assert told(holder) == ([], None)
    pipe = other()
    assert not pipe.poll(WHILE)
    holder.kill()
    assert told(pipe) == ([], None)
