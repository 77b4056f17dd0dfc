"""A process that is asked to end (SIGTERM from a scheduler, Ctrl-C) ends where nothing is lost."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager

SIGNALS = (signal.SIGTERM, signal.SIGINT)


@contextmanager
def asked_to_end() -> Iterator[list[str]]:
    """Within the block these signals only add their name to the list; it is for the block to look, and to end."""
    asked: list[str] = []
    before = {
        number: signal.signal(number, lambda number, _: asked.append(signal.Signals(number).name)) for number in SIGNALS
    }
    try:
        yield asked
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
