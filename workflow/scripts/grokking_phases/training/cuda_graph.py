"""A training step as a CUDA graph: one call from Python starts all of its hundreds of small kernels.

The step must keep the shapes of its arguments, and change its tensors in place. Tests check the order of
calls on a CPU, with a fake graph. The speed on a GPU was not measured.
"""

import sys
from collections.abc import Callable

import torch
from torch import Tensor

# torch needs some eager calls before a recording: libraries choose kernels, the optimiser makes its state.
EAGER_CALLS = 3


class RecordedStep:
    """A training step that is called like `function`: at first eager, then recorded, and replayed after that.

    The first EAGER_CALLS + `eager_calls` calls are eager. A function that cannot be recorded stays eager, and
    a message on stderr says so.
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
    """Call the function on a stream of its own, as torch needs for the calls before a recording."""
    stream = torch.cuda.Stream()
    stream.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(stream):
        function(*arguments)
    torch.cuda.current_stream().wait_stream(stream)


def record(function: Callable[..., None], *arguments: Tensor) -> Callable[[], None]:
    """Record a call without computing it; return a function that computes it on the tensors' new values."""
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        function(*arguments)
    return graph.replay
