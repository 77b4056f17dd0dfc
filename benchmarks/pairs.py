"""Two implementations of one thing, timed side by side: A B A B ..., one thread, in one process.

The first call of each is not timed: it pays for imports, caches and compilers, and what the two return there is
compared. Only what agrees is a peer.
"""

import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch

from grokking_phases.threads import use_threads


class BenchmarkError(Exception):
    """One sentence, because of which a benchmark gives no numbers."""


@dataclass(frozen=True)
class Agreement:
    """`difference(ours, theirs)` of what the two returned may be as large as `tolerance`, in this unit."""

    difference: Callable[[Any, Any], float]
    tolerance: float
    unit: str  # "nats", "labels": what the numbers are


@dataclass(frozen=True)
class Flops:
    """The floating-point operations that the work needs, however it is done, and how they are counted."""

    number: float
    dtype: str  # float32 or float64
    formula: str


@dataclass(frozen=True)
class Pair:
    """One piece of work, done by us and by a peer."""

    work: str
    peer: str
    ours: Callable[[], Any]
    theirs: Callable[[], Any]
    agreement: Agreement
    at_least: float | None = None  # the ratio theirs / ours that we owe
    aim: float | None = None  # and the one that we would like
    note: str = ""
    flops: Flops | None = None
    repeats: int = 7
    scale: float = (
        1  # the peer does 1/scale of the work, and its seconds are multiplied; `note` has to say so
    )


@dataclass(frozen=True)
class Measured:
    """What came of a pair: the seconds of each repeat, and by how much the two differ."""

    pair: Pair
    ours: tuple[float, ...]
    theirs: tuple[float, ...]
    difference: float

    @property
    def ratios(self) -> list[float]:
        """theirs / ours, of the two that ran one after the other."""
        return [theirs / ours for ours, theirs in zip(self.ours, self.theirs, strict=True)]

    @property
    def ratio(self) -> float:
        return statistics.median(self.ratios)

    @property
    def verdict(self) -> str:
        """What floor and aim say of the ratio; empty where none is set."""
        if self.pair.at_least is None:
            return ""
        if self.ratio < self.pair.at_least:
            return "FLOOR NOT REACHED"
        return "aim reached" if self.pair.aim is not None and self.ratio >= self.pair.aim else "floor reached"

    def share(self, rate: float) -> float | None:
        """The rate of our operations, as a share of a rate (operations a second)."""
        return self.pair.flops and self.pair.flops.number / statistics.median(self.ours) / rate


def measure(pair: Pair) -> Measured:
    """BenchmarkError: the two disagree, or one returned NaN."""
    difference = float(pair.agreement.difference(pair.ours(), pair.theirs()))
    if not difference <= pair.agreement.tolerance:
        unit, allowed = pair.agreement.unit, pair.agreement.tolerance
        raise BenchmarkError(
            f"{pair.work}: ours and {pair.peer} differ by {difference:.1e} {unit}, more than {allowed:.0e}"
        )
    times = [(seconds(pair.ours), pair.scale * seconds(pair.theirs)) for _ in range(pair.repeats)]
    return Measured(pair, *zip(*times, strict=True), difference)


def seconds(call: Callable[[], Any]) -> float:
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


@contextmanager
def one_thread() -> Iterator[None]:
    """torch, and each library of linear algebra, on one thread."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with use_threads(1):
            yield
    finally:
        torch.set_num_threads(before)
