"""Files that are dated ahead, after the clock was set back: Snakemake would refuse all that is made from them."""

import os
import time
from collections.abc import Iterator
from contextlib import suppress


def date_back(results: str) -> int:
    """Give files of the results folder that are dated in the future the present date; how many they were."""
    now, n_ahead = time.time(), 0
    for file in files(results):
        with suppress(FileNotFoundError):
            if file.stat().st_mtime > now:
                os.utime(file, (now, now))
                n_ahead += 1
    return n_ahead


def files(folder: str) -> Iterator[os.DirEntry]:
    """However deep; jobs of a workflow that was killed may be at work here.

    What an entry is, its folder knows: each file is looked at once, for its date. A sweep may have a million.
    """
    waiting = [folder]
    while waiting:
        with suppress(FileNotFoundError), os.scandir(waiting.pop()) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    waiting.append(entry.path)
                elif entry.is_file():
                    yield entry
