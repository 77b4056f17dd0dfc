"""The params of each rule: the part of the study on which its result depends.

The result also depends on the rule's input files and on its code (`provenance.py`).
"""

from grokking_phases.recipe import Recipe
from study.full_entries import without_defaults
from study.model_layers import widths_of_run
from study.network_code import network_code
from study.signatures import constant, module_name, plugins_of
from study.sources import is_source
from study.wanted_tables import metrics_behind, runs_of_figure


def split_seed(study: dict, run: str, seed: str) -> int:
    """Return the seed of the train-test split: the dataset's `split_seed` or, without one, the run's seed."""
    return study["runs"][run]["dataset"].get("split_seed", int(seed))


def training_entry(study: dict, run: str) -> dict:
    """Return the part of a run's entry on which training depends."""
    unused = ("seeds", "note", "time_scales")
    return {key: value for key, value in study["runs"][run].items() if key not in unused}


def retraining_entry(study: dict, run: str) -> dict:
    """Return the part of a run's entry on which training a sub-network depends; it records no snapshots."""
    return {key: value for key, value in training_entry(study, run).items() if key != "snapshots"}


def metric_entry(study: dict, metric: str) -> dict:
    """Return the part of a metric's entry on which its table depends; `measured_layers` says its layers."""
    unused = ("seeds", "layers")
    return {key: value for key, value in study["metrics"][metric].items() if key not in unused}


def measured_layers(study: dict, run: str, metric: str) -> dict:
    """Return what a metric must know of the layers that it reads (`read_layers`)."""
    options = study["metrics"][metric]
    needs_network = bool(constant("metrics", options["module"], "NEEDS_NETWORK"))
    return read_layers(study, run, options.get("layers"), needs_network)


def read_layers(study: dict, run: str, layers: list[str] | None, needs_network: bool = False) -> dict:
    """Return what a job must know of the layers that it reads; None: all that the run records.

    widths      {layer: width}
    recomputed  the layers that the run does not record; their activations are computed by the network
    model       the entry of the model, only if the job needs the network
    network     in place of it, for a run that was recorded elsewhere: what builds its network, and its hash
    """
    entry = study["runs"][run]
    recorded, width = entry["snapshots"]["layers"], widths_of_run(entry)
    recomputed = [layer for layer in layers or recorded if layer not in recorded]
    read = {"widths": {layer: width[layer] for layer in layers or recorded}, "recomputed": recomputed}
    if not (recomputed or needs_network):
        return read
    if is_source(entry):
        return read | {"network": [entry["network"], network_code(entry["network"])]}
    return read | {"model": entry["model"]}


def layer_of_subnetwork(study: dict, run: str, subnetwork: str) -> dict:
    """Return {name, width} of the layer whose units form a sub-network: the first that its metric reads."""
    entry, metric = study["runs"][run], study["metrics"][study["subnetworks"][subnetwork]["metric"]]
    name = metric.get("layers", entry["snapshots"]["layers"])[0]
    return {"name": name, "width": widths_of_run(entry)[name]}


def tasks(study: dict) -> dict[str, str]:
    """Return {run: task} of the table `comovement`: the title of the panel in which the run stands."""
    drawing = [entry for entry in study["figures"].values() if "comovement" in entry["tables"]]
    return {run: panel for entry in drawing for panel, runs in entry["panels"].items() for run in runs}


def drawn(study: dict, figure: str) -> dict[str, dict]:
    """Return the runs, metrics, sub-networks and levels of a figure, which its captions describe."""
    entry = study["figures"][figure]
    runs = {run: study["runs"][run] for run in runs_of_figure(entry)}
    behind = [metrics_behind(study, table) for table in ("prediction", "orders") if table in entry["tables"]]
    named = {*entry["tables"]}.union(*behind)
    metrics = {name: options for name, options in study["metrics"].items() if name in named}
    names = [table.split(".")[0] for table in entry["tables"]]
    subnetworks = {name: study["subnetworks"][name] for name in names if name in study["subnetworks"]}
    return {
        "runs": {run: in_captions(entry) for run, entry in runs.items()},
        "metrics": metrics,
        "subnetworks": subnetworks,
        "levels": study["levels"],
    }


def in_captions(run: dict) -> dict:
    """Return a run's entry as captions show it: without defaults of its dataset and model, save dropout."""
    if is_source(run):
        return run
    kinds = {"dataset": "datasets", "model": "models"}
    shown = {block: without_defaults(kind, run[block]) for block, kind in kinds.items()}
    shown["model"] |= {key: value for key, value in run["model"].items() if key == "dropout"}
    return run | shown


def dataset_module(study: dict, run: str) -> str:
    return module_name("datasets", study["runs"][run]["dataset"]["module"])


def training_modules(study: dict, run: str) -> list[str]:
    """Return the modules that a run's training finds by name; editing others of a kind triggers no rerun."""
    entry = study["runs"][run]
    recipe = Recipe(**entry["training"])
    named = {"models": entry["model"]["module"], "optimizers": recipe.optimizer, "losses": recipe.loss}
    return [dataset_module(study, run), *(module_name(kind, name) for kind, name in named.items())]


def metric_modules(study: dict, metric: str) -> list[str]:
    """Return the module of a metric and the modules that its entry names, such as an estimator."""
    entry = study["metrics"][metric]
    module = ("metrics", entry["module"])
    return [module_name(*each) for each in [module, *plugins_of(*module, entry)]]


def section(paper: str) -> str:
    """Return the title of the report's section with the figures of a folder: `Two-phase paper`."""
    return "Any study" if paper == "study" else f"{paper.replace('_', '-').capitalize()} paper"


def figure_module(paper: str, figure: str) -> str:
    return module_name("figures", f"{paper}/{figure}")
