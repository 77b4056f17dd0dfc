# For type checkers: a function that is limited to one thread keeps its signature.
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")

def use_threads(n: int) -> AbstractContextManager[None]: ...
def one_thread(function: Callable[P, R]) -> Callable[P, R]: ...
