"""The part files of a recording that is not closed yet, and their merging.

A snapshot is two files. `000000010.weights.safetensors` holds the parameters and buffers. After it,
`000000010.safetensors` is written, with the activations; its header holds the curves, the rows of metrics and
a digest of the activations. A snapshot counts as taken when this second file is whole.
"""

import hashlib
import json
import shutil
from collections.abc import Iterator
from dataclasses import replace
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
import safetensors.torch
from torch import nn

from grokking_phases.data.recording import Recording, write_tensors
from grokking_phases.storage.atomic_write import whole
from grokking_phases.storage.headers import metadata, sealed
from grokking_phases.storage.stamps import length_of_head, stated


class Parts(Recording):
    """A recording whose parts hold layers alone, with the weights beside them."""

    def write(self, step: int, layers: dict[str, np.ndarray], header: dict[str, Any]) -> None:
        """Write the layers of a snapshot; this makes the snapshot count as taken."""
        tensors = {f"layer/{name}": values for name, values in layers.items()}
        write_tensors(self._part(step), tensors, {"step": step} | header)

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
        write_joined(path, {f"{step}": self.weights(step) for step in steps}, header)


def write_joined(path: str | Path, parts: dict[str, Path], header: dict[str, Any]) -> None:
    """Join safetensors files {prefix: path} in one; a tensor's key is `<prefix>/<its key>`."""
    places = [
        (prefix, *entry) for prefix, part in parts.items() for entry in entries(part)
    ]  # prefix, name, entry of the part's head, first byte
    # Wide elements come first, so that each tensor begins at a multiple of its element's size.
    places.sort(key=lambda place: -element_size(place[2]))
    head, end = {"__metadata__": metadata(header)}, 0
    for prefix, name, entry, _ in places:
        size = entry["data_offsets"][1] - entry["data_offsets"][0]
        head[f"{prefix}/{name}"] = entry | {"data_offsets": [end, end + size]}
        end += size
    text = json.dumps(head).encode()
    text += b" " * (-len(text) % 8)
    with sealed(path) as temporary, open(temporary, "wb") as file:
        file.write(len(text).to_bytes(8, "little") + text)
        for prefix, _, entry, start in places:
            with open(parts[prefix], "rb") as part:
                part.seek(start + entry["data_offsets"][0])
                file.write(part.read(entry["data_offsets"][1] - entry["data_offsets"][0]))


def entries(path: Path) -> Iterator[tuple[str, dict[str, Any], int]]:
    """Yield the name of each tensor in a safetensors file, its entry in the head, and where data begin."""
    with open(path, "rb") as file:
        length = length_of_head(file)
        head = json.loads(file.read(length))
    for name, entry in head.items():
        if name != "__metadata__":
            yield name, entry, 8 + length


def element_size(entry: dict[str, Any]) -> int:
    """Return the number of bytes of each element of a tensor; 1 if it has no elements."""
    first, last = entry["data_offsets"]
    return (last - first) // prod(entry["shape"]) if prod(entry["shape"]) else 1


def digest_of_layers(layers: dict[str, np.ndarray]) -> str:
    """Return a digest of activations; two snapshots of one training with equal bits have the same."""
    sha256 = hashlib.sha256()
    for name, values in layers.items():
        sha256.update(f"{name}{values.shape}".encode())
        sha256.update(np.ascontiguousarray(values).data)
    return sha256.hexdigest()[:16]
