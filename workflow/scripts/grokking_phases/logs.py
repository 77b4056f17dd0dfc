"""What a job says: everything to its log file too, and an error that a user can mend as one sentence."""

import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def logged(path: str | Path) -> Iterator[None]:
    """Copy stderr to the log; end with the message alone for ValueError and OSError, with the traceback otherwise."""
    with open(path, "w") as log:
        terminal, sys.stderr = sys.stderr, Both(sys.stderr, log)
        try:
            yield
        except (ValueError, OSError) as error:
            traceback.print_exc(file=log)
            sys.exit(f"\n{error}\nSee {path}")
        except Exception:
            traceback.print_exc(file=log)
            raise
        finally:
            sys.stderr = terminal


class Both:
    """A stream that writes to the terminal, and to the log, but for what is written over on a terminal."""

    def __init__(self, terminal, log) -> None:
        self.terminal, self.log = terminal, log

    def write(self, text: str) -> None:
        self.terminal.write(text)
        self.log.write("" if "\x1b" in text else text)

    def flush(self) -> None:
        self.terminal.flush()
        self.log.flush()

    def isatty(self) -> bool:
        return self.terminal.isatty()
