"""Where a run that is not finished keeps what it has: one folder, held by one process at a time.

The folder lies outside the workflow's outputs, which are removed when a job fails. It is named by what it belongs to
(the digest of the training configuration and code), and every state in it repeats that name. A state's file is named by
its step and by the SHA-256 of its bytes; the last two are kept, should one not be whole.
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
    """The folder of one unfinished run; `fingerprint` says which."""

    def __init__(self, parent: str | Path, fingerprint: str) -> None:
        self.folder, self.fingerprint = Path(parent) / fingerprint, fingerprint
        self._lock = self.folder.with_suffix(".lock")

    @contextmanager
    def held(self) -> Iterator[None]:
        """Wait until no other process (an orphan of a killed workflow, say) holds the folder, then hold it."""
        self.folder.mkdir(parents=True, exist_ok=True)
        while True:
            with open(self._lock, "w") as lock:
                fcntl.lockf(lock, fcntl.LOCK_EX)
                if not self._lock.exists() or not os.path.samestat(os.fstat(lock.fileno()), self._lock.stat()):
                    continue  # what was waited on is gone, with the folder of a run that is finished
                self.folder.mkdir(exist_ok=True)
                yield
                return

    def save(self, state: dict) -> None:
        """Write the state of `state["step"]`; of those before, the last stays."""
        buffer = io.BytesIO()
        torch.save({"fingerprint": self.fingerprint, **state}, buffer)
        content = buffer.getvalue()
        with whole(self.folder / f"{state['step']:09d}.{hashlib.sha256(content).hexdigest()}.pt") as beside:
            beside.write_bytes(content)
        for older in self._saved()[KEPT:]:
            older.unlink()

    def states(self) -> Iterator[dict]:
        """Those saved that are whole, newest first; a state of another run raises ValueError."""
        for path in self._saved():
            content = path.read_bytes()
            if hashlib.sha256(content).hexdigest() != path.stem.partition(".")[2]:
                sys.stderr.write(f"{path} is damaged, and left out\n")
                continue
            try:
                state = torch.load(io.BytesIO(content), map_location="cpu", weights_only=True)
            except UnpicklingError as error:
                raise ValueError(f"{path} holds other things than numbers, and is not read; delete it") from error
            if state.pop("fingerprint", None) != self.fingerprint:
                what = f"{path} belongs to another run; delete the folder {self.folder} to start this one afresh"
                raise ValueError(what)
            yield state

    def _saved(self) -> list[Path]:
        return sorted(self.folder.glob("[0-9]*.pt"), reverse=True)

    def clear(self) -> None:
        """The run is finished, and its outputs are kept elsewhere."""
        for path in self.folder.iterdir():
            if path.is_file():
                path.unlink()
