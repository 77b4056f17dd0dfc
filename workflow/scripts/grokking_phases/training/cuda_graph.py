"""A training step as a CUDA graph: its hundreds of small kernels are started by one call, not each by Python.

The step must keep the shapes of its arguments, and change what it holds in place. No GPU was at hand when this was
written: the order of calls is tested on a CPU with a graph that is pretended, its speed was not measured.
"""

import sys
from collections.abc import Callable

import torch
from torch import Tensor

EAGER_CALLS = 3  # before a recording, as torch asks for: libraries choose kernels, the optimiser makes its state


class Graphed:
    """Called as `function` is. Eager at first, then recorded, and from there on replayed.

    `earlier`: so many calls more are eager. A function that cannot be recorded stays eager, and that is said.
    """

    def __init__(self, function: Callable[..., None], earlier: int = 0) -> None:
        self.function, self.eager_calls = function, earlier + EAGER_CALLS
        self.arguments: tuple[Tensor, ...] = ()
        self.replay: Callable[[], None] | None = None

    def __call__(self, *arguments: Tensor) -> None:
        if self.eager_calls:
            self.eager_calls -= 1
            return beside(self.function, *arguments)
        if self.replay is None:
            self.arguments = tuple(argument.clone() for argument in arguments)
            try:
                self.replay = record(self.function, *self.arguments)
            except RuntimeError as error:
                sys.stderr.write(f"The training step is not recorded as a CUDA graph, and runs slower: {error}\n")
                self.eager_calls = sys.maxsize
                return self.function(*arguments)
        for kept, argument in zip(self.arguments, arguments, strict=True):
            kept.copy_(argument)
        return self.replay()


def beside(function: Callable[..., None], *arguments: Tensor) -> None:
    """On a stream of its own, where torch wants the calls before a recording."""
    stream = torch.cuda.Stream()
    stream.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(stream):
        function(*arguments)
    torch.cuda.current_stream().wait_stream(stream)


def record(function: Callable[..., None], *arguments: Tensor) -> Callable[[], None]:
    """What does again, to what lies where these arguments lie, all that the function does; it is not done now."""
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        function(*arguments)
    return graph.replay
