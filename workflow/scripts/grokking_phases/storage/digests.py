"""Short digests of files and of JSON-like values."""

import hashlib
import json
from pathlib import Path


def digest_of_file(path: str | Path) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()[:16]


def digest(value: object) -> str:
    """16 hexadecimal digits that depend on a JSON-like value and on nothing else."""
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()[:16]
