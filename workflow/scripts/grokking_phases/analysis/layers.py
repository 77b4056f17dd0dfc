"""The last of several layers by name, where numbers count as numbers: `block_10` is after `block_9`."""

import re

import pandas as pd


def last_layer(names: pd.Series) -> str | None:
    """Return the last of names of layers; missing ones do not count, and of none it is None."""
    return max(names.dropna(), key=parts, default=None)


def parts(name: str) -> list[str | int]:
    """Return a name as texts and numbers by turns."""
    return [int(part) if part.isdecimal() else part for part in re.split(r"(\d+)", name)]
