"""Sealed safetensors files, written one tensor at a time: no second copy of their data is in memory.

A part is a file that lives until its training ends. Its header has a seal, and no digest of its content, so
its data are hashed once, while they are written.
"""

import hashlib
import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any

import numpy as np

from grokking_phases.storage.atomic_write import whole
from grokking_phases.storage.headers import FORMAT_VERSION, MARK, ZEROS, fill_in, metadata, sealed
from grokking_phases.storage.stamps import KEY, length_of_head

Entry = dict[str, Any]  # dtype, shape and data_offsets of a tensor, as in the head of its file


@dataclass(frozen=True)
class Stored:
    """A tensor in a safetensors file: its entry in the head, and where the data of all tensors begin."""

    path: Path
    entry: Entry
    start: int

    @property
    def width(self) -> int:
        """Return the number of bytes of each element; 1 if there are no elements."""
        n_elements = prod(self.entry["shape"])
        return n_bytes(self.entry) // n_elements if n_elements else 1

    def read(self) -> bytes:
        with open(self.path, "rb") as file:
            file.seek(self.start + self.entry["data_offsets"][0])
            return file.read(n_bytes(self.entry))


def stored_in(path: Path) -> Iterator[tuple[str, Stored]]:
    """Yield the name and place of each tensor in a safetensors file."""
    with open(path, "rb") as file:
        length = length_of_head(file)
        head = json.loads(file.read(length))
    for name, entry in head.items():
        if name != "__metadata__":
            yield name, Stored(path, entry, 8 + length)


def write_joined(path: str | Path, tensors: dict[str, Stored], header: dict[str, Any]) -> None:
    """Write a sealed file of tensors from other files, in this order; wide elements must come first."""
    head = head_of({key: tensor.entry for key, tensor in tensors.items()}, metadata(header))
    with sealed(path) as temporary, open(temporary, "wb") as file:
        file.write(head)
        for tensor in tensors.values():
            file.write(tensor.read())


def write_part(path: Path, tensors: dict[str, np.ndarray], header: dict[str, Any]) -> None:
    """Write a part; it survives a power cut only once `sync_files` has synced it."""
    # Wide elements come first, so that each tensor begins at a multiple of its element's size.
    arrays = dict(sorted(tensors.items(), key=lambda item: -item[1].itemsize))
    arrays = {key: np.asarray(values, order="C") for key, values in arrays.items()}
    said = {"format_version": FORMAT_VERSION, **header, "seal": (MARK + ZEROS).decode()}
    head = head_of({key: entry_of(values) for key, values in arrays.items()}, {KEY: json.dumps(said)})
    pieces = [head, *arrays.values()]
    with whole(path, synced=False) as temporary, ThreadPoolExecutor(1) as thread:
        seal = thread.submit(sha256_of, pieces)
        write_pieces(temporary, pieces)
        with open(temporary, "r+b") as file:
            fill_in(file, MARK + ZEROS, len(MARK), seal.result())


def sha256_of(pieces: list[Any]) -> bytes:
    """Return the SHA-256 of arrays and bytes, one after the other, in hexadecimal digits."""
    sha256 = hashlib.sha256()
    for piece in pieces:
        sha256.update(piece)
    return sha256.hexdigest().encode()


def write_pieces(path: Path, pieces: list[Any]) -> None:
    """Write arrays and bytes one after the other."""
    with open(path, "wb") as file:
        for piece in pieces:
            file.write(memoryview(piece))


def head_of(entries: dict[str, Entry], header: dict[str, str]) -> bytes:
    """Return a safetensors file's bytes before its data; the tensors lie in the order of the entries."""
    head, end = {"__metadata__": header}, 0
    for key, entry in entries.items():
        head[key] = entry | {"data_offsets": [end, end + n_bytes(entry)]}
        end += n_bytes(entry)
    text = json.dumps(head, separators=(",", ":"), ensure_ascii=False).encode()
    text += b" " * (-len(text) % 8)
    return len(text).to_bytes(8, "little") + text


def entry_of(values: np.ndarray) -> Entry:
    kind, width = values.dtype.kind, values.dtype.itemsize
    dtype = "BOOL" if kind == "b" else f"{kind.upper()}{8 * width}"
    return {"dtype": dtype, "shape": list(values.shape), "data_offsets": [0, values.nbytes]}


def n_bytes(entry: Entry) -> int:
    first, last = entry["data_offsets"]
    return last - first
