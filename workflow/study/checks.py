"""Check runs, metrics, sub-networks and figures against the modules that they name, and against each other."""

from itertools import chain

from grokking_phases.examples import Examples, check_examples
from grokking_phases.plugins import module, options_in
from grokking_phases.recipe import Recipe
from grokking_phases.steps import steps_of
from study.errors import StudyError, meant, shown
from study.model_layers import check_recordable, widths
from study.options import check_limits, check_module, check_options
from study.signatures import constant, defines, file_of
from study.wanted_tables import kinds, metrics_behind, retrained, runs_of_figure, runs_of_metric, seeds_of

TIMED = (
    "mutual_information",
    "linear_mapping_number",
    "local_complexity",
)  # modules whose numbers have time scales
MOST_STEPS = 1_000_000  # of a rule: lists of them are made on the way


def check_run(config: dict, name: str) -> None:
    run, where = config["runs"][name], f"runs.{name}"
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
    for metric in run.get("time_scales", []):
        check_time_scales(config, metric, f"{where}.time_scales")


def check_dataset(entry: dict, where: str) -> None:
    """Check the options, and make the dataset once (tasks are small) for what only the task itself can tell."""
    check_module("datasets", entry["module"], f"{where}.module")
    check_options("datasets", entry["module"], entry, where)
    check_limits("datasets", entry, where)
    n_samples, fraction = len(made(entry, where)), entry["train_fraction"]
    if not 0 < int(fraction * n_samples) < n_samples:
        raise StudyError(
            f"{where}.train_fraction", f"{fraction} of {n_samples} examples leaves train or test empty"
        )


def made(entry: dict, where: str) -> Examples:
    """Return the dataset's examples; StudyError, which names the file, where it cannot make them."""
    file = file_of("datasets", entry["module"])
    try:
        examples = module("datasets", entry["module"]).make(**options_in("datasets", entry))
    except (ValueError, MemoryError) as error:
        raise StudyError(where, f"{str(error).rstrip('.')}, says {file}") from error
    except Exception as error:  # whatever a file of one's own does
        raise StudyError(where, f"{file}: make() raised {type(error).__name__}: {error}") from error
    try:
        check_examples(examples, file)
    except ValueError as error:
        raise StudyError(where, str(error)) from error
    return examples


def check_model(entry: dict, records: bool, where: str) -> None:
    """Check the options and the file; `records`: the run records layers."""
    name = entry["module"]
    check_module("models", name, f"{where}.module")
    check_options("models", name, entry, where)
    check_limits("models", entry, where)
    check_recordable(entry, records, where)


def check_layers(layers: list[str], known: list[str], where: str) -> None:
    for layer in layers:
        if layer not in known:
            raise StudyError(where, f"there is no layer {shown(layer)}{meant(layer, known)}")


