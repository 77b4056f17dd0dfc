"""Replacement of a file's header; the data stay as they are, byte for byte."""

import json
import shutil
from pathlib import Path
from typing import Any, BinaryIO

from grokking_phases.storage.headers import BLOCK, header_of, metadata, sealed
from grokking_phases.storage.stamps import JSON, KEY, length_of_footer, length_of_head


def replace_header(path: str | Path, said: dict[str, Any]) -> None:
    """Give a Parquet or safetensors file the header `said`; raise ValueError if its seal does not fit."""
    copy_with_header(path, path, said)


def copy_with_header(source: str | Path, target: str | Path, said: dict[str, Any]) -> None:
    """Copy a Parquet or safetensors file with the header `said`; raise ValueError if it is damaged."""
    header_of(source)
    copy = copy_of_safetensors if Path(source).suffix == ".safetensors" else copy_of_parquet
    with open(source, "rb") as old, sealed(target) as temporary, open(temporary, "wb") as new:
        copy(old, new, metadata(said)[KEY])


def copy_of_safetensors(old: BinaryIO, new: BinaryIO, header: str) -> None:
    """Copy a safetensors file with another header."""
    head = json.loads(old.read(length_of_head(old)))
    head["__metadata__"][KEY] = header
    text = json.dumps(head).encode()
    text += b" " * (-len(text) % 8)
    new.write(len(text).to_bytes(8, "little") + text)
    shutil.copyfileobj(old, new, BLOCK)


def copy_of_parquet(old: BinaryIO, new: BinaryIO, header: str) -> None:
    """Copy a Parquet file with another header.

    In the footer, which is in Thrift's compact protocol, the length of a text stands in front of it.
    """
    length = length_of_footer(old)
    end = old.seek(-length - 8, 2)
    footer = old.read(length)
    start = footer.index(b'{"format_version"')
    rest = footer[start:].decode("latin-1")
    text, after = rest[: JSON.raw_decode(rest)[1]], rest[JSON.raw_decode(rest)[1] :]
    before = footer[:start].removesuffix(varint(len(text)))
    if len(before) == start:
        raise ValueError(f"{old.name}: its header has no length in front of it")
    footer = before + varint(len(header)) + header.encode("ascii") + after.encode("latin-1")
    old.seek(0)
    for place in range(0, end, BLOCK):
        new.write(old.read(min(BLOCK, end - place)))
    new.write(footer + len(footer).to_bytes(4, "little") + b"PAR1")


def varint(number: int) -> bytes:
    """Return a number in Thrift's variable length: seven bits a byte, the least significant first.

    All bytes but the last have their eighth bit set.
    """
    count = max(1, -(-number.bit_length() // 7))
    return bytes(number >> 7 * i & 127 | (128 if i < count - 1 else 0) for i in range(count))
