"""Where a run that is not finished keeps what it has: one folder, held by one process at a time.

The folder lies outside the workflow's outputs, which are removed when a job fails. It is named by what it belongs to
(the digest of the training configuration and code), and every state in it repeats that name.
"""

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import torch

from grokking_phases.files import whole


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
                    continue  # the process that held it finished, and removed the file that was waited on
                self.folder.mkdir(exist_ok=True)
                yield
                return

    def save(self, state: dict) -> None:
        with whole(self.folder / "state.pt") as beside:
            torch.save({"fingerprint": self.fingerprint, **state}, beside)

    def load(self) -> dict | None:
        """The last state saved, or None; a state of another run raises ValueError."""
        path = self.folder / "state.pt"
        if not path.exists():
            return None
        state = torch.load(path, map_location="cpu", weights_only=True)
        if state.pop("fingerprint", None) != self.fingerprint:
            raise ValueError(f"{path} belongs to another run; delete the folder {self.folder} to start this one afresh")
        return state

    def remove(self) -> None:
        """The run is finished and its outputs are in place."""
        shutil.rmtree(self.folder)
        self._lock.unlink()
