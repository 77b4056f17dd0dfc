"""A complete small study of one's own, written to a new folder; it runs as it is."""

from pathlib import Path

TEMPLATE = Path(__file__).parent / "new_study" / "study.py.txt"


def init_study(folder: Path) -> Path:
    """Write study.py to a folder, and return its path; raise ValueError if the file is there already."""
    path = folder / "study.py"
    if path.exists():
        raise ValueError(f"{path} exists already; give another folder.")
    folder.mkdir(parents=True, exist_ok=True)
    path.write_text(TEMPLATE.read_text(encoding="utf-8"), encoding="utf-8")
    return path
