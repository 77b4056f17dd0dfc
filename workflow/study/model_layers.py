"""The layers of a model that can be recorded: from `LAYERS` in its file and the options of its entry."""

from typing import Any

from study.errors import StudyError, shown
from study.signatures import constant, file_of, options_of
from study.sources import is_source

MOST_LAYERS = 99  # the most that an option such as `n_blocks` may give, since a dict holds them
REMEDY = 'write LAYERS = {"hidden": "width"}, which maps a layer to the option of build that is its width'


def check_recordable(entry: dict, records: bool, where: str) -> None:
    """Raise StudyError unless `LAYERS` and the entry's options give each layer a width.

    `records` is true if the run records layers.
    """
    check_literal(entry["module"], records, f"{where}.module")
    for pattern, width in constant("models", entry["module"], "LAYERS").items():
        counter = counter_in(pattern, entry["module"])
        for name in filter(None, (width, counter)):
            if not isinstance(value_of(entry, name), int):
                what = f"{shown(value_of(entry, name))} is not a whole number"
                remedy = f"give one, or write its default as a number in {file_of('models', entry['module'])}"
                raise StudyError(f"{where}.{name}", f"{what}; {remedy}")
        if value_of(entry, width) < 1:
            what = f"{value_of(entry, width)} is less than 1; a layer needs at least one unit"
            raise StudyError(f"{where}.{width}", what)
        if counter and value_of(entry, counter) > MOST_LAYERS:
            what = f"{shown(value_of(entry, counter))} is more than {MOST_LAYERS}; choose fewer layers"
            raise StudyError(f"{where}.{counter}", what)


def check_literal(model: str, records: bool, where: str) -> None:
    """Raise StudyError unless `LAYERS` maps each layer to the option that is its width."""
    file, layers = file_of("models", model), constant("models", model, "LAYERS")
    if records and not layers:
        raise StudyError(where, f"{file} defines no LAYERS, so no layer can be recorded; {REMEDY}")
    if not isinstance(layers, dict):
        raise StudyError(where, f"{file}: LAYERS = {shown(layers)} is not a dict; {REMEDY}")
    for layer, width in layers.items():
        if not isinstance(width, str) or width not in options_of("models", model):
            what = (
                f"LAYERS gives the layer {layer!r} the width {shown(width)}, which is not an option of build"
            )
            raise StudyError(where, f"{file}: {what}; {REMEDY}")


def value_of(entry: dict, name: str) -> Any:
    """Return the value that a model's entry gives to an option, or the default of the option."""
    return entry.get(name, options_of("models", entry["module"])[name].default)


def counter_in(pattern: str, model: str) -> str | None:
    """Return the option that counts the layers of a pattern, `depth` for `hidden_{depth}`, or None."""
    return next((name for name in options_of("models", model) if f"{{{name}}}" in pattern), None)


def widths_of_run(run: dict) -> dict[str, int]:
    """Return {layer: width} of the layers of a run that can be measured, of its model or source."""
    return run["recorded"]["layers"] if is_source(run) else widths(run["model"])


def widths(model: dict) -> dict[str, int]:
    """Return {layer: width} of the layers that can be recorded."""
    layers = {}
    for pattern, width in constant("models", model["module"], "LAYERS").items():
        counter = counter_in(pattern, model["module"])
        for i in range(1, value_of(model, counter) + 1) if counter else [0]:
            layers[pattern.format(**{counter: i}) if counter else pattern] = value_of(model, width)
    return layers
