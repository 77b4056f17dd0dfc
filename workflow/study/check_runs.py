"""Checks of runs, against the files of their data sets, models, optimizers and losses.

Each check raises StudyError, which names the key, for the first entry that is wrong.
"""

import numpy as np

from grokking_phases.examples import Examples, check_examples
from grokking_phases.plugins import module, options_in
from grokking_phases.recipe import Recipe
from grokking_phases.steps import steps_of
from study.errors import StudyError, meant, shown
from study.model_layers import check_recordable, widths
from study.options import check_limits, check_module, check_options
from study.signatures import file_of
from study.sources import is_source

MOST_STEPS = 1_000_000  # the most that a rule may choose, since a list holds them


def check_run(config: dict, name: str) -> None:
    """Check a run: its dataset, model, training and snapshots."""
    run, where = config["runs"][name], f"runs.{name}"
    if is_source(run):
        return
    check_dataset(run["dataset"], f"{where}.dataset")
    check_model(run["model"], "snapshots" in run, f"{where}.model")
    check_options("training", "", run["training"], f"{where}.training")
    recipe = Recipe(**run["training"])
    check_module("optimizers", recipe.optimizer, f"{where}.training.optimizer")
    check_module("losses", recipe.loss, f"{where}.training.loss")
    check_steps(recipe.evaluate, recipe.steps, f"{where}.training.evaluate")
    if "snapshots" in run:
        check_steps(run["snapshots"]["steps"], recipe.steps, f"{where}.snapshots.steps")
        check_layers(run["snapshots"]["layers"], list(widths(run["model"])), f"{where}.snapshots.layers")


def check_dataset(entry: dict, where: str) -> None:
    """Check a dataset's options and make it once, since the task itself may reject them; tasks are small."""
    check_module("datasets", entry["module"], f"{where}.module")
    check_options("datasets", entry["module"], entry, where)
    check_limits("datasets", entry, where)
    n_samples, fraction = len(made(entry, where)), entry["train_fraction"]
    if not 0 < int(fraction * n_samples) < n_samples:
        what = f"{fraction} of {n_samples} examples leaves the train set or the test set empty"
        raise StudyError(f"{where}.train_fraction", f"{what}; choose a fraction that leaves some in each")


def made(entry: dict, where: str) -> Examples:
    """Return the examples that a dataset makes; raise StudyError, which names its file, if it fails."""
    file = file_of("datasets", entry["module"])
    try:
        examples, again = (
            module("datasets", entry["module"]).make(**options_in("datasets", entry)) for _ in range(2)
        )
    except (ValueError, MemoryError) as error:
        raise StudyError(where, f"{file}: {str(error).rstrip('.')}") from error
    except Exception as error:  # a user's own file may raise anything
        raise StudyError(where, f"{file}: make() raised {type(error).__name__}: {error}") from error
    try:
        check_examples(examples, file)
    except ValueError as error:
        raise StudyError(where, str(error)) from error
    for each in ("inputs", "targets"):
        if not np.array_equal(getattr(examples, each), getattr(again, each)):
            what = f"{file}: make() returns other {each} at each call"
            raise StudyError(where, f"{what}; draw them by a seed, which is an option")
    return examples


def check_model(entry: dict, records: bool, where: str) -> None:
    """Check a model's options and its file; `records` is true if the run records layers."""
    name = entry["module"]
    check_module("models", name, f"{where}.module")
    check_options("models", name, entry, where)
    check_limits("models", entry, where)
    check_recordable(entry, records, where)


def check_layers(layers: list[str], known: list[str], where: str, run: str = "") -> None:
    """Check that a model, that of `run` if it is given, has each layer that is named."""
    for layer in layers:
        if layer not in known:
            which = f"run {run} has no layer" if run else "there is no layer"
            raise StudyError(where, f"{which} {shown(layer)}{meant(layer, known)}")


def check_steps(rule: list[int] | dict[str, int], last: int, where: str) -> None:
    """Check that a rule chooses steps before the last step, and not too many."""
    if isinstance(rule, dict) and min(rule.get("log", last), last // rule.get("every", 1)) > MOST_STEPS:
        what = f"{shown(rule)} puts more than {MOST_STEPS} steps before the last step, {last}"
        raise StudyError(where, f"{what}; choose fewer, as in {{log: 100}}")
    try:
        steps_of(rule, last)
    except ValueError as error:
        raise StudyError(where, f"{error}; choose steps in between, as in {{log: 100}}") from error


def check_device(name: str) -> None:
    """Check that this machine, on which the jobs run, has the device that the config names."""
    if name == "cuda":
        import torch

        if not torch.cuda.is_available():
            raise StudyError("device", "'cuda' needs a GPU that torch can use, and there is none; write auto")
