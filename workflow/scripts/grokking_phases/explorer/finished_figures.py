"""The finished figures of a study, with links and notes, for the explorer."""

import os
import re
from pathlib import Path
from typing import Any
from urllib.parse import quote

FORMATS = ("pdf", "png")


def finished_figures(folder: Path, page: Path) -> list[dict[str, Any]]:
    """Return name, links and notes of each figure in a folder. Links are relative to the page's folder.

    A figure has a link for each file that exists, by format, and the text of its notes (None without).
    """
    names = sorted({path.with_suffix("") for ending in FORMATS for path in folder.glob(f"**/*.{ending}")})
    return [
        {
            "name": name.relative_to(folder).as_posix(),
            "links": {ending: link(path, page) for ending, path in files_of(name, FORMATS).items()},
            "notes": notes_of(name),
        }
        for name in names
    ]


def files_of(name: Path, endings: tuple[str, ...]) -> dict[str, Path]:
    """Return the files of a figure that exist, by ending."""
    paths = {ending: name.with_name(f"{name.name}.{ending}") for ending in endings}
    return {ending: path for ending, path in paths.items() if path.is_file()}


def link(path: Path, page: Path) -> str:
    """Return a relative link from a page to a file."""
    return quote(Path(os.path.relpath(path, page.parent)).as_posix())


def notes_of(name: Path) -> str | None:
    """Return the notes of a figure as plain text, without underlines, backslashes and comments."""
    for path in files_of(name, ("md",)).values():
        text = re.sub(r"<!--.*?-->", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
        text = re.sub(r"^(=+|-+)\n", "", text, flags=re.MULTILINE)
        return re.sub(r"\\(.)", r"\1", text).strip()
    return None
