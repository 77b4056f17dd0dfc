"""The number of compute threads that the library uses: one, unless `use_threads` sets another.

By default, numpy's BLAS and OpenMP start a thread for each core. Where other work runs on the machine, these
threads wait for each other, and the same call takes many times as long.

Looking up the libraries that start threads takes 6 ms. So they are looked up again only after an import,
which may have loaded another.
"""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import lru_cache, wraps
from typing import Any

from threadpoolctl import ThreadpoolController

_TOLD: list[int] = []  # the numbers that `use_threads` has set, the innermost last


@contextmanager
def use_threads(n: int) -> Iterator[None]:
    """Let all code in this process use n compute threads within the block."""
    _TOLD.append(n)
    try:
        with libraries(len(sys.modules)).limit(limits=n):
            yield
    finally:
        _TOLD.pop()


@lru_cache(maxsize=1)
def libraries(n_modules: int) -> ThreadpoolController:
    """Return the libraries of this process that start threads, once `n_modules` modules are imported."""
    return ThreadpoolController()


def one_thread(function: Callable) -> Callable:
    """Limit a function to one compute thread, except in calls within a block of `use_threads`.

    A generator is limited while it computes each of its items.
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
