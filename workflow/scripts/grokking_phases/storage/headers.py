"""What a file of ours says of itself, with a seal: the SHA-256 of its own bytes, by which any change to it shows.

The header is JSON, under the key `grokking_phases` of the file's own metadata (Parquet or safetensors). The digest is
taken with zeros in its own place.
"""

import hashlib
import json
import os
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq
from safetensors import safe_open

from grokking_phases.storage.atomic_write import whole
from grokking_phases.storage.digests import digest

FORMAT_VERSION = 2
KEY = "grokking_phases"
MARK, ZEROS = b"sha256:", b"0" * 64
BLOCK = 2**22  # bytes of a file in memory at a time
REMEDY = "delete it, and the same command makes it again"


def metadata(said: dict[str, Any]) -> dict[str, str]:
    """A header that says this, for a file that is not sealed yet."""
    return {KEY: json.dumps({"format_version": FORMAT_VERSION, **said, "seal": (MARK + ZEROS).decode()})}


@contextmanager
def sealed(path: str | Path) -> Iterator[Path]:
    """As `files.whole`; the file must be written with `metadata`."""
    with whole(path) as temporary:
        yield temporary
        with open(temporary, "r+b") as file:
            start = place_of(file, MARK + ZEROS) + len(MARK)
            seal = digest_without(file, start)
            file.seek(start)
            file.write(seal)


def write_parquet(path: str | Path, table: pa.Table, header: dict[str, Any]) -> None:
    """Any table of ours, with what it says of itself; the same table is the same bytes."""
    with sealed(path) as temporary:
        pq.write_table(table.replace_schema_metadata(metadata(header)), temporary, compression="zstd")


def place_of(file: BinaryIO, mark: bytes) -> int:
    """Where the last `mark` in a file begins; -1: there is none."""
    end = file.seek(0, os.SEEK_END)
    while end >= len(mark):
        first = max(0, end - BLOCK)
        file.seek(first)
        found = file.read(end - first).rfind(mark)
        if found >= 0:
            return first + found
        end = first + len(mark) - 1 if first else 0  # one may lie across two blocks
    return -1


def digest_without(file: BinaryIO, start: int) -> bytes:
    """SHA-256 of a file in which the seal, from `start` on, is zeros."""
    sha256 = hashlib.sha256()
    file.seek(0)
    for place in range(0, start, BLOCK):
        sha256.update(file.read(min(BLOCK, start - place)))
    sha256.update(ZEROS)
    file.seek(start + len(ZEROS))
    while block := file.read(BLOCK):
        sha256.update(block)
    return sha256.hexdigest().encode()


def header_of(path: str | Path, **expected: Any) -> dict[str, Any]:
    """The header of a file that is as it was made, in a format that this code reads; of this run, seed, … if given.

    Raises ValueError, with the remedy, for any other file.
    """
    check_seal(path)
    header = json.loads(file_metadata(path)[KEY])
    if header["format_version"] != FORMAT_VERSION:
        remedy = "update grokking-phases, or " if header["format_version"] > FORMAT_VERSION else ""
        what = f"{path} is of format {header['format_version']}, and this version reads format {FORMAT_VERSION}"
        raise ValueError(f"{what}; {remedy}{REMEDY}")
    for key, value in expected.items():
        if header.get(key) != value:
            found = f"{key} {header[key]!r}" if key in header else f"no {key}"
            raise ValueError(f"{path} is not what belongs there: it is of {found}, not of {key} {value!r}; {REMEDY}")
    return header


def check_seal(path: str | Path) -> None:
    if not Path(path).stat().st_size:
        raise ValueError(f"{path} is empty; {REMEDY}")
    with open(path, "rb") as file:
        start = place_of(file, MARK) + len(MARK)
        file.seek(start)
        seal = file.read(len(ZEROS))
        if start < len(MARK) or not re.fullmatch(b"[0-9a-f]{64}", seal):
            raise ValueError(f"{path} was cut short, or is no file of this pipeline; {REMEDY}")
        if seal != digest_without(file, start):
            raise ValueError(f"{path} is damaged, or was changed after it was made: its seal does not fit; {REMEDY}")


def file_metadata(path: str | Path) -> dict[str, str]:
    if Path(path).suffix == ".safetensors":
        with safe_open(path, framework="numpy") as file:
            return file.metadata()
    return {key.decode(): value.decode() for key, value in pq.read_schema(path).metadata.items()}


def of_run(header: dict[str, Any]) -> dict[str, Any]:
    """What a file made of one of a run's files says of that run."""
    return {key: header[key] for key in ("run", "seed", "config_digest", "diverged_at") if key in header}


def of_all(paths: Iterable[str | Path]) -> dict[str, Any]:
    """What a file made of several says of them: one digest, the runs that diverged, and at which step."""
    headers = [header_of(path) for path in paths]
    diverged = {}
    for header in headers:
        diverged |= header.get("diverged", {})
        if "diverged_at" in header:
            diverged[f"{header['run']} seed {header['seed']}"] = header["diverged_at"]
    return {"config_digest": digest([header["config_digest"] for header in headers]), "diverged": diverged}


def check_same_training(*groups: Iterable[str | Path]) -> None:
    """Of every run and seed, all these files must come from the same training; raises ValueError."""
    trained: dict[tuple, tuple] = {}
    for path in (path for group in groups for path in group):
        header = header_of(path)
        whose = header["run"], header["seed"]
        made_by, first = trained.setdefault(whose, (header["config_digest"], path))
        if header["config_digest"] != made_by:
            what = f"{path} and {first} come from different trainings of {whose[0]} seed {whose[1]}"
            raise ValueError(f"{what}; delete the older one, and the same command makes it again")
