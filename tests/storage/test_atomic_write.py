"""A file is whole or absent, and the umask decides who can read it; a digest depends on the value."""

import stat

import pytest

from grokking_phases.storage import atomic_write as files
from grokking_phases.storage.atomic_write import whole
from grokking_phases.storage.digests import digest


def names_in(folder):
    return sorted(path.name for path in folder.iterdir())


def test_the_file_appears_when_the_block_ends(tmp_path):
    path = tmp_path / "new" / "folder" / "file"
    with whole(path) as temporary:
        temporary.write_text("content")
        assert not path.exists()
    assert path.read_text() == "content"
    assert names_in(path.parent) == ["file"]


@pytest.mark.parametrize("old", [None, "old"])
def test_a_writer_that_fails_halfway_leaves_the_old_file(old, tmp_path):
    path = tmp_path / "file"
    if old:
        path.write_text(old)
    with pytest.raises(RuntimeError, match="disk"), whole(path) as temporary:
        temporary.write_text("half")
        raise RuntimeError("disk")
    assert names_in(tmp_path) == (["file"] if old else [])
    assert not old or path.read_text() == old


def test_a_writer_that_fails_before_it_begins_raises_its_own_error(tmp_path):
    with pytest.raises(RuntimeError, match="early"), whole(tmp_path / "file"):
        raise RuntimeError("early")
    assert names_in(tmp_path) == []


def test_only_a_file_that_must_survive_a_power_cut_is_synced(tmp_path, monkeypatch):
    synced = []
    monkeypatch.setattr(files.os, "fsync", synced.append)
    with whole(tmp_path / "a", synced=False) as temporary:
        temporary.write_text("content")
    assert (tmp_path / "a").read_text() == "content" and not synced
    with whole(tmp_path / "b") as temporary:
        temporary.write_text("content")
    assert len(synced) == 2  # the file and its folder


@pytest.mark.parametrize(("umask", "mode"), [(0o022, 0o644), (0o027, 0o640), (0o002, 0o664)])
def test_the_umask_decides_the_mode_whatever_the_writer_chose(umask, mode, tmp_path, monkeypatch):
    monkeypatch.setattr(files, "UMASK", umask)
    with whole(tmp_path / "file") as temporary:
        temporary.touch(mode=0o600)
    assert stat.S_IMODE((tmp_path / "file").stat().st_mode) == mode


def test_a_digest_depends_on_the_value_and_not_on_the_order_of_keys():
    assert digest({}) == "44136fa355b3678a"  # sha256 of "{}"
    assert digest({"a": 1, "b": [2]}) == digest({"b": [2], "a": 1})
    assert len({digest(value) for value in ({"a": 1}, {"a": "1"}, {"a": 1.5}, {"b": 1}, [1], None)}) == 6
