"""The previous version of a job's output, kept beside it under a hidden name.

A workflow deletes an output before its job starts, even if the job's inputs were made again and came out the
same. With the previous version back in place, the job can see that nothing has changed, and takes no step.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from grokking_phases.training.finished_outputs import link


@contextmanager
def previous(output: str | Path) -> Iterator[None]:
    """Put the previous version back, let the block check and replace it, then keep the present version."""
    output = Path(output)
    kept = output.with_name(f".{output.name}")
    if kept.exists():
        link(kept, output)
        os.utime(output)
    yield
    link(output, kept)
