"""The config that several files and `--config` give together.

Each file changes what the files before it say, and `--config` changes what all files say.
"""

from pathlib import Path
from typing import Any

import yaml
from snakemake.common.configfile import load_configfile
from snakemake.utils import update_config

from study.duplicate_keys import check_duplicates
from study.errors import StudyError
from study.schema import SCHEMA, described, instead

NEEDED = SCHEMA["required"]
USUAL = "config.yaml"  # the study that is read where none is named


def read_together(files: list[Path]) -> dict:
    """Return the config that files give together, as Snakemake would read them from its command line.

    StudyError: as `lay_over` raises it, or for a key that a file has twice.
    """
    for file in files:
        check_duplicates(file)
    read = {str(file): load_configfile(str(file)) for file in files}
    config: dict = {}
    for content in read.values():
        update_config(config, content)
    overlays = dict(list(read.items())[1:])
    lay_over(config, overlays | {"--config": {}}, list(read))
    return config


def lay_over(config: dict, overlays: dict[str, dict], files: list[str]) -> None:
    """Correct the config that Snakemake merged, in place, so that it means what the overlays say.

    overlays: {name: content} of each overlay, `--config` last; files: all config files, the study first.
    StudyError: the files are in the wrong order, or none of them is a whole study.
    """
    check_order(config, overlays, files)
    for overlay in overlays.values():
        replace_panels(config, overlay)
    replace_values(config, overlays["--config"])


def check_order(config: dict, overlays: dict[str, dict], files: list[str]) -> None:
    """Check that the first file is a whole study, and that no other is: it would undo the files before it."""
    for name in files[1:]:
        if not set(NEEDED) - set(overlays[name]):
            what = f"{name} is a whole study, which would undo {files[0]} before it"
            others = [other for other in files if other != name]
            first = f"if {files[0]} only changes it, give it first: {' '.join([name, *others])}"
            raise StudyError("", f"{what}; {first}, or else use one of the two alone")
    missing = [key for key in NEEDED if key not in config]
    if missing and files:
        wanted = described(SCHEMA["properties"][missing[0]])
        meant = instead(missing[0], config)
        what = f"the key {missing[0]!r} is missing{meant}; it must be {wanted}"
        order = f" (if {files[0]} only changes a study, give the study first: {USUAL} {files[0]})"
        raise StudyError("", what if meant or files[0] == USUAL else f"{what}{order}")


def replace_panels(config: dict, overlay: dict) -> None:
    """Give a figure only the panels of the overlay, in place of a mixture with the panels of the study.

    Those that the study marks as `published`, and that are no longer there, go with them.
    """
    for name, entry in mapping(overlay.get("figures")).items():
        figure = mapping(mapping(config.get("figures")).get(name))
        if "panels" in mapping(entry):
            figure["panels"] = panels = entry["panels"]
            if "published" in figure and "published" not in entry and isinstance(panels, dict):
                figure["published"] = [title for title in figure["published"] or [] if title in panels]


def replace_values(config: dict, said: dict) -> None:
    """Put the typed values of `--config` in place of the strings that Snakemake read."""
    for key, value in said.items():
        if isinstance(value, dict) and isinstance(config.get(key), dict):
            replace_values(config[key], value)
        else:
            config[key] = value


def mapping(value: Any) -> dict:
    """Return the value if it is a mapping, else {}; the schema is checked later."""
    return value if isinstance(value, dict) else {}


def typed(value: Any) -> Any:
    """Return a value of `--config` as a file would give it; Snakemake reads nested values as strings."""
    if isinstance(value, dict):
        return {key: nested(below) for key, below in value.items()}
    return value


def nested(value: Any) -> Any:
    """Return a value that stands inside another, with its strings typed."""
    if isinstance(value, list):
        return [nested(item) for item in value]
    return scalar(value) if isinstance(value, str) else typed(value)


def scalar(text: str) -> Any:
    """Return the number, boolean or null that YAML reads in a text, else the text itself."""
    try:
        value = yaml.safe_load(text) if text else text
    except yaml.YAMLError:
        return text
    return value if isinstance(value, int | float | None) else text
