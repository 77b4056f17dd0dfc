"""The part files of a recording that is not closed yet, and their merging.

A snapshot is one file, `000000010.safetensors`, with the activations, the parameters and the buffers. Its
header holds the curves, the rows of metrics, and a digest of each tensor. These files are not synced to the
disk, which would hold the training up: a kill of the process loses nothing, and the digests show what a
power cut has damaged.
"""

import hashlib
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor, nn

from grokking_phases.data.recording import Recording
from grokking_phases.storage.atomic_write import whole
from grokking_phases.storage.digests import digest
from grokking_phases.storage.stamps import KEY, stated
from grokking_phases.storage.tensors import stored_in, write_joined

Layers = dict[str, np.ndarray]

LAYER, WEIGHT = "layer/", "weight/"  # how the names of a part's tensors begin


class Parts(Recording):
    """A recording whose parts hold layers and, if wanted, parameters and buffers in their own precision."""

    def write(
        self,
        step: int,
        layers: Layers,
        header: dict[str, Any],
        network: nn.Module | None = None,
    ) -> None:
        """Write a snapshot of the layers, and of the network's weights if there is one.

        The header's `tensors` holds `digests_of(layers)`, also for layers that are not stored.
        """
        tensors = {
            LAYER + name: torch.from_numpy(np.ascontiguousarray(values)) for name, values in layers.items()
        }
        weights = {WEIGHT + name: value for name, value in weights_of(network)} if network is not None else {}
        said = {"step": step, "weights": network is not None} | header
        said["tensors"] = header["tensors"] | {name: digest_of(value) for name, value in weights.items()}
        said["seal"] = digest(said)
        with whole(self._part(step), synced=False) as temporary:
            save_file(tensors | weights, temporary, {KEY: json.dumps(said)})

    def header(self, step: int) -> dict[str, Any]:
        """Return the header of a snapshot that was taken."""
        return stated(self._part(step))

    def is_whole(self, step: int) -> bool:
        """Return whether the snapshot of a step is undamaged."""
        try:
            self._checked(step, "")
        except ValueError:
            return False
        return True

    def clear(self) -> None:
        """Remove all parts."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def merge_weights(self, path: str | Path, header: dict[str, Any]) -> None:
        """Write weights.safetensors, keyed step/parameter, holding one tensor in memory at a time."""
        steps = [step for step in self.taken() if self.header(step)["weights"]]
        stored = {
            f"{step}/{name.removeprefix(WEIGHT)}": each
            for step in steps
            for name, each in stored_in(self._part(step))
            if name.startswith(WEIGHT)
        }
        write_joined(path, dict(sorted(stored.items(), key=lambda item: -item[1].width)), header)

    def _load(self, step: int) -> Layers:
        return {name: value.numpy() for name, value in self._checked(step, LAYER).items()}

    def _checked(self, step: int, kind: str) -> dict[str, Tensor]:
        """Return the tensors whose names begin with `kind`; raise ValueError if the part is damaged."""
        path, said = self._part(step), self.header(step)
        try:
            with safe_open(path, framework="pt") as file:
                tensors = {name: file.get_tensor(name) for name in list(file.keys()) if name.startswith(kind)}
            is_whole = said.pop("seal", None) == digest(said)
            is_whole &= all(said["tensors"][name] == digest_of(value) for name, value in tensors.items())
        except (OSError, KeyError, SafetensorError):
            is_whole = False
        if not is_whole:
            raise ValueError(f"{path} is damaged; record again with overwrite=True.")
        return tensors


def weights_of(network: nn.Module) -> Iterator[tuple[str, Tensor]]:
    """Yield each parameter and buffer by name, as a tensor on the CPU that shares no memory."""
    for name, value in network.state_dict().items():
        if isinstance(value, Tensor):  # a module may add a state of another kind
            yield name, value.detach().cpu().clone().contiguous()


def digests_of(layers: Layers) -> dict[str, str]:
    """Return a digest of each layer; two snapshots of one training with equal bits have the same."""
    return {LAYER + name: digest_of(torch.from_numpy(values)) for name, values in layers.items()}


def digest_of(values: Tensor) -> str:
    """Return 16 hexadecimal digits that depend on the precision, the shape and the bits of a tensor."""
    sha256 = hashlib.sha256(f"{values.dtype}{tuple(values.shape)}".encode())
    sha256.update(values.contiguous().reshape(-1).view(torch.uint8).numpy().data)
    return sha256.hexdigest()[:16]
