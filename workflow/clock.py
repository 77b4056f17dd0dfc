"""Files that are dated ahead, after the clock was set back: Snakemake would refuse all that is made from them."""

import os
import time
from contextlib import suppress
from pathlib import Path


def date_back(results: str) -> int:
    """Give files of the results folder that are dated in the future the present date; how many they were."""
    now, n_ahead = time.time(), 0
    for path in Path(results).rglob("*"):
        with suppress(FileNotFoundError):  # jobs of a workflow that was killed may be at work here
            if path.is_file() and path.stat().st_mtime > now:
                os.utime(path, (now, now))
                n_ahead += 1
    return n_ahead
