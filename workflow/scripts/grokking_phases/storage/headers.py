"""The header of a result file, and its seal: the SHA-256 of the file's own bytes, which reveals any change.

The header is JSON, under the key `grokking_phases` of the file's own metadata (Parquet or safetensors). The
seal is computed with zeros in its own place. The header's `content` is a digest of the data and of what the
header says about them. It does not depend on the code and the machine that made the file.
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

from grokking_phases.storage.atomic_write import whole
from grokking_phases.storage.digests import digest
from grokking_phases.storage.stamps import KEY, length_of_footer, length_of_head

FORMAT_VERSION = 2
MARK, ZEROS = b"sha256:", b"0" * 64
DATA, NO_DATA = b"-data:", b"0" * 16  # the end of `content` before the file is sealed
# The keys of a header that say how the file was made, not what is in it.
CIRCUMSTANCES = {"made_by", "made_with", "config_digest", "processor", "numpy", "blas", "torch"}
BLOCK = 2**22  # the most bytes of a file in memory at a time
REMEDY = "delete it, and the same command makes it again"


def metadata(said: dict[str, Any]) -> dict[str, str]:
    """Return a header with the entries `said`, for a file that is not sealed yet."""
    said = {key: value for key, value in said.items() if key not in ("format_version", "content", "seal")}
    content = (
        digest({key: value for key, value in said.items() if key not in CIRCUMSTANCES})
        + (DATA + NO_DATA).decode()
    )
    seal = (MARK + ZEROS).decode()
    return {KEY: json.dumps({"format_version": FORMAT_VERSION, **said, "content": content, "seal": seal})}


@contextmanager
def sealed(path: str | Path) -> Iterator[Path]:
    """Yield a path to write to, like `whole`, and seal the file, which must have a header from `metadata`."""
    with whole(path) as temporary:
        yield temporary
        with open(temporary, "r+b") as file:
            fill_in(file, DATA + NO_DATA, len(DATA), digest_of_data(file))
            start = place_of(file, MARK + ZEROS) + len(MARK)
            fill_in(file, MARK + ZEROS, len(MARK), digest_without(file, start))


def fill_in(file: BinaryIO, placeholder: bytes, skipped: int, value: bytes) -> None:
    """Write the value over the last placeholder in the file, after its first `skipped` bytes."""
    file.seek(place_of(file, placeholder) + skipped)
    file.write(value)


def digest_of_data(file: BinaryIO) -> bytes:
    """Return 16 hexadecimal digits, a digest of a file's data: Parquet's pages, or the bytes of tensors."""
    end = file.seek(0, os.SEEK_END)
    file.seek(0)
    start = 4 if file.read(4) == b"PAR1" else 8 + length_of_head(file)
    end -= 8 + length_of_footer(file) if start == 4 else 0
    sha256 = hashlib.sha256()
    file.seek(start)
    for place in range(start, end, BLOCK):
        sha256.update(file.read(min(BLOCK, end - place)))
    return sha256.hexdigest()[:16].encode()


def content_of(path: str | Path) -> str:
    """Return the digest `content` from a file's header; raise ValueError where `header_of` does."""
    content = header_of(path).get("content")
    if content is None:
        raise ValueError(f"{path} was made by an earlier version; {REMEDY}")
    return content


def write_parquet(path: str | Path, table: pa.Table, header: dict[str, Any]) -> None:
    """Write a table with a header; the same table and header give the same bytes."""
    with sealed(path) as temporary:
        pq.write_table(table.replace_schema_metadata(metadata(header)), temporary, compression="zstd")


def place_of(file: BinaryIO, mark: bytes) -> int:
    """Return the position at which the last `mark` in a file's header begins, or -1 if there is none."""
    end = end_of_header(file)
    while end >= len(mark):
        first = max(0, end - BLOCK)
        file.seek(first)
        found = file.read(end - first).rfind(mark)
        if found >= 0:
            return first + found
        end = first + len(mark) - 1 if first else 0  # a mark may lie across two blocks
    return -1


