"""Signals that ask a process to end (SIGTERM, Ctrl-C), noted until it can end without a loss."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager

SIGNALS = (signal.SIGTERM, signal.SIGINT)


@contextmanager
def asked_to_end() -> Iterator[list[str]]:
    """Yield a list to which these signals add their names, instead of ending the process.

    The block has to look at the list and end by itself.
    """
    asked: list[str] = []
    before = {
        number: signal.signal(number, lambda number, _: asked.append(signal.Signals(number).name))
        for number in SIGNALS
    }
    try:
        yield asked
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
