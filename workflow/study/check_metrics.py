"""Checks of metrics, and of what is sought in them: phases, time scales, sub-networks and early peaks.

Each check raises StudyError, which names the key, for the first entry that is wrong.
"""

from study.check_run_tables import check_measurable
from study.check_runs import check_layers, check_steps
from study.errors import StudyError, check_names, shown
from study.model_layers import widths_of_run
from study.network_code import defined_in
from study.options import check_limits, check_module, check_options
from study.signatures import constant, file_of, options_of_entry
from study.sources import is_source, last_step
from study.wanted_tables import retrained, runs_of_metric, seeds_of

TIMED = ("mutual_information", "linear_mapping_number", "local_complexity")  # metrics that have time scales
SEARCH = ("ties", "n_bins", "linkage", "variables")  # options in which a null is as its estimate


def check_metric_module(config: dict, name: str) -> None:
    """Check that there is a module for a metric, which tables that figures draw are made from."""
    check_module("metrics", config["metrics"][name]["module"], f"metrics.{name}")


def check_metric(config: dict, name: str) -> None:
    """Check a metric against its module and against each run on which it is measured."""
    entry, where = config["metrics"][name], f"metrics.{name}"
    check_options("metrics", entry["module"], entry, where)
    for run in runs_of_metric(config, name):
        check_measured(config, name, run)
        if not seeds_of(config, run, name):
            what = f"run {run} has none of the seeds {shown(entry['seeds'])}"
            remedy = f"choose some of its own, {shown(config['runs'][run]['seeds'])}"
            raise StudyError(f"{where}.seeds", f"{what}; {remedy}")


def check_measured(config: dict, metric: str, run: str) -> None:
    """Check that a metric can be measured on a run; a path may ask for a table that no figure draws."""
    entry, where = config["metrics"][metric], f"metrics.{metric}"
    check_measurable(config["runs"][run], run, {metric}, where)
    recorded, layers = config["runs"][run]["snapshots"]["layers"], widths_of_run(config["runs"][run])
    check_network(entry["module"], config["runs"][run], run, where)
    check_layers(entry.get("layers", []), list(layers), f"{where}.layers", run)
    width, layer = min((layers[layer], layer) for layer in entry.get("layers") or recorded)
    check_limits("metrics", entry, where, (width, f", the width of layer {layer} of run {run}"))
    if "steps" in entry:
        check_steps(entry["steps"], last_step(config["runs"][run]), f"{where}.steps")


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
    module, _, function = entry["network"].partition(":")
    if not {function, "*"} & defined_in(module, f"runs.{run}.network"):
        raise StudyError(f"runs.{run}.network", f"{module} defines no {function!r}; correct the name")


def check_levels(config: dict, key: str) -> None:
    """Check an accuracy that `levels:` sets."""
    level = {key: config["levels"][key]}
    check_options("levels", "", level, "levels")
    check_limits("levels", level, "levels")


def check_phases(config: dict, metric: str) -> None:
    """Check a metric that `phases:` lists."""
    check_o_information(config, metric, "phases")


def check_own_time_scales(config: dict, run: str) -> None:
    """Check the metrics that a run lists under `time_scales:`."""
    for metric in config["runs"][run].get("time_scales", []):
        check_time_scales(config, metric, f"runs.{run}.time_scales")


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


def check_o_information(config: dict, metric: str, where: str, needed: str = "o_information") -> None:
    """Check that phases, sub-networks and early peaks can be found in a metric: it has the needed module."""
    check_names([metric], config["metrics"], "metric", where)
    module = config["metrics"][metric]["module"]
    if module != needed:
        what = f"metric {metric} is of module {module}"
        raise StudyError(where, f"{what}; choose a metric of module {needed}")
