"""The study that config.yaml describes: inheritance resolved, every entry checked before any job starts."""

from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import jsonschema
import yaml

from grokking_phases.modules import module
from grokking_phases.recipe import Recipe
from grokking_phases.schedule import steps_of
from options import StudyError, check_module, check_options, constant, file_of, meant, options_of

SCHEMA = yaml.safe_load((Path(__file__).parent / "schemas" / "config.schema.yaml").read_text())
STAGE_KEYS = {  # read by the stage itself; the rest goes to the module's function
    "dataset": {"module", "train_fraction", "split_seed"},
    "model": {"module"},
    "metric": {"module"},
    "figure": {"panels", "metrics"},
}
GIVEN_BY_DATASET = {"n_tokens", "n_classes"}


def study(config: dict) -> dict:
    """The config with each run complete and each metric's module named; raises StudyError in one sentence."""
    resolved = deepcopy(config)
    for kind in ("runs", "metrics", "figures"):
        if not isinstance(resolved.get(kind, {}), dict):
            raise StudyError(f"{kind}: a mapping of names to entries is needed, not {resolved[kind]!r}")
    for name in resolved.get("runs", {}):
        resolved["runs"][name] = inherited(config["runs"], name, [])
    check_schema(resolved)
    for name, options in resolved["metrics"].items():
        resolved["metrics"][name] = {"module": name} | options
    for name in resolved["runs"]:
        check_run(resolved, name)
    for name in resolved["metrics"]:
        check_metric(resolved, name)
    for name in resolved["figures"]:
        check_figure(resolved, name)
    return resolved


def inherited(runs: dict, name: str, heirs: list[str]) -> dict:
    """A run's entry laid over that of the run it is `like`."""
    own = runs[name]
    if not isinstance(own, dict) or "like" not in own:
        return deepcopy(own)
    if own["like"] not in runs:
        raise StudyError(f"runs.{name}.like: there is no run {own['like']!r}{meant(str(own['like']), list(runs))}")
    if own["like"] in [*heirs, name]:
        raise StudyError(f"runs.{name}.like: {' -> '.join([*heirs, name, own['like']])} goes round in a circle")
    return overlaid(inherited(runs, own["like"], [*heirs, name]), {k: v for k, v in own.items() if k != "like"})


def overlaid(base: Any, changes: Any) -> Any:
    """Mappings merge, key by key; an entry that names another module takes none of the old one's options."""
    if not (isinstance(base, dict) and isinstance(changes, dict)):
        return deepcopy(changes)
    if changes.get("module", base.get("module")) != base.get("module"):
        return deepcopy(changes)
    return {key: overlaid(base.get(key), changes[key]) if key in changes else base[key] for key in {**base, **changes}}


def check_schema(config: dict) -> None:
    error = jsonschema.exceptions.best_match(jsonschema.Draft202012Validator(SCHEMA).iter_errors(config))
    if error is None:
        return
    where = ".".join(map(str, error.absolute_path)) or "the top level"
    if error.validator == "additionalProperties":
        known = list(error.schema["properties"])
        unknown = next(key for key in error.instance if key not in known)
        raise StudyError(f"{where}: {unknown!r} is not a key{meant(str(unknown), known)}")
    if error.validator == "required":
        missing = next(key for key in error.validator_value if key not in error.instance)
        raise StudyError(f"{where}: the key {missing!r} is missing")
    numeric = isinstance(error.instance, str) and "number" in str(error.validator_value)
    hint = "; in YAML write 0.1 or 1.0e-1, not 1e-1" if numeric else ""
    asked = error.schema.get("description", f"{error.validator}: {error.validator_value}")
    raise StudyError(f"{where}: {error.instance!r} does not fit {asked}{hint}")


def check_run(config: dict, name: str) -> None:
    run, where = config["runs"][name], f"runs.{name}"
    check_dataset(run["dataset"], f"{where}.dataset")
    check_model(run["model"], f"{where}.model")
    check_options(run["training"], options_of("", "recipe", "Recipe"), f"{where}.training", file_of("", "recipe"))
    recipe = Recipe(**run["training"])
    check_steps(recipe.evaluate, recipe.steps, f"{where}.training.evaluate")
    if "snapshots" in run:
        check_steps(run["snapshots"]["steps"], recipe.steps, f"{where}.snapshots.steps")
        known = layers_of(run["model"])
        for layer in run["snapshots"]["layers"]:
            if layer not in known:
                raise StudyError(
                    f"{where}.snapshots.layers: the model has no layer {layer!r}{meant(layer, list(known))}"
                )


