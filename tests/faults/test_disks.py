"""A disk that is full or read-only: the run ends with one sentence and no half file, and can resume."""

import errno
import os
import subprocess
from pathlib import Path

import pytest
from trainees import Trainee, fail_at

from grokking_phases.jobs.logs import Log
from grokking_phases.storage.atomic_write import whole

FULL = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
FORBIDDEN = OSError(errno.EROFS, os.strerror(errno.EROFS))


@pytest.fixture
def small_disk(tmp_path):
    """Yield a folder on a disk of its own, of 300 kB; only root can mount one."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=300k", "tmpfs", folder], capture_output=True
    )
    if mounted.returncode:
        pytest.skip("a small disk cannot be mounted here; the tests with injected faults check the same")
    yield folder
    subprocess.run(["umount", "-l", folder], check=True)


def test_a_run_on_a_full_disk_resumes_when_there_is_room(small_disk, tmp_path):
    undisturbed, trainee = Trainee(tmp_path / "undisturbed"), Trainee(small_disk / "run")
    assert undisturbed.attempt() == 0
    ballast = small_disk / "ballast"
    ballast.write_bytes(b"0" * 280_000)
    assert trainee.attempt() == 1
    assert (
        "no space is left on its disk; free some and give the same command again" in trainee.said.read_text()
    )
    assert trainee.litter() == []
    ballast.unlink()
    assert trainee.attempt() == 0, trainee.said.read_text()
    assert trainee.contents() == undisturbed.contents()


@pytest.mark.parametrize("error", [FULL, FORBIDDEN])
@pytest.mark.parametrize(
    ("owner", "name", "nth"), [(Path, "write_bytes", 5), (os, "fsync", 5), (Path, "replace", 12)]
)
def test_a_failed_write_gives_one_sentence_and_loses_nothing_else(error, owner, name, nth, tmp_path):
    undisturbed, trainee = Trainee(tmp_path / "undisturbed"), Trainee(tmp_path / "run")
    assert undisturbed.attempt() == 0
    assert trainee.attempt(fail_at(owner, name, nth, error)) == 1
    (sentence,) = [line for line in trainee.said.read_text().splitlines() if "cannot be written" in line]
    assert sentence.startswith(f"{trainee.folder}/checkpoints/")
    saved = trainee.checkpoint_steps()[0]
    assert trainee.attempt() == 0
    assert f"goes on from step {saved}\n" in trainee.said.read_text()
    assert trainee.contents() == undisturbed.contents()


@pytest.mark.parametrize(
    ("error", "remedy"),
    [
        (FULL, "free some and give the same command again"),
        (FORBIDDEN, "Read-only file system; make its folder writable"),
    ],
)
def test_the_sentence_names_the_file_and_the_remedy(error, remedy, tmp_path):
    with (
        pytest.raises(OSError, match=f"^{tmp_path}/table cannot be written: .*{remedy}"),
        whole(tmp_path / "table"),
    ):
        raise error


def test_another_error_is_raised_unchanged(tmp_path):
    with pytest.raises(FileNotFoundError, match="elsewhere"), whole(tmp_path / "table"):
        raise FileNotFoundError(errno.ENOENT, "elsewhere")


def test_a_log_on_a_full_disk_says_what_it_can(small_disk):
    (small_disk / "ballast").write_bytes(b"0" * 300_000)
    with Log(small_disk / "job.log") as log:
        for _ in range(10):
            log.write("a line\n" * 10_000)
    assert (small_disk / "job.log").read_text().startswith("a line\n")
