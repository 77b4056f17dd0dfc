"""A block in which a network is read, and after which it and its training are as they were before."""

import random
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import torch
from torch import nn

from grokking_phases.data.module_hooks import evaluated


@contextmanager
def undisturbed(network: nn.Module) -> Iterator[None]:
    """Set evaluation mode without gradients and autocast for the block, then put everything back.

    That is the mode and the buffers of every module, and the state of all random generators: those of torch
    on the CPU and on the network's GPUs, of NumPy, and of Python. A buffer that was not written to is left
    alone, since a loss that is still to be differentiated may depend on it.
    """
    devices = {tensor.device for tensor in [*network.parameters(), *network.buffers()]}
    on_gpu = [device.index for device in devices if device.type == "cuda"]
    kept = random.getstate(), np.random.get_state()  # noqa: NPY002 (the user's code may draw from it)
    places = [(module, name, buffer) for module in network.modules() for name, buffer in buffers_of(module)]
    values = [(buffer, version_of(buffer), buffer.clone()) for buffer in network.buffers()]
    try:
        with torch.random.fork_rng(on_gpu), evaluated(network), without_autocast(devices):
            yield
    finally:
        for module, name, buffer in places:
            setattr(module, name, buffer)  # the forward may have put another in its place
        for buffer, version, before in values:
            if version is None or version_of(buffer) != version:
                buffer.copy_(before)
        random.setstate(kept[0])
        np.random.set_state(kept[1])  # noqa: NPY002


def buffers_of(module: nn.Module) -> list[tuple[str, torch.Tensor | None]]:
    """Return the buffers that a module itself has, by name; None where one is declared and not there."""
    return [(name, getattr(module, name)) for name in module._buffers]


def version_of(buffer: torch.Tensor) -> int | None:
    """Return how often a tensor was written to; None for one of inference mode, which does not count it."""
    return None if buffer.is_inference() else buffer._version


@contextmanager
def without_autocast(devices: set[torch.device]) -> Iterator[None]:
    """Compute in the tensors' own precision for the block, even inside a training's autocast."""
    kinds = {device.type for device in devices if torch.amp.is_autocast_available(device.type)}
    before = {kind: torch.is_autocast_enabled(kind) for kind in kinds}
    try:
        for kind in kinds:
            torch.set_autocast_enabled(kind, False)
        yield
    finally:
        for kind, was_enabled in before.items():
            torch.set_autocast_enabled(kind, was_enabled)
