"""Checks of runs, metrics, sub-networks and figures, against their modules and against each other.

Each check raises StudyError, which names the key, for the first entry that is wrong.
"""

from itertools import chain

from grokking_phases.examples import Examples, check_examples
from grokking_phases.plugins import module, options_in
from grokking_phases.recipe import Recipe
from grokking_phases.steps import steps_of
from study.errors import StudyError, meant, shown
from study.model_layers import check_recordable, widths, widths_of_run
from study.options import check_limits, check_module, check_options
from study.signatures import constant, defines, file_of, options_of_entry
from study.sources import is_source
from study.wanted_tables import kinds, metrics_behind, retrained, runs_of_figure, runs_of_metric, seeds_of

TIMED = ("mutual_information", "linear_mapping_number", "local_complexity")  # metrics that have time scales
SEARCH = ("ties", "n_bins", "linkage", "variables")  # options in which a null is as its estimate
MOST_STEPS = 1_000_000  # the most that a rule may choose, since a list holds them


def check_run(config: dict, name: str) -> None:
    """Check a run: its dataset, model, training, snapshots and time scales."""
    run, where = config["runs"][name], f"runs.{name}"
    for metric in run.get("time_scales", []):
        check_time_scales(config, metric, f"{where}.time_scales")
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
        examples = module("datasets", entry["module"]).make(**options_in("datasets", entry))
    except (ValueError, MemoryError) as error:
        raise StudyError(where, f"{file}: {str(error).rstrip('.')}") from error
    except Exception as error:  # a user's own file may raise anything
        raise StudyError(where, f"{file}: make() raised {type(error).__name__}: {error}") from error
    try:
        check_examples(examples, file)
    except ValueError as error:
        raise StudyError(where, str(error)) from error
    return examples


def check_model(entry: dict, records: bool, where: str) -> None:
    """Check a model's options and its file; `records` is true if the run records layers."""
    name = entry["module"]
    check_module("models", name, f"{where}.module")
    check_options("models", name, entry, where)
    check_limits("models", entry, where)
    check_recordable(entry, records, where)


def check_layers(layers: list[str], known: list[str], where: str) -> None:
    """Check that a model has each layer that is named."""
    for layer in layers:
        if layer not in known:
            raise StudyError(where, f"there is no layer {shown(layer)}{meant(layer, known)}")


