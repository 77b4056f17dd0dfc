"""A training step as a CUDA graph: one call starts its hundreds of small kernels, not Python each of them.

The step must keep the shapes of its arguments, and change what it holds in place. No GPU was at hand when this was
written: a test checks the order of calls with a pretended graph on a CPU, and the speed was not measured.
"""

import sys
from collections.abc import Callable

import torch
from torch import Tensor

EAGER_CALLS = (
    3  # torch asks for some before a recording: libraries choose kernels, the optimiser makes its state
)


class RecordedStep:
    """A training step that is called as `function` is: at first eagerly, then recorded, and replayed from there on.

    `eager_calls` more calls than torch asks for are eager. A function that cannot be recorded stays eager, and a
    message on stderr says so.
    """

    def __init__(self, function: Callable[..., None], eager_calls: int = 0) -> None:
        self.function, self.eager_calls = function, eager_calls + EAGER_CALLS
        self.arguments: tuple[Tensor, ...] = ()
        self.replay: Callable[[], None] | None = None

    def __call__(self, *arguments: Tensor) -> None:
        if self.eager_calls:
            self.eager_calls -= 1
            return call_on_side_stream(self.function, *arguments)
        if self.replay is None:
            self.arguments = tuple(argument.clone() for argument in arguments)
            try:
                self.replay = record(self.function, *self.arguments)
            except RuntimeError as error:
                sys.stderr.write(
                    f"The training step is not recorded as a CUDA graph, and runs slower: {error}\n"
                )
                self.eager_calls = sys.maxsize
                return self.function(*arguments)
        for kept, argument in zip(self.arguments, arguments, strict=True):
            kept.copy_(argument)
        return self.replay()


def call_on_side_stream(function: Callable[..., None], *arguments: Tensor) -> None:
    """Call the function on a stream of its own, where torch wants the calls before a recording."""
    stream = torch.cuda.Stream()
    stream.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(stream):
        function(*arguments)
    torch.cuda.current_stream().wait_stream(stream)


def record(function: Callable[..., None], *arguments: Tensor) -> Callable[[], None]:
    """Return a function that repeats this work on the values that the same tensors then hold; compute nothing."""
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        function(*arguments)
    return graph.replay
