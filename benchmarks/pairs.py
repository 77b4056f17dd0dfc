"""Two implementations of the same work, timed in turn (A B A B ...) on one thread, in one process.

The first call of each is not timed, because it pays for imports, caches and compilers. The results of these
calls are compared: only an implementation that agrees with ours is a peer. Calls of a few milliseconds are
timed several at a time, because the first of them finds the other's data in the processor's cache.
"""

import math
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch

from grokking_phases.threads import use_threads

LEAST = 0.02  # seconds that each timing takes


class BenchmarkError(Exception):
    """The reason, in one sentence, why a benchmark gives no numbers."""


@dataclass(frozen=True)
class Agreement:
    """How two results are compared: `difference(ours, theirs)`, in `unit`, must not exceed `tolerance`."""

    difference: Callable[[Any, Any], float]
    tolerance: float
    unit: str  # of the numbers that are compared: "nats", "labels"


@dataclass(frozen=True)
class Flops:
    """The floating-point operations that the work needs in any implementation, and how they are counted."""

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
    at_least: float | None = None  # the floor: the least ratio theirs / ours that we accept
    aim: float | None = None  # the ratio that we would like to reach
    note: str = ""
    flops: Flops | None = None
    repeats: int = 7
    # The peer does 1 / scale of the work, and its seconds are multiplied by scale; `note` has to say so.
    scale: float = 1


@dataclass(frozen=True)
class Measured:
    """The outcome of a pair: the seconds of each repeat, and the difference between the two results."""

    pair: Pair
    ours: tuple[float, ...]
    theirs: tuple[float, ...]
    difference: float

    @property
    def ratios(self) -> list[float]:
        """Return theirs / ours for each two calls that ran one after the other."""
        return [theirs / ours for ours, theirs in zip(self.ours, self.theirs, strict=True)]

    @property
    def ratio(self) -> float:
        return statistics.median(self.ratios)

    @property
    def verdict(self) -> str:
        """Return whether the ratio reaches floor or aim, in words; empty where no floor is set."""
        if self.pair.at_least is None:
            return ""
        if self.ratio < self.pair.at_least:
            return "FLOOR NOT REACHED"
        return "aim reached" if self.pair.aim is not None and self.ratio >= self.pair.aim else "floor reached"

    def share(self, rate: float) -> float | None:
        """Return our operations a second as a share of `rate`, or None without `flops`."""
        return self.pair.flops and self.pair.flops.number / statistics.median(self.ours) / rate


def measure(pair: Pair) -> Measured:
    """Return the times of a pair; raise BenchmarkError if the two disagree, or if one returned NaN."""
    difference = float(pair.agreement.difference(pair.ours(), pair.theirs()))
    if not difference <= pair.agreement.tolerance:
        unit, allowed = pair.agreement.unit, pair.agreement.tolerance
        raise BenchmarkError(
            f"{pair.work}: ours and {pair.peer} differ by {difference:.1e} {unit}, more than {allowed:.0e}"
        )
    calls = [(call, math.ceil(LEAST / seconds(call))) for call in (pair.ours, pair.theirs)]
    ours, theirs = zip(*([seconds(*each) for each in calls] for _ in range(pair.repeats)), strict=True)
    return Measured(pair, ours, tuple(pair.scale * each for each in theirs), difference)


def seconds(call: Callable[[], Any], n_calls: int = 1) -> float:
    """Return the time of a call, the mean of several."""
    start = time.perf_counter()
    for _ in range(n_calls):
        call()
    return (time.perf_counter() - start) / n_calls


@contextmanager
def one_thread() -> Iterator[None]:
    """Run torch, and each library of linear algebra, on one thread."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with use_threads(1):
            yield
    finally:
        torch.set_num_threads(before)
