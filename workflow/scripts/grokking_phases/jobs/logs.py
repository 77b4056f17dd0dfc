"""A job's log: stderr without live progress lines, and the traceback of any error.

An error that a user can fix is shown as one sentence on the terminal."""

import io
import sys
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path


@contextmanager
def logged(path: str | Path) -> Iterator[None]:
    """Copy stderr to the log while the block runs.

    A ValueError or OSError ends the process with its message alone. Other errors are raised again. The log
    gets the traceback of every error. Without an error, its last line says how long the block took.
    """
    began = time.monotonic()
    with Log(path) as log:
        terminal, sys.stderr = sys.stderr, Both(sys.stderr, log)
        try:
            yield
            log.write(f"took {time.monotonic() - began:.2f} s\n")
        except (ValueError, OSError) as error:
            traceback.print_exc(file=log)
            sys.exit(f"\n{error}\nSee {path}")
        except Exception:
            traceback.print_exc(file=log)
            raise
        finally:
            sys.stderr = terminal


class Log(io.FileIO):
    """A text file that drops what it cannot write: a full disk neither stops a job nor hides its error."""

    def __init__(self, path: str | Path) -> None:
        super().__init__(path, "w")

    def write(self, text: str) -> int:
        with suppress(OSError):
            super().write(text.encode())
        return len(text)


class Both:
    """A stream that writes to the terminal and to the log, but live lines only to the terminal."""

    def __init__(self, terminal, log) -> None:
        self.terminal, self.log = terminal, log

    def write(self, text: str) -> None:
        self.terminal.write(text)
        self.log.write("" if "\x1b" in text else text)

    def flush(self) -> None:
        self.terminal.flush()

    def isatty(self) -> bool:
        return self.terminal.isatty()