def check_steps(rule: list[int] | dict[str, int], last: int, where: str) -> None:
    """Check that a rule chooses steps before the last step, and not too many."""
    if isinstance(rule, dict) and min(rule.get("log", last), last // rule.get("every", 1)) > MOST_STEPS:
        what = f"{shown(rule)} puts more than {MOST_STEPS} steps before the last step, {last}"
        raise StudyError(where, f"{what}; choose fewer, as in {{log: 100}}")
    try:
        steps_of(rule, last)
    except ValueError as error:
        raise StudyError(where, f"{error}; choose steps in between, as in {{log: 100}}") from error


def check_metric(config: dict, name: str) -> None:
    """Check a metric against its module and against each run on which it is measured."""
    entry, where = config["metrics"][name], f"metrics.{name}"
    check_module("metrics", entry["module"], where)
    check_options("metrics", entry["module"], entry, where)
    for run in runs_of_metric(config, name):
        snapshots, layers = config["runs"][run]["snapshots"], widths_of_run(config["runs"][run])
        check_network(entry["module"], config["runs"][run], run, where)
        check_layers(entry.get("layers", []), list(layers), f"{where}.layers")
        width, layer = min((layers[layer], layer) for layer in entry.get("layers") or snapshots["layers"])
        check_limits("metrics", entry, where, (width, f", the width of layer {layer} of run {run}"))
        if "steps" in entry:
            check_steps(entry["steps"], last_step(config["runs"][run]), f"{where}.steps")
        if not seeds_of(config, run, name):
            what = f"run {run} has none of the seeds {shown(entry['seeds'])}"
            remedy = f"choose some of its own, {shown(config['runs'][run]['seeds'])}"
            raise StudyError(f"{where}.seeds", f"{what}; {remedy}")


def last_step(run: dict) -> int:
    """Return the last step of a run, or the last one that was recorded elsewhere."""
    return run["snapshots"]["steps"][-1] if is_source(run) else run["training"]["steps"]


def check_network(metric: str, entry: dict, run: str, where: str) -> None:
    """Check that a metric of exact regions is measured on a network that is linear apart from its ReLUs.

    The metric's file sets `NEEDS_PIECEWISE_LINEAR` if it needs such a network. The model's file sets
    `PIECEWISE_LINEAR` if it builds one. Whether a network that was recorded elsewhere is one shows when it
    is built.
    """
    if is_source(entry):
        check_own_network(metric, entry, run, where)
        return
    model = entry["model"]["module"]
    if constant("metrics", metric, "NEEDS_PIECEWISE_LINEAR") and not constant(
        "models", model, "PIECEWISE_LINEAR"
    ):
        what = f"{metric} needs a network that is linear apart from its ReLUs"
        found = f"{file_of('models', model)}, the model of run {run}, does not set PIECEWISE_LINEAR = True"
        raise StudyError(where, f"{what}, and {found}; choose another run")


def check_own_network(metric: str, entry: dict, run: str, where: str) -> None:
    """Check that a metric which runs the network can have that of a run that was recorded elsewhere."""
    if not constant("metrics", metric, "NEEDS_NETWORK"):
        return
    what = f"{metric} runs the network, and run {run} was recorded elsewhere"
    if "network" not in entry:
        remedy = f"give `network: my_package.my_module:build` in runs.{run}, or choose another run"
        raise StudyError(where, f"{what} and does not say what builds it; {remedy}")
    if not entry["recorded"].get("weights"):
        raise StudyError(where, f"{what} without its weights; record it with weights, or choose another run")


def check_phases(config: dict, metric: str) -> None:
    """Check a metric that `phases:` lists."""
    check_o_information(config, metric, "phases")


def check_time_scales(config: dict, metric: str, where: str = "time_scales") -> None:
    """Check a metric that `time_scales:` lists, that of the study or of a run."""
    check_names([metric], config["metrics"], "metric", where)
    module = config["metrics"][metric]["module"]
    if module not in TIMED:
        what = f"metric {metric} is of module {module}, which has no time scales"
        raise StudyError(where, f"{what}; choose a metric of one of the modules {', '.join(TIMED)}")


def check_subnetwork(config: dict, name: str) -> None:
    """Check a sub-network: its metric, its options and the names of its tables."""
    entry, where = config["subnetworks"][name], f"subnetworks.{name}"
    check_o_information(config, entry["metric"], f"{where}.metric")
    for table in retrained(config):
        if table in config["metrics"]:
            what = "a sub-network has a table of the same name"
            raise StudyError(f"metrics.{table}", f"{what}; rename the metric or the sub-network")
    check_options("subnetworks", "", entry, where)
    check_limits("subnetworks", entry, where)


def check_o_information(config: dict, metric: str, where: str, needed: str = "o_information") -> None:
    """Check that phases, sub-networks and early peaks can be found in a metric: it has the needed module."""
    check_names([metric], config["metrics"], "metric", where)
    module = config["metrics"][metric]["module"]
    if module != needed:
        what = f"metric {metric} is of module {module}"
        raise StudyError(where, f"{what}; choose a metric of module {needed}")


def check_figure(config: dict, name: str) -> None:
    """Check a figure: its module, its options, and the names of its runs and tables."""
    entry, where = config["figures"][name], f"figures.{name}"
    check_module("figures", name, where)
    check_options("figures", name, entry, where)
    for panel, runs in entry["panels"].items():
        check_names(runs, config["runs"], "run", f"{where}.panels.{panel}")
    check_names(entry["tables"], kinds(config), "table", f"{where}.tables")


def check_prediction(config: dict, key: str) -> None:
    """Check the metrics or the runs that a key of `prediction:` names."""
    named, where = config["prediction"][key], f"prediction.{key}"
    if key == "estimates":
        for estimate, null in named.items():
            check_o_information(config, estimate, where)
            check_o_information(config, null, f"{where}.{estimate}", "o_information_null")
            check_same_search(config["metrics"], estimate, null, f"{where}.{estimate}")
    else:
        check_names(named, config["runs"], "run", where)


def check_same_search(metrics: dict[str, dict], estimate: str, null: str, where: str) -> None:
    """Check that a null searches as the estimate that it is subtracted from."""
    entries = [metrics[estimate], metrics[null]]
    known = [options_of_entry("metrics", entry["module"], entry) for entry in entries]
    for option in SEARCH:
        found, of_null = (
            entry.get(option, options[option].default) for entry, options in zip(entries, known, strict=True)
        )
        if found != of_null:
            what = f"metric {null} has {option}: {shown(of_null)}, and {estimate} has {shown(found)}"
            raise StudyError(where, f"{what}; choose a null of the same search")


def check_levels(config: dict, key: str) -> None:
    """Check an accuracy that `levels:` sets."""
    level = {key: config["levels"][key]}
    check_options("levels", "", level, "levels")
    check_limits("levels", level, "levels")


def check_tables(config: dict, figure: str) -> None:
    """Check that every run of a figure can have each table that the figure draws."""
    entry, where = config["figures"][figure], f"figures.{figure}.tables"
    for table in entry["tables"]:
        check_sought(config, table, where)
        for run in runs_of_figure(entry):
            check_measurable(config["runs"][run], run, metrics_behind(config, table, run), where)
            check_curves(config["runs"][run], run, table, where)
            if table == "prediction":
                check_one_layer(config, run)
            if table in ("comparison", "prediction", *retrained(config)):
                check_trainable(config["runs"][run], run, table, where)
            if table == "comparison" or table in retrained(config):
                check_separable(config["runs"][run], run, table, where)
        if table == "comovement":
            check_tasks(entry["panels"], f"figures.{figure}.panels")
    check_drawn(figure, [kinds(config)[table] for table in entry["tables"]])
    check_recipes(config, figure)


def check_one_layer(config: dict, run: str) -> None:
    """Check that the metrics of `prediction:` measure one layer of a run, since a run has one prediction."""
    for metric in chain(*config["prediction"]["estimates"].items()):
        layers = config["metrics"][metric].get("layers") or config["runs"][run]["snapshots"]["layers"]
        if len(layers) > 1:
            what = f"metric {metric} measures {len(layers)} layers of run {run}, and a prediction is of one"
            remedy = f"add `layers: [{layers[0]}]` to metrics.{metric}"
            raise StudyError("prediction.estimates", f"{what}; {remedy}")


def check_tasks(panels: dict[str, list[str]], where: str) -> None:
    """Check that each run stands in one panel, the title of which is its task in the table `comovement`."""
    seen: dict[str, str] = {}
    for panel, runs in panels.items():
        for run in runs:
            if run in seen:
                what = f"run {run} stands in {shown(seen[run])} and {shown(panel)}, and a panel is a task"
                raise StudyError(where, f"{what}; remove it from one of them")
            seen[run] = panel


def check_recipes(config: dict, figure: str) -> None:
    """Check that a figure which compares recipes shows no run that has none; its file sets `NEEDS_RECIPE`."""
    for run in runs_of_figure(config["figures"][figure]):
        if is_source(config["runs"][run]) and constant("figures", figure, "NEEDS_RECIPE"):
            what = f"{file_of('figures', figure)} compares recipes, and run {run} was recorded elsewhere"
            raise StudyError(f"figures.{figure}.panels", f"{what}; draw study/compare, or choose another run")


def check_sought(config: dict, table: str, where: str) -> None:
    """Check that the blocks of the config from which a table is made have entries."""
    needed = {name: ["phases"] for name in ("phases", *retrained(config))}
    needed |= {"comparison": ["phases", "subnetworks"], "prediction": ["prediction"]}
    for key in needed.get(table, []):
        if not config[key]:
            what = f"table {table} is made from the entries of `{key}:`, and there are none"
            raise StudyError(where, f"{what}; add an entry there, or remove the table")


def check_measurable(run: dict, name: str, metrics: set[str], where: str) -> None:
    """Check that a run records snapshots, if there are metrics to measure on them."""
    if metrics and is_source(run) and "snapshots" not in run:
        what = f"run {name} was recorded without activations"
        raise StudyError(where, f"{what}; record it without measure=, or draw its curves alone")
    if metrics and "snapshots" not in run:
        what = f"run {name} records no snapshots to measure; add `snapshots:` to runs.{name}"
        raise StudyError(where, what)


def check_curves(run: dict, name: str, table: str, where: str) -> None:
    """Check that a run that was recorded elsewhere has the curves from which a table of events is made."""
    needed = {"phases": ("train_accuracy", "test_accuracy")}
    needed["time_scales"] = needed["comovement"] = (*needed["phases"], "test_loss")
    for curve in needed.get(table, ()) if is_source(run) else ():
        if curve not in run["recorded"].get("curves", []):
            what = f"run {name} has no table {table}, since its recording has no curve {curve}"
            raise StudyError(where, f"{what}; record it with test=, or give it as recorder(step, {curve}=…)")


def check_trainable(run: dict, name: str, table: str, where: str) -> None:
    """Check that a run has a recipe, which a table is made from: it was not recorded elsewhere."""
    if is_source(run):
        what = f"run {name} has no table {table}, since it was recorded elsewhere and cannot be trained here"
        raise StudyError(where, f"{what}; choose another run or table")


def check_separable(run: dict, name: str, table: str, where: str) -> None:
    """Check that the run's model can be reduced to a sub-network: its file defines `subnetwork`."""
    model = run["model"]["module"]
    if not defines("models", model, "subnetwork"):
        what = f"run {name} has no table {table}"
        why = f"{file_of('models', model)}, its model, defines no function `subnetwork`"
        raise StudyError(where, f"{what}, since {why}; choose another run or table")


def check_drawn(figure: str, found: list[str]) -> None:
    """Check that a figure can draw its tables; its file may list in `DRAWS` the kinds that it draws."""
    drawn = constant("figures", figure, "DRAWS")
    for kind in found:
        if drawn and kind not in drawn:
            what = f"{file_of('figures', figure)} draws {', '.join(drawn)} and cannot draw {kind}"
            raise StudyError(f"figures.{figure}.tables", f"{what}; remove that table")


def check_names(names: list[str], known: dict, what: str, where: str) -> None:
    """Check that all names are known; `what` is what they name, such as a run."""
    for name in names:
        if name not in known:
            remedy = f"; define it under {what}s" if what != "table" else ""
            raise StudyError(where, f"there is no {what} {name!r}{meant(name, list(known))}{remedy}")


def check_device(name: str) -> None:
    """Check that this machine, on which the jobs run, has the device that the config names."""
    if name == "cuda":
        import torch

        if not torch.cuda.is_available():
            raise StudyError("device", "'cuda' needs a GPU that torch can use, and there is none; write auto")
