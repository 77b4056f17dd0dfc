"""A finished run's outputs, linked in the folder of its checkpoints until the workflow has taken note of them.

A job that is killed between its end and that moment, or whose workflow is gone by then, has its outputs removed when
the workflow starts again; from the links they are back in place without another step of training.
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
    """Whether all are there, undamaged, and were made by what the digest stands for."""
    with suppress(OSError, ValueError):
        return all(header_of(path)["config_digest"] == config_digest for path in paths)
    return False


def keep(outputs: Sequence[str | Path], folder: Path) -> None:
    for output in outputs:
        link(Path(output), folder / FOLDER / Path(output).name)


def restore(outputs: Sequence[str | Path], folder: Path, config_digest: str) -> bool:
    """Put the outputs that are kept back in place; False if they are not, or are another's."""
    kept = [folder / FOLDER / Path(output).name for output in outputs]
    if not all_made(kept, config_digest):
        return False
    for path, output in zip(kept, outputs, strict=True):
        link(path, Path(output))
        os.utime(output)  # made now, as far as the workflow is concerned
    return True


def link(source: Path, target: Path) -> None:
    """The same file under another name, at no cost; a copy where the file system has no such links, or is another."""
    target.parent.mkdir(parents=True, exist_ok=True)
    target.unlink(missing_ok=True)
    try:
        os.link(source, target)
    except OSError:
        with whole(target) as beside:
            shutil.copyfile(source, beside)


def forget(checkpoints: str | Path) -> None:
    """The workflow has taken note of all that is finished."""
    for folder in Path(checkpoints).glob(f"*/{FOLDER}"):
        shutil.rmtree(folder.parent, ignore_errors=True)
        folder.parent.with_suffix(".lock").unlink(missing_ok=True)