def check_steps(rule: list[int] | dict[str, int], last: int, where: str) -> None:
    if isinstance(rule, dict) and min(rule.get("log", last), last // rule.get("every", 1)) > MOST_STEPS:
        raise StudyError(
            where, f"{rule} puts more than {MOST_STEPS} steps before the last, {last}; take fewer"
        )
    try:
        steps_of(rule, last)
    except ValueError as error:
        raise StudyError(where, f"{error}; choose some between, or {{log: 100}}") from error


def check_metric(config: dict, name: str) -> None:
    entry, where = config["metrics"][name], f"metrics.{name}"
    check_module("metrics", entry["module"], where)
    check_options("metrics", entry["module"], entry, where)
    for run in runs_of_metric(config, name):
        snapshots, layers = config["runs"][run]["snapshots"], widths(config["runs"][run]["model"])
        check_network(entry["module"], config["runs"][run]["model"]["module"], run, where)
        check_layers(entry.get("layers", []), list(layers), f"{where}.layers")
        width, layer = min((layers[layer], layer) for layer in entry.get("layers") or snapshots["layers"])
        check_limits("metrics", entry, where, (width, f", the width of layer {layer} of run {run}"))
        if "steps" in entry:
            check_steps(entry["steps"], config["runs"][run]["training"]["steps"], f"{where}.steps")
        if not seeds_of(config, run, name):
            raise StudyError(
                f"{where}.seeds", f"run {run} has none of them; its own are {config['runs'][run]['seeds']}"
            )


def check_network(metric: str, model: str, run: str, where: str) -> None:
    """Exact regions need a network that is linear but for ReLUs, as a model's file says in `PIECEWISE_LINEAR`."""
    if constant("metrics", metric, "NEEDS_PIECEWISE_LINEAR") and not constant(
        "models", model, "PIECEWISE_LINEAR"
    ):
        what = f"{file_of('models', model)}, the model of run {run}, does not say PIECEWISE_LINEAR = True"
        needed = f"{metric} needs a network that is linear but for ReLUs; choose another run"
        raise StudyError(where, f"{what}, and {needed}")


def check_phases(config: dict, metric: str) -> None:
    check_o_information(config, metric, "phases")


def check_time_scales(config: dict, metric: str, where: str = "time_scales") -> None:
    check_names([metric], config["metrics"], "metric", where)
    module = config["metrics"][metric]["module"]
    if module not in TIMED:
        raise StudyError(
            where, f"metric {metric} is of module {module}, and one of {', '.join(TIMED)} is needed"
        )


def check_subnetwork(config: dict, name: str) -> None:
    entry, where = config["subnetworks"][name], f"subnetworks.{name}"
    check_o_information(config, entry["metric"], f"{where}.metric")
    for table in retrained(config):
        if table in config["metrics"]:
            raise StudyError(
                f"metrics.{table}", "a sub-network has a table of this name; give one of them another"
            )
    check_options("subnetworks", "", entry, where)
    check_limits("subnetworks", entry, where)


def check_o_information(config: dict, metric: str, where: str) -> None:
    """Check that a metric is one in which phases and sub-networks can be found."""
    check_names([metric], config["metrics"], "metric", where)
    module = config["metrics"][metric]["module"]
    if module != "o_information":
        raise StudyError(where, f"metric {metric} is of module {module}, and o_information is what is needed")


def check_figure(config: dict, name: str) -> None:
    entry, where = config["figures"][name], f"figures.{name}"
    check_module("figures", name, where)
    check_options("figures", name, entry, where)
    for panel, runs in entry["panels"].items():
        check_names(runs, config["runs"], "run", f"{where}.panels.{panel}")
    check_names(entry["tables"], kinds(config), "table", f"{where}.tables")


def check_prediction(config: dict, key: str) -> None:
    if key == "estimates":
        check_names(
            list(chain(*config["prediction"][key].items())), config["metrics"], "metric", f"prediction.{key}"
        )


def check_tables(config: dict, figure: str) -> None:
    """Check that every run of a figure can have the figure's tables."""
    entry, where = config["figures"][figure], f"figures.{figure}.tables"
    for table in entry["tables"]:
        check_sought(config, table, where)
        for run in runs_of_figure(entry):
            check_measurable(config["runs"][run], run, metrics_behind(config, table, run), where)
            if table == "comparison" or table in retrained(config):
                check_separable(config["runs"][run], run, table, where)
    check_drawn(figure, [kinds(config)[table] for table in entry["tables"]])


def check_sought(config: dict, table: str, where: str) -> None:
    """Check that the study names, in blocks of its own, what a table is made from."""
    needed = {name: ["phases"] for name in ("phases", *retrained(config))}
    needed |= {"comparison": ["phases", "subnetworks"], "prediction": ["prediction"]}
    for key in needed.get(table, []):
        if not config[key]:
            raise StudyError(where, f"table {table} is made from what is named under {key}, and nothing is")


def check_measurable(run: dict, name: str, metrics: set[str], where: str) -> None:
    if metrics and "snapshots" not in run:
        what = f"run {name} records no snapshots to measure; add `snapshots:` to runs.{name}"
        raise StudyError(where, what)


def check_separable(run: dict, name: str, table: str, where: str) -> None:
    """Check that the run's model can be cut down to a sub-network."""
    model = run["model"]["module"]
    if not defines("models", model, "subnetwork"):
        what = (
            f"{file_of('models', model)} defines no function `subnetwork`, so run {name} has no table {table}"
        )
        raise StudyError(where, what)


def check_drawn(figure: str, found: list[str]) -> None:
    """Check that a figure can draw its tables, if it names in `DRAWS` the kinds that it can."""
    drawn = constant("figures", figure, "DRAWS")
    for kind in found:
        if drawn and kind not in drawn:
            what = f"{file_of('figures', figure)} draws {', '.join(drawn)}, not {kind}"
            raise StudyError(f"figures.{figure}.tables", what)


def check_names(names: list[str], known: dict, what: str, where: str) -> None:
    for name in names:
        if name not in known:
            remedy = f"; define it under {what}s" if what != "table" else ""
            raise StudyError(where, f"there is no {what} {name!r}{meant(name, list(known))}{remedy}")


def check_device(name: str) -> None:
    """Check that this machine, where the jobs run, has the device that they are to use."""
    if name == "cuda":
        import torch

        if not torch.cuda.is_available():
            raise StudyError(
                "device", "'cuda' is asked for, and this machine has none that torch can use; write auto"
            )
