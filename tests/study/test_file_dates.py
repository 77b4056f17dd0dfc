"""Files with a future date get the present date; others keep theirs."""

import os
import shutil
import time

from study.file_dates import date_back, files


def test_a_future_date_becomes_the_present_date(tmp_path):
    now = time.time()
    for name, date in {"old": 1.0, "run/ahead": now + 3600}.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
        os.utime(tmp_path / name, (date, date))
    assert date_back(tmp_path) == 1
    assert (tmp_path / "old").stat().st_mtime == 1.0
    assert now <= (tmp_path / "run/ahead").stat().st_mtime <= time.time()
    assert date_back(tmp_path) == 0


def test_a_missing_folder_has_no_files(tmp_path):
    assert date_back(tmp_path / "results") == 0


def test_folders_and_files_may_be_deleted_meanwhile(tmp_path):
    for name in ("a/1", "a/2", "b/1"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    found = files(tmp_path)
    next(found)
    shutil.rmtree(tmp_path / "a")
    shutil.rmtree(tmp_path / "b")
    assert len(list(found)) <= 1  # one in the folder that was open
    assert date_back(tmp_path) == 0
