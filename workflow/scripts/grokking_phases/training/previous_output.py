"""The previous version of a job's output, kept beside it under a hidden name.

The workflow deletes an output before its job starts, though inputs that were made again may be the same, and the job
would come to the same output.
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
