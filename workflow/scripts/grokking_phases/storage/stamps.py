"""Quick reading of headers, from a file's last or first bytes, without a library and a check of the seal.

Parquet and safetensors files hold their header as JSON. A figure (PDF, PNG) or a page of text (Markdown)
holds a stamp: the same JSON in letters and digits, which no format escapes.
"""

import json
import re
from pathlib import Path
from typing import Any

KEY = "grokking_phases"
STAMP = re.compile(rb"grokkingphases0x((?:[0-9a-f]{2})+)end")
STAMPED = {".pdf", ".png", ".md"}
JSON = json.JSONDecoder()


def stamp(header: dict[str, Any]) -> str:
    """Return a header as a text that a figure or a page can hold anywhere."""
    return f"grokkingphases0x{json.dumps(header).encode().hex()}end"


def stated(path: str | Path) -> dict[str, Any]:
    """Return the header of a file, or {} if it has none that can be read."""
    read = {".parquet": from_parquet, ".safetensors": from_safetensors}.get(Path(path).suffix, from_stamp)
    try:
        header = read(Path(path))
    except (OSError, ValueError, KeyError, TypeError, MemoryError, OverflowError):
        return {}
    return header if isinstance(header, dict) else {}


def from_parquet(path: Path) -> Any:
    with open(path, "rb") as file:
        file.seek(-length_of_footer(file) - 8, 2)
        footer = file.read()
    text = footer[footer.index(b'{"format_version"') :].decode("utf-8", "replace")
    return JSON.raw_decode(text)[0]


def length_of_footer(file) -> int:
    """Return the number of bytes between a Parquet file's data and its last eight bytes."""
    file.seek(-8, 2)
    return int.from_bytes(file.read(4), "little")


def from_safetensors(path: Path) -> Any:
    with open(path, "rb") as file:
        return json.loads(json.loads(file.read(length_of_head(file)))["__metadata__"][KEY])


def length_of_head(file) -> int:
    """Return the number of bytes of a safetensors file's own header, and move the file to its first byte."""
    file.seek(0)
    return int.from_bytes(file.read(8), "little")


def from_stamp(path: Path) -> Any:
    found = STAMP.search(path.read_bytes()) if path.suffix in STAMPED else None
    return json.loads(bytes.fromhex(found[1].decode())) if found else {}
