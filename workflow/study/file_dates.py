"""A remedy for files with a date in the future, after the clock was set back.

Snakemake would refuse every file that is made from them.
"""

import os
import time
from collections.abc import Iterator
from contextlib import suppress


def date_back(results: str) -> int:
    """Set future dates of files in the results folder to the present; return the number of these files."""
    now, n_ahead = time.time(), 0
    for file in files(results):
        with suppress(FileNotFoundError):
            if file.stat().st_mtime > now:
                os.utime(file, (now, now))
                n_ahead += 1
    return n_ahead


def files(folder: str) -> Iterator[os.DirEntry]:
    """Yield every file in a folder and its subfolders, even while jobs of a killed workflow write there.

    Listing a folder already tells files from folders, so that a file is looked up only once, for its date. A
    sweep may have a million files.
    """
    waiting = [folder]
    while waiting:
        with suppress(FileNotFoundError), os.scandir(waiting.pop()) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    waiting.append(entry.path)
                elif entry.is_file():
                    yield entry
