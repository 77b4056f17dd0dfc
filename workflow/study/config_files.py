"""Config files, laid over each other in the order in which they are given, and `--config` over all of them."""

from typing import Any

import yaml

from study.errors import StudyError
from study.schema import SCHEMA, described

NEEDED = SCHEMA["required"]


def lay_over(config: dict, overlays: dict[str, dict], files: list[str]) -> None:
    """Change the config, as Snakemake merged it, to what its overlays mean.

    overlays: what each of them says, by name, the last `--config`; files: all config files, the study first.
    StudyError: the files are in the wrong order, or none is a study.
    """
    check_order(config, overlays, files)
    for overlay in overlays.values():
        replace_panels(config, overlay)
    replace_values(config, overlays["--config"])


def check_order(config: dict, overlays: dict[str, dict], files: list[str]) -> None:
    """Check that a whole study, which would undo what lies below it, is given first."""
    for name in files[1:]:
        if not set(NEEDED) - set(overlays[name]):
            others = [other for other in files if other != name]
            remedy = f"give it first: --configfile {' '.join([name, *others])}"
            raise StudyError(
                "", f"{name} is a whole study, and would undo {files[0]} before it; {remedy}, or alone"
            )
    missing = [key for key in NEEDED if key not in config]
    if missing and files:
        what = f"the key {missing[0]!r} is missing: {described(SCHEMA['properties'][missing[0]])}"
        raise StudyError(
            "", f"{what} (what changes a study is given after it: --configfile config.yaml {files[0]})"
        )


def replace_panels(config: dict, overlay: dict) -> None:
    """Give a figure the panels of the overlay alone; merged, they would stand beside those of the study below."""
    for name, entry in mapping(overlay.get("figures")).items():
        if "panels" in mapping(entry):
            mapping(mapping(config.get("figures")).get(name))["panels"] = entry["panels"]


def replace_values(config: dict, said: dict) -> None:
    """Put what `--config` says, typed, in place of the strings that Snakemake read."""
    for key, value in said.items():
        if isinstance(value, dict) and isinstance(config.get(key), dict):
            replace_values(config[key], value)
        else:
            config[key] = value


def mapping(value: Any) -> dict:
    """Return the value where it is a mapping, else {}: the shape is checked later."""
    return value if isinstance(value, dict) else {}


def typed(value: Any) -> Any:
    """Return a value of `--config` as a file would give it: Snakemake reads what is nested as strings."""
    if isinstance(value, dict):
        return {key: nested(below) for key, below in value.items()}
    return value


def nested(value: Any) -> Any:
    if isinstance(value, list):
        return [nested(item) for item in value]
    return scalar(value) if isinstance(value, str) else typed(value)


def scalar(text: str) -> Any:
    """Return the number, truth value or null that YAML reads in a word, else the word."""
    try:
        value = yaml.safe_load(text) if text else text
    except yaml.YAMLError:
        return text
    return value if isinstance(value, int | float | None) else text
