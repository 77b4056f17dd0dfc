"""Files from the future are dated now; others stay as they are."""

import os
import shutil
import time

from study.file_dates import date_back, files


def test_what_is_dated_ahead_is_dated_now(tmp_path):
    now = time.time()
    for name, date in {"old": 1.0, "run/ahead": now + 3600}.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
        os.utime(tmp_path / name, (date, date))
    assert date_back(tmp_path) == 1
    assert (tmp_path / "old").stat().st_mtime == 1.0
    assert now <= (tmp_path / "run/ahead").stat().st_mtime <= time.time()
    assert date_back(tmp_path) == 0


def test_a_folder_that_is_not_there_has_none(tmp_path):
    assert date_back(tmp_path / "results") == 0


def test_folders_and_files_may_vanish_meanwhile(tmp_path):
    for name in ("a/1", "a/2", "b/1"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    found = files(tmp_path)
    next(found)
    shutil.rmtree(tmp_path / "a")
    shutil.rmtree(tmp_path / "b")
    assert len(list(found)) <= 1  # of the folder that was open
    assert date_back(tmp_path) == 0
