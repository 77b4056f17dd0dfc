"""The options, the inputs and the code that made a result; they are a part of its header, under `made_by`.

options   a digest of all options that the file depends on, including those of its inputs
lineage   a digest of all options and all code that the file depends on
inputs    {file: its content and lineage}, digests from the inputs' own headers
code      {module: hash}
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from grokking_phases.storage.digests import digest
from grokking_phases.storage.stamps import stamp, stated


def made_by(asked: dict[str, Any], paths: Iterable[str | Path], code: dict[str, str]) -> dict[str, Any]:
    """Return the part of the header for a job that reads `paths`.

    `asked` holds the digests for the job itself and, for each path, its name in the results folder and the
    digest of the options that it must have been made under. Raises ValueError, naming the file, if one was
    made under others.
    """
    inputs = {}
    for path, (name, options) in zip(paths, asked["inputs"], strict=True):
        header = stated(path)
        origin = header.get("made_by", {})
        if options is not None and origin.get("options") != options:
            what = f"{path} was made under options that differ from the config's, or by an earlier version"
            raise ValueError(f"{what}; run the command without names of files or rules to make it again")
        inputs[name] = {"content": header.get("content", ""), "lineage": origin.get("lineage")}
    said = {"options": asked["options"], "lineage": asked["lineage"], "inputs": inputs, "code": code}
    return {"made_by": said}


def stamped(header: dict[str, Any]) -> str:
    """Return the header as text for a figure or page; a digest of the header is its `content`."""
    return stamp(header | {"content": digest(header)})
