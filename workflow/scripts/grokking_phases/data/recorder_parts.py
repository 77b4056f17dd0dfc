"""The part files of a recording that is not closed yet, and their merging.

A snapshot is two files. `000000010.weights.safetensors` holds the parameters and buffers. After it,
`000000010.safetensors` is written, with the activations; its header holds the curves, the rows of metrics and
a digest of the activations. A snapshot counts as taken when this second file is whole.
"""

import hashlib
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import safetensors.torch
from torch import nn

from grokking_phases.data.recording import Recording
from grokking_phases.storage.atomic_write import whole
from grokking_phases.storage.stamps import stated
from grokking_phases.storage.tensors import stored_in, write_joined, write_part


class Parts(Recording):
    """A recording whose parts hold layers alone, with the weights beside them."""

    def write(self, step: int, layers: dict[str, np.ndarray], header: dict[str, Any]) -> None:
        """Write the layers of a snapshot; this makes the snapshot count as taken."""
        tensors = {f"layer/{name}": values for name, values in layers.items()}
        write_part(self._part(step), tensors, {"step": step} | header)

    def write_weights(self, step: int, network: nn.Module) -> None:
        """Write the parameters and buffers of a snapshot, in their own precision."""
        tensors = {name: value.detach().cpu().clone() for name, value in network.state_dict().items()}
        with whole(self.weights(step)) as temporary:
            temporary.write_bytes(
                safetensors.torch.save({name: value.contiguous() for name, value in tensors.items()})
            )

    def weights(self, step: int) -> Path:
        return self._part(step).with_suffix(".weights.safetensors")

    def header(self, step: int) -> dict[str, Any]:
        """Return the header of a snapshot that was taken."""
        return stated(self._part(step))

    def is_whole(self, step: int) -> bool:
        """Return whether the snapshot of a step is undamaged."""
        return replace(self, steps=[step]).is_whole_until(step)

    def clear(self) -> None:
        """Remove all parts."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def merge_weights(self, path: str | Path, header: dict[str, Any]) -> None:
        """Write weights.safetensors, keyed step/parameter, holding one tensor in memory at a time."""
        steps = [step for step in self.taken() if self.weights(step).exists()]
        stored = {f"{step}/{name}": each for step in steps for name, each in stored_in(self.weights(step))}
        write_joined(path, dict(sorted(stored.items(), key=lambda item: -item[1].width)), header)


def digest_of_layers(layers: dict[str, np.ndarray]) -> str:
    """Return a digest of activations; two snapshots of one training with equal bits have the same."""
    sha256 = hashlib.sha256()
    for name, values in layers.items():
        sha256.update(f"{name}{values.shape}".encode())
        sha256.update(np.ascontiguousarray(values).data)
    return sha256.hexdigest()[:16]
