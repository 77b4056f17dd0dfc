"""How long a job took, and for how much of that it was importing: importing is no work of its own."""

import builtins
import time
from typing import Any


class Spent:
    """A context; says, as a string, what has passed in it."""

    def __enter__(self) -> "Spent":
        self.began, self.importing, self._within = time.monotonic(), 0.0, False
        self._plain = builtins.__import__
        builtins.__import__ = self._timed
        return self

    def __exit__(self, *_error: Any) -> None:
        builtins.__import__ = self._plain

    def __str__(self) -> str:
        return f"took {time.monotonic() - self.began:.2f} s, {self.importing:.2f} s of it importing"

    def _timed(self, *named: Any, **more: Any) -> Any:
        """An import statement; those within it are part of it."""
        if self._within:
            return self._plain(*named, **more)
        self._within, start = True, time.monotonic()
        try:
            return self._plain(*named, **more)
        finally:
            self._within = False
            self.importing += time.monotonic() - start
