"""A complete small study of one's own, written to a new folder; it runs as it is."""

from pathlib import Path

TEMPLATES = Path(__file__).parent / "new_study"
FILES = ("study.py", "study.yaml")


def init_study(folder: Path) -> Path:
    """Write study.py and study.yaml to a folder, and return the path of the first.

    Raise ValueError if one of them is there already.
    """
    for name in FILES:
        if (folder / name).exists():
            raise ValueError(f"{folder / name} exists already; give another folder.")
    folder.mkdir(parents=True, exist_ok=True)
    for name in FILES:
        text = (TEMPLATES / f"{name}.txt").read_text(encoding="utf-8")
        (folder / name).write_text(text.replace("FOLDER", folder.as_posix()), encoding="utf-8")
    return folder / FILES[0]
