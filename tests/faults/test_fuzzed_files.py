"""Files with random damage are refused with one sentence, or read correctly; no reader hangs or crashes."""

import os
import random
import re
import signal

import numpy as np
import pytest
from trainees import Trainee, ended

from grokking_phases.data.networks import Networks
from grokking_phases.data.snapshots import Snapshots
from grokking_phases.storage.headers import header_of
from grokking_phases.storage.tables import read_table
from grokking_phases.training.checkpoints import Checkpoints

MUTATIONS = 300  # of each kind of file
SECONDS = 120  # after which reading all of them counts as hanging


@pytest.fixture(scope="module")
def trainee(tmp_path_factory):
    """Return a trainee with the outputs of a finished run, and with a checkpoint of another."""
    trainee = Trainee(tmp_path_factory.mktemp("fuzzed") / "run")
    assert trainee.attempt() == 0
    Checkpoints(trainee.folder / "checkpoints", "abc123").save({"step": 7, "weight": np.arange(9).tolist()})
    return trainee


def table(trainee, path):
    return read_table(path).to_json()


def snapshots(trainee, path):
    read = Snapshots(path, trainee.folder / "dataset.parquet")
    return [(snapshot.step, snapshot.activations["hidden"].tobytes()) for snapshot in read]


def weights(trainee, path):
    made_by = header_of(trainee.outputs[0])["config_digest"]
    read = Networks(path, trainee.folder / "dataset.parquet", trainee.entry["model"], made_by)
    return [weight.numpy().tobytes() for step in (0, 24) for weight in read(step).state_dict().values()]


def checkpoint(trainee, path):
    return list(Checkpoints(trainee.folder / "checkpoints", "abc123").load()) or [
        {"step": 7, "weight": [*range(9)]}
    ]


READERS = {
    "curves.parquet": table,
    "snapshots.parquet": snapshots,
    "weights.safetensors": weights,
    ".pt": checkpoint,
}


def file_of(trainee, name):
    return next(
        path for path in [*trainee.outputs, *trainee.folder.rglob("abc123/*.pt")] if path.name.endswith(name)
    )


def mutated(content: bytes, dice: random.Random) -> bytes:
    """Return the content with damage of a random kind.

    Bits are flipped, the end is cut off, junk is appended, or a piece is zeroed, removed, doubled, reversed
    or moved.
    """
    i, j = sorted(dice.randrange(len(content)) for _ in range(2))
    j = min(j, i + 2 ** dice.randrange(12)) + 1
    head, piece, tail = content[:i], content[i:j], content[j:]
    flipped = bytearray(content)
    for _ in range(dice.choice([1, 1, 8])):
        flipped[dice.randrange(len(content))] ^= 1 << dice.randrange(8)
    changes = [
        flipped,
        head,
        head + bytes(len(piece)) + tail,
        head + tail,
        head + 2 * piece + tail,
    ]
    return bytes(
        dice.choice([*changes, tail + head + piece, content + dice.randbytes(99), head + piece[::-1] + tail])
    )


def in_a_process_of_its_own(job, said):
    """Run `job` in a process of its own, and return what it wrote to the file `said`.

    Raise AssertionError if a signal ends the process, or if it hangs.
    """
    pid = os.fork()
    if not pid:
        with open(said, "w") as lines:
            try:
                job(lines.write)
            finally:
                lines.flush()
                os._exit(0)
    code = ended(pid, SECONDS)
    assert code == 0, f"ended by {signal.Signals(-code).name}: {said.read_text()[-300:]}"
    return said.read_text()


@pytest.mark.parametrize("name", READERS)
def test_damage_is_refused_with_a_sentence(name, trainee, tmp_path):
    path = file_of(trainee, name)
    content, whole, dice = path.read_bytes(), READERS[name](trainee, path), random.Random(name)

    def read_damaged(say):
        for i in range(MUTATIONS):
            path.write_bytes(mutated(content, dice))
            try:
                if READERS[name](trainee, path) != whole:
                    say(f"{i}: other numbers\n")
            except ValueError as error:
                if not re.match(rf"{path} .*; delete it, and the same command makes it again$", str(error)):
                    say(f"{i}: {error}\n")
            except BaseException as error:
                say(f"{i}: {error!r}\n")
        say("read\n")

    try:
        assert in_a_process_of_its_own(read_damaged, tmp_path / "said") == "read\n"
    finally:
        path.write_bytes(content)
