"""The previous version of a job's output, kept beside it under a hidden name.

Snakemake deletes an output before its job starts, though inputs that were made again may be the same and the job may
come to the same. (Its `update()` does not delete; but after a job that failed it puts the previous version back, with
the present date, and takes it for made from the present inputs.)
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from grokking_phases.training.finished_outputs import link


@contextmanager
def previous(output: str | Path) -> Iterator[None]:
    """Put the previous version back, for the job to check and perhaps replace; keep the present one afterwards."""
    output = Path(output)
    kept = output.with_name(f".{output.name}")
    if kept.exists():
        link(kept, output)
        os.utime(output)
    yield
    link(output, kept)