def check_steps(rule: list[int] | dict[str, int], last: int, where: str) -> None:
    try:
        steps_of(rule, last)
    except ValueError as error:
        raise StudyError(f"{where}: {error}; add some, or use {{log: 100}}") from error


def check_dataset(entry: dict, where: str) -> None:
    """Beyond the options' types: made once (tasks are small), for what only the task itself can tell."""
    check_module("datasets", entry["module"], where)
    options = own_options(entry, "dataset")
    check_options(options, options_of("datasets", entry["module"], "make"), where, file_of("datasets", entry["module"]))
    try:
        n_samples = len(module("datasets", entry["module"]).make(**options))
    except ValueError as error:
        raise StudyError(f"{where}: {error}") from error
    if not 0 < int(entry["train_fraction"] * n_samples) < n_samples:
        raise StudyError(f"{where}.train_fraction: {entry['train_fraction']} of {n_samples} leaves train or test empty")


def own_options(entry: dict, kind: str) -> dict:
    """What an entry says to its module's function."""
    return {key: value for key, value in entry.items() if key not in STAGE_KEYS[kind]}


def check_model(entry: dict, where: str) -> None:
    check_module("models", entry["module"], where)
    options = options_of("models", entry["module"], "build")
    asked = {name: option for name, option in options.items() if name not in GIVEN_BY_DATASET}
    check_options(own_options(entry, "model"), asked, where, file_of("models", entry["module"]))


def layers_of(model: dict) -> dict[str, int]:
    """The recordable layers of a model and their widths, from its `LAYERS` and its options."""
    options = options_of("models", model["module"], "build")
    value = {name: model.get(name, option.default) for name, option in options.items()}
    layers = {}
    for pattern, width in constant("models", model["module"], "LAYERS").items():
        counter = next((name for name in options if f"{{{name}}}" in pattern), None)
        for i in range(1, value[counter] + 1) if counter else [0]:
            layers[pattern.format(**{counter: i}) if counter else pattern] = value[width]
    return layers


def check_metric(config: dict, name: str) -> None:
    entry, where = config["metrics"][name], f"metrics.{name}"
    check_module("metrics", entry["module"], where)
    given = own_options(entry, "metric")
    options = options_of("metrics", entry["module"], "compute")
    check_options(given, options, where, file_of("metrics", entry["module"]))
    for run in runs_of_metric(config, name):
        layers = layers_of(config["runs"][run]["model"])
        width = min(layers[layer] for layer in config["runs"][run]["snapshots"]["layers"])
        for option, bounds in constant("metrics", entry["module"], "LIMITS").items():
            low, high = (width if bound == "width" else bound for bound in bounds)
            value = given.get(option, options[option].default)
            if not low <= value <= high:
                raise StudyError(
                    f"{where}.{option}: {value} is not between {low} and {high} (run {run} has {width} units)"
                )


def check_figure(config: dict, name: str) -> None:
    entry, where = config["figures"][name], f"figures.{name}"
    check_module("figures", name, where)
    check_options(own_options(entry, "figure"), options_of("figures", name, "draw"), where, file_of("figures", name))
    for panel, runs in entry["panels"].items():
        for run in runs:
            if run not in config["runs"]:
                raise StudyError(f"{where}.panels.{panel}: there is no run {run!r}{meant(run, list(config['runs']))}")
    for metric in entry["metrics"]:
        if metric not in [*config["metrics"], "curves"]:
            raise StudyError(f"{where}.metrics: there is no metric {metric!r}{meant(metric, list(config['metrics']))}")


def runs_of_figure(entry: dict) -> list[str]:
    return sorted({run for runs in entry["panels"].values() for run in runs})


def runs_of_metric(config: dict, metric: str) -> Iterator[str]:
    """The runs on which some figure draws the metric; each must record layers."""
    for name, figure in config["figures"].items():
        for run in runs_of_figure(figure) if metric in figure["metrics"] else []:
            if "snapshots" not in config["runs"].get(run, {"snapshots": None}):
                raise StudyError(
                    f"figures.{name} draws {metric} of run {run!r}, which records no layers; "
                    f"add `snapshots:` to runs.{run}"
                )
            if run in config["runs"]:
                yield run
