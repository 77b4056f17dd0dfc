"""Two implementations of one thing, timed side by side: A B A B ..., one thread, in one process."""

import statistics
import time
from collections.abc import Callable

import torch
from threadpoolctl import threadpool_limits


def compare(name: str, ours: Callable, peer: Callable, repeats: int = 7) -> float:
    """Print medians, spread (fastest to slowest) and the ratio peer / ours of the medians; return the ratio."""
    torch.set_num_threads(1)
    with threadpool_limits(1):
        ours(), peer()  # first calls pay for imports, caches and memory
        times = [(_seconds(ours), _seconds(peer)) for _ in range(repeats)]
    print(f"{name}, {repeats} x A B, one thread")
    ours_seconds, peer_seconds = zip(*times, strict=True)
    ratio = _report("peer", peer_seconds) / _report("ours", ours_seconds)
    print(f"  peer / ours {ratio:8.1f}")
    return ratio


def _report(who: str, seconds: tuple[float, ...]) -> float:
    median = statistics.median(seconds)
    print(f"  {who:5} median {median * 1e3:9.1f} ms   from {min(seconds) * 1e3:9.1f} to {max(seconds) * 1e3:9.1f} ms")
    return median


def _seconds(call: Callable) -> float:
    start = time.perf_counter()
    call()
    return time.perf_counter() - start
