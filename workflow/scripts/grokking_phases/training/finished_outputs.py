"""Links to a finished run's outputs, kept beside its checkpoints until the workflow has recorded the outputs.

If a job or its workflow is killed before that, the workflow removes the outputs when it starts again. The
links put them back without another step of training.
"""

import os
import shutil
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from grokking_phases.storage.atomic_write import whole
from grokking_phases.storage.headers import header_of

FOLDER = "finished"


def all_made(paths: Sequence[str | Path], config_digest: str) -> bool:
    """Return whether all files exist, are undamaged, and have this digest in their headers."""
    with suppress(OSError, ValueError):
        return all(header_of(path)["config_digest"] == config_digest for path in paths)
    return False


def keep(outputs: Sequence[str | Path], folder: Path) -> None:
    """Put links to the outputs into the folder."""
    for output in outputs:
        link(Path(output), folder / FOLDER / Path(output).name)


def restore(outputs: Sequence[str | Path], folder: Path, config_digest: str) -> bool:
    """Put the kept outputs back; return False if one is missing, damaged, or made under another digest."""
    kept = [folder / FOLDER / Path(output).name for output in outputs]
    if not all_made(kept, config_digest):
        return False
    for path, output in zip(kept, outputs, strict=True):
        link(path, Path(output))
        os.utime(output)  # to the workflow, an output older than its input is outdated
    return True


def link(source: Path, target: Path) -> None:
    """Make `target` a hard link to the file `source`, or a copy where the file systems allow no links."""
    target.parent.mkdir(parents=True, exist_ok=True)
    target.unlink(missing_ok=True)
    try:
        os.link(source, target)
    except OSError:
        with whole(target) as temporary:
            shutil.copyfile(source, temporary)


def forget(checkpoints: str | Path) -> None:
    """Remove the folders of all finished runs; call it when the workflow has recorded their outputs."""
    for folder in Path(checkpoints).glob(f"*/{FOLDER}"):
        shutil.rmtree(folder.parent, ignore_errors=True)
        folder.parent.with_suffix(".lock").unlink(missing_ok=True)
