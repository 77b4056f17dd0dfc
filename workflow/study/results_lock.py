"""A lock that lets one Snakemake at a time work in a results folder.

The system releases it when its holder ends, even if the holder is killed.
"""

import fcntl
import os
import platform
from pathlib import Path
from typing import TextIO

from study.errors import StudyError

HELD: list[TextIO] = []  # locks, which stay open as long as the process lives


def work_alone_in(results: str) -> None:
    """Lock the folder until this process ends.

    Raise StudyError if another process holds the lock, or if the folder is not writable.
    """
    try:
        Path(results).mkdir(parents=True, exist_ok=True)
        lock = open(Path(results, ".lock"), "a+", encoding="utf-8")  # noqa: SIM115
    except OSError as error:
        what = f"nothing can be written to {results} ({os.strerror(error.errno)})"
        raise StudyError("results", f"{what}; make the folder writable, or choose another") from error
    try:
        fcntl.lockf(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):
        lock.seek(0)
        what = f"another snakemake ({lock.read().strip()}) is at work in {results}"
        raise StudyError("results", f"{what}; wait until it has ended, or choose another folder") from None
    except OSError:
        return  # the file system has no locks
    lock.truncate(0)
    lock.write(f"process {os.getpid()} on {platform.node()}\n")
    lock.flush()
    HELD.append(lock)
