"""A finished run's outputs are restored if the workflow removes them before it has recorded them."""

import errno
import os

import pyarrow as pa
import pytest

from grokking_phases.storage.headers import header_of, write_parquet
from grokking_phases.training.finished_outputs import all_made, forget, keep, restore

NAMES = ["curves.parquet", "snapshots.parquet"]


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "checkpoints" / "abc123"


@pytest.fixture
def outputs(tmp_path):
    paths = [tmp_path / "results" / name for name in NAMES]
    for path in paths:
        write_parquet(path, pa.table({"value": [1.0]}), {"config_digest": "c0ffee"})
    return paths


def remove(paths):
    for path in paths:
        path.unlink()


@pytest.fixture(params=["links", "no links"])
def file_system(request, monkeypatch):
    def refuse(*_):
        raise OSError(errno.EXDEV, "another file system")

    if request.param == "no links":
        monkeypatch.setattr(os, "link", refuse)


def test_removed_outputs_are_restored(outputs, folder, file_system):
    contents = [path.read_bytes() for path in outputs]
    keep(outputs, folder)
    keep(outputs, folder)  # as a job does that finds the outputs finished
    remove(outputs)
    assert restore(outputs, folder, "c0ffee")
    assert [path.read_bytes() for path in outputs] == contents
    assert all_made(outputs, "c0ffee")


def test_kept_outputs_take_no_space(outputs, folder):
    keep(outputs, folder)
    assert all(path.stat().st_nlink == 2 for path in outputs)


def test_restored_outputs_are_newer_than_their_inputs(outputs, folder):
    keep(outputs, folder)
    os.utime(outputs[0], (1, 1))
    remove(outputs)
    restore(outputs, folder, "c0ffee")
    assert outputs[0].stat().st_mtime > 1


@pytest.mark.parametrize("fault", ["none", "one missing", "damaged", "another's"])
def test_incomplete_outputs_and_those_of_another_run_are_not_restored(fault, outputs, folder):
    if fault != "none":
        keep(outputs, folder)
    kept = folder / "finished" / NAMES[1]
    if fault == "one missing":
        kept.unlink()
    if fault == "damaged":
        kept.write_bytes(kept.read_bytes()[:-9])
    remove(outputs)
    assert not restore(outputs, folder, "another" if fault == "another's" else "c0ffee")
    assert not any(path.exists() for path in outputs)


def test_finished_runs_are_forgotten_and_unfinished_runs_are_kept(outputs, folder):
    keep(outputs, folder)
    unfinished = folder.with_name("def456")
    unfinished.mkdir()
    for each in (folder, unfinished):
        each.with_suffix(".lock").touch()
    forget(folder.parent)
    assert sorted(path.name for path in folder.parent.iterdir()) == ["def456", "def456.lock"]
    assert header_of(outputs[0])