def end_of_header(file: BinaryIO) -> int:
    """Return the length of a safetensors file's head, or of the whole of another file."""
    end = file.seek(0, os.SEEK_END)
    file.seek(0)
    return end if file.read(4) == b"PAR1" else min(end, 8 + length_of_head(file))


def digest_without(file: BinaryIO, start: int) -> bytes:
    """Return the SHA-256 of a file with zeros in place of the seal, which begins at `start`."""
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
    """Return the header of a file, after a check of its seal, its format and its `expected` entries.

    `expected` holds entries of the header, such as run and seed. Raises ValueError, with the remedy, if a
    check fails.
    """
    check_seal(path)
    header = json.loads(file_metadata(path)[KEY])
    if header["format_version"] != FORMAT_VERSION:
        remedy = "update grokking-phases, or " if header["format_version"] > FORMAT_VERSION else ""
        what = (
            f"{path} is of format {header['format_version']}, and this version reads format {FORMAT_VERSION}"
        )
        raise ValueError(f"{what}; {remedy}{REMEDY}")
    for key, value in expected.items():
        if header.get(key) != value:
            found = f"{key} {header[key]!r}" if key in header else f"no {key}"
            raise ValueError(
                f"{path} does not belong there: it has {found}, but {key} {value!r} is expected; {REMEDY}"
            )
    return header


def check_seal(path: str | Path) -> None:
    """Raise ValueError, with the remedy, unless a file's seal fits its bytes."""
    if not Path(path).stat().st_size:
        raise ValueError(f"{path} is empty; {REMEDY}")
    with open(path, "rb") as file:
        start = place_of(file, MARK) + len(MARK)
        file.seek(start)
        seal = file.read(len(ZEROS))
        if start < len(MARK) or not re.fullmatch(b"[0-9a-f]{64}", seal):
            raise ValueError(f"{path} was cut short, or is not a file of this pipeline; {REMEDY}")
        if seal != digest_without(file, start):
            raise ValueError(
                f"{path} is damaged, or was changed after it was made: its seal does not fit; {REMEDY}"
            )


def check_same_seals(paths: dict[str, Path], seals: dict[str, str]) -> None:
    """Raise ValueError for the first file {name: path} whose seal is not that of its name in `seals`."""
    for name, path in paths.items():
        if header_of(path)["seal"] != seals[name]:
            raise ValueError(f"{path} was recorded anew while jobs ran; give the same command again")


def file_metadata(path: str | Path) -> dict[str, str]:
    """Return the metadata that a Parquet or safetensors file holds beside its data."""
    if Path(path).suffix == ".safetensors":
        from safetensors import safe_open  # not needed by those who measure arrays

        with safe_open(path, framework="numpy") as file:
            return file.metadata()
    return {key.decode(): value.decode() for key, value in pq.read_metadata(path).metadata.items()}


def of_run(header: dict[str, Any]) -> dict[str, Any]:
    """Return what a header says about its run, for the headers of files that are made from its file."""
    return {key: header[key] for key in ("run", "seed", "training", "diverged_at") if key in header}


def of_all(paths: Iterable[str | Path]) -> dict[str, Any]:
    """Return what the headers of several files say about their runs, for a file that is made from them.

    This is a digest of their trainings, and the step of each run that diverged.
    """
    headers = [header_of(path) for path in paths]
    diverged = {}
    for header in headers:
        diverged |= header.get("diverged", {})
        if "diverged_at" in header:
            diverged[f"{header['run']} seed {header['seed']}"] = header["diverged_at"]
    return {"training": digest([header["training"] for header in headers]), "diverged": diverged}


def check_same_training(*groups: Iterable[str | Path]) -> None:
    """Raise ValueError unless all these files of the same run and seed come from the same training."""
    trained: dict[tuple, tuple] = {}
    for path in (path for group in groups for path in group):
        header = header_of(path)
        whose = header["run"], header["seed"]
        training, first = trained.setdefault(whose, (header["training"], path))
        if header["training"] != training:
            what = f"{path} and {first} come from different trainings of {whose[0]} seed {whose[1]}"
            raise ValueError(f"{what}; delete the older one, and the same command makes it again")
