"""Short digests of JSON-like values."""

import hashlib
import json


def digest(value: object) -> str:
    """Return 16 hexadecimal digits that depend on a JSON-like value alone."""
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()[:16]
