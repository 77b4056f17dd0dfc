"""Runs, metrics and figures against the modules that they name, and against each other."""

from grokking_phases.modules import module, options_in
from grokking_phases.recipe import Recipe
from grokking_phases.schedule import steps_of
from options import check_limits, check_module, check_options
from sentences import StudyError, meant, shown
from signatures import constant, file_of, options_of


def check_run(config: dict, name: str) -> None:
    run, where = config["runs"][name], f"runs.{name}"
    check_dataset(run["dataset"], f"{where}.dataset")
    check_model(run["model"], f"{where}.model")
    check_options("", "recipe", run["training"], f"{where}.training")
    recipe = Recipe(**run["training"])
    check_steps(recipe.evaluate, recipe.steps, f"{where}.training.evaluate")
    if "snapshots" in run:
        check_steps(run["snapshots"]["steps"], recipe.steps, f"{where}.snapshots.steps")
        check_layers(run["snapshots"]["layers"], list(widths(run["model"])), f"{where}.snapshots.layers")


def check_dataset(entry: dict, where: str) -> None:
    """Beyond its options: made once (tasks are small), for what only the task itself can tell."""
    check_module("datasets", entry["module"], f"{where}.module")
    check_options("datasets", entry["module"], entry, where)
    check_limits("datasets", entry, where)
    try:
        n_samples = len(module("datasets", entry["module"]).make(**options_in("datasets", entry)))
    except (ValueError, MemoryError) as error:
        raise StudyError(where, str(error)) from error
    fraction = entry["train_fraction"]
    if not 0 < int(fraction * n_samples) < n_samples:
        raise StudyError(f"{where}.train_fraction", f"{fraction} of {n_samples} examples leaves train or test empty")


def check_model(entry: dict, where: str) -> None:
    check_module("models", entry["module"], f"{where}.module")
    check_options("models", entry["module"], entry, where)
    check_limits("models", entry, where)
    for width in set(constant("models", entry["module"], "LAYERS").values()):
        if entry.get(width, 1) < 1:
            raise StudyError(f"{where}.{width}", f"{entry[width]} is less than 1, and it is the width of a layer")


def widths(model: dict) -> dict[str, int]:
    """The width of each layer that can be recorded, from the model's `LAYERS` and its options."""
    options = options_of("models", model["module"])
    value = {name: model.get(name, option.default) for name, option in options.items()}
    layers = {}
    for pattern, width in constant("models", model["module"], "LAYERS").items():
        counter = next((name for name in options if f"{{{name}}}" in pattern), None)
        for i in range(1, value[counter] + 1) if counter else [0]:
            layers[pattern.format(**{counter: i}) if counter else pattern] = value[width]
    return layers


def check_layers(layers: list[str], known: list[str], where: str) -> None:
    for layer in layers:
        if layer not in known:
            raise StudyError(where, f"there is no layer {shown(layer)}{meant(layer, known)}")


def check_steps(rule: list[int] | dict[str, int], last: int, where: str) -> None:
    try:
        steps_of(rule, last)
    except ValueError as error:
        raise StudyError(where, f"{error}; choose some between, or {{log: 100}}") from error


def check_metric(config: dict, name: str) -> None:
    entry, where = config["metrics"][name], f"metrics.{name}"
    check_module("metrics", entry["module"], where)
    check_options("metrics", entry["module"], entry, where)
    for run in runs_of_metric(config, name):
        model, recorded = config["runs"][run]["model"], config["runs"][run]["snapshots"]["layers"]
        layers = entry.get("layers") or recorded
        check_layers(layers, recorded, f"{where}.layers")
        width, layer = min((widths(model)[layer], layer) for layer in layers)
        narrowest = (width, f", the width of layer {layer} of run {run}")
        check_limits("metrics", entry, where, narrowest)


def check_figure(config: dict, name: str) -> None:
    entry, where = config["figures"][name], f"figures.{name}"
    check_module("figures", name, where)
    check_options("figures", name, entry, where)
    for panel, runs in entry["panels"].items():
        check_names(runs, config["runs"], "run", f"{where}.panels.{panel}")
    check_names(entry["metrics"], {"curves": None, **config["metrics"]}, "metric", f"{where}.metrics")
    check_drawn(name, [config["metrics"].get(metric, {"module": "curves"})["module"] for metric in entry["metrics"]])
    for run in runs_of_figure(entry):
        if "snapshots" not in config["runs"][run] and entry["metrics"] != ["curves"]:
            what = f"run {run} records no snapshots to measure; add `snapshots:` to runs.{run}"
            raise StudyError(f"{where}.metrics", what)


def check_drawn(figure: str, modules: list[str]) -> None:
    """A figure may say, in `DRAWS`, which metrics it can draw."""
    drawn = constant("figures", figure, "DRAWS")
    for name in modules:
        if drawn and name not in drawn:
            what = f"{file_of('figures', figure)} draws {', '.join(drawn)}, not {name}"
            raise StudyError(f"figures.{figure}.metrics", what)


def check_names(names: list[str], known: dict, what: str, where: str) -> None:
    for name in names:
        if name not in known:
            raise StudyError(where, f"there is no {what} {name!r}{meant(name, list(known))}; define it under {what}s")


def runs_of_figure(entry: dict) -> list[str]:
    return sorted({run for runs in entry["panels"].values() for run in runs})


def runs_of_metric(config: dict, metric: str) -> list[str]:
    """The runs of which some figure draws the metric."""
    entries = [entry for entry in config["figures"].values() if metric in entry["metrics"]]
    return sorted({run for entry in entries for run in runs_of_figure(entry)})


def check_device(name: str) -> None:
    """Where jobs run on this machine, the device that they are to use must be in it."""
    if name == "cuda":
        import torch

        if not torch.cuda.is_available():
            raise StudyError("device", "'cuda' is asked for, and this machine has none that torch can use; write auto")
