"""The checkpoints of an unfinished run, in a folder that one process holds at a time.

A checkpoint is a saved state of a training. The folder lies outside the workflow's outputs, because a
workflow removes these when a job fails. The folder's name is a digest of the training's configuration and
code, and every checkpoint repeats that digest. A checkpoint's file is named by its step and the SHA-256 of
its bytes. The last two checkpoints are kept, in case one is damaged.
"""

import fcntl
import hashlib
import io
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from pickle import UnpicklingError

import torch

from grokking_phases.storage.atomic_write import whole

KEPT = 2


class Checkpoints:
    """The checkpoint folder of one unfinished run; `fingerprint` is the run's digest."""

    def __init__(self, parent: str | Path, fingerprint: str) -> None:
        self.folder, self.fingerprint = Path(parent) / fingerprint, fingerprint
        self._lock = self.folder.with_suffix(".lock")

    @contextmanager
    def held(self) -> Iterator[None]:
        """Wait until no other process holds the folder, then hold it for the block.

        Another holder may be an orphan of a killed workflow.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        while True:
            with open(self._lock, "w", encoding="utf-8") as lock:
                fcntl.lockf(lock, fcntl.LOCK_EX)
                if not self._lock.exists() or not os.path.samestat(
                    os.fstat(lock.fileno()), self._lock.stat()
                ):
                    continue  # the holder's run has finished, so its folder and this lock are gone
                self.folder.mkdir(exist_ok=True)
                yield
                return

    def save(self, checkpoint: dict) -> None:
        """Write a checkpoint, whose step is `checkpoint["step"]`, and keep only one older checkpoint."""
        buffer = io.BytesIO()
        torch.save({"fingerprint": self.fingerprint, **checkpoint}, buffer)
        content = buffer.getvalue()
        name = f"{checkpoint['step']:09d}.{hashlib.sha256(content).hexdigest()}.pt"
        with whole(self.folder / name) as temporary:
            temporary.write_bytes(content)
        for older in self._files()[KEPT:]:
            older.unlink()

    def load(self) -> Iterator[dict]:
        """Yield the undamaged checkpoints, newest first; raise ValueError for one of another run."""
        for path in self._files():
            content = path.read_bytes()
            if hashlib.sha256(content).hexdigest() != path.stem.partition(".")[2]:
                sys.stderr.write(f"{path} is damaged, and left out\n")
                continue
            yield self._unpack(path, content)

    def _unpack(self, path: Path, content: bytes) -> dict:
        """Return the checkpoint in a file's content; raise ValueError if it holds anything else."""
        try:
            checkpoint = torch.load(io.BytesIO(content), map_location="cpu", weights_only=True)
        except UnpicklingError as error:
            raise ValueError(f"{path} holds more than plain data, so it was not read; delete it") from error
        if checkpoint.pop("fingerprint", None) != self.fingerprint:
            what = f"{path} belongs to another run; delete the folder {self.folder} to start this one afresh"
            raise ValueError(what)
        return checkpoint

    def _files(self) -> list[Path]:
        return sorted(self.folder.glob("[0-9]*.pt"), reverse=True)

    def clear(self) -> None:
        """Remove the checkpoints and snapshots of a finished run; the links to its outputs stay."""
        for path in self.folder.iterdir():
            if path.is_file():
                path.unlink()
