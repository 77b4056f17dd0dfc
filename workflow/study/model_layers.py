"""The layers of a model that can be recorded, from the literal `LAYERS` of its file and the options of an entry."""

from typing import Any

from study.errors import StudyError, shown
from study.signatures import constant, file_of, options_of

MOST_LAYERS = 99  # of a count: lists of them are made on the way
REMEDY = 'write LAYERS = {"hidden": "width"}: each layer with the option of build that is its width'


def check_recordable(entry: dict, records: bool, where: str) -> None:
    """Raise StudyError unless `LAYERS` and the entry's options give each layer a width; `records`: the run has some."""
    check_literal(entry["module"], records, f"{where}.module")
    for pattern, width in constant("models", entry["module"], "LAYERS").items():
        counter = counter_in(pattern, entry["module"])
        for name in filter(None, (width, counter)):
            if not isinstance(value_of(entry, name), int):
                what = f"{shown(value_of(entry, name))} is no whole number; give one, or write out its default in"
                raise StudyError(f"{where}.{name}", f"{what} {file_of('models', entry['module'])}")
        if value_of(entry, width) < 1:
            raise StudyError(
                f"{where}.{width}", f"{value_of(entry, width)} is less than 1, and it is the width of a layer"
            )
        if counter and value_of(entry, counter) > MOST_LAYERS:
            raise StudyError(
                f"{where}.{counter}", f"{shown(value_of(entry, counter))} is more than {MOST_LAYERS}"
            )


def check_literal(model: str, records: bool, where: str) -> None:
    """Raise StudyError unless `LAYERS` maps each layer to the option that is its width."""
    file, layers = file_of("models", model), constant("models", model, "LAYERS")
    if records and not layers:
        raise StudyError(where, f"{file} defines no LAYERS, so no layer can be recorded; {REMEDY}")
    if not isinstance(layers, dict):
        raise StudyError(where, f"{file}: LAYERS = {shown(layers)} is no dict; {REMEDY}")
    for layer, width in layers.items():
        if not isinstance(width, str) or width not in options_of("models", model):
            what = f"LAYERS gives the layer {layer!r} the width {shown(width)}, which is no option of build"
            raise StudyError(where, f"{file}: {what}; {REMEDY}")


def value_of(entry: dict, name: str) -> Any:
    return entry.get(name, options_of("models", entry["module"])[name].default)


def counter_in(pattern: str, model: str) -> str | None:
    """`hidden_{depth}` -> the option `depth`."""
    return next((name for name in options_of("models", model) if f"{{{name}}}" in pattern), None)


def widths(model: dict) -> dict[str, int]:
    """The width of each layer that can be recorded, from the model's `LAYERS` and its options."""
    layers = {}
    for pattern, width in constant("models", model["module"], "LAYERS").items():
        counter = counter_in(pattern, model["module"])
        for i in range(1, value_of(model, counter) + 1) if counter else [0]:
            layers[pattern.format(**{counter: i}) if counter else pattern] = value_of(model, width)
    return layers
