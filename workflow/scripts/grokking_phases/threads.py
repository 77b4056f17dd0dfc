"""How many compute threads the library takes: one, unless `use_threads` says more.

Left to themselves, numpy's BLAS and OpenMP start a thread for each core; beside other work on the machine the
threads wait for each other, and the same call takes many times as long.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any

from threadpoolctl import threadpool_limits

_TOLD: list[int] = []  # by `use_threads`, the innermost last


@contextmanager
def use_threads(n: int) -> Iterator[None]:
    """Let the library, and all else in this process, take n compute threads within the block."""
    _TOLD.append(n)
    try:
        with threadpool_limits(n):
            yield
    finally:
        _TOLD.pop()


def one_thread(function: Callable) -> Callable:
    """Let a function take one compute thread, where no `use_threads` is around its call.

    Of a generator, that holds while it computes its next item.
    """

    @wraps(function)
    def limited(*args: Any, **kwargs: Any) -> Any:
        result = run_limited(function, *args, **kwargs)
        return items(result) if isinstance(result, Iterator) else result

    return limited


def items(generator: Iterator) -> Iterator:
    end = object()
    while (item := run_limited(next, generator, end)) is not end:
        yield item


def run_limited(function: Callable, *args: Any, **kwargs: Any) -> Any:
    if _TOLD:
        return function(*args, **kwargs)
    with use_threads(1):
        return function(*args, **kwargs)
