"""What each rule's result depends on, besides its input files and its code: the part of the study that it is given."""

from grokking_phases.recipe import Recipe
from study.full_entries import without_defaults
from study.model_layers import widths
from study.signatures import constant, module_name, plugins_of
from study.wanted_tables import runs_of_figure


def split_seed(study: dict, run: str, seed: str) -> int:
    """Return the seed of the split: the dataset's, if it has one for all seeds, or the run's seed itself."""
    return study["runs"][run]["dataset"].get("split_seed", int(seed))


def training_entry(study: dict, run: str) -> dict:
    """Return all of a run's entry that training depends on."""
    unused = ("seeds", "note", "time_scales")
    return {key: value for key, value in study["runs"][run].items() if key not in unused}


def retraining_entry(study: dict, run: str) -> dict:
    """Return all of a run's entry that training a sub-network depends on: it records curves alone."""
    return {key: value for key, value in training_entry(study, run).items() if key != "snapshots"}


def measured_layers(study: dict, run: str, metric: str) -> dict:
    """Return the layers that a metric reads, with their widths, which are recomputed, and the model where needed."""
    entry, options = study["runs"][run], study["metrics"][metric]
    recorded, width = entry["snapshots"]["layers"], widths(entry["model"])
    layers = options.get("layers", recorded)
    recomputed = [layer for layer in layers if layer not in recorded]
    measured = {"widths": {layer: width[layer] for layer in layers}, "recomputed": recomputed}
    network = recomputed or constant("metrics", options["module"], "NEEDS_NETWORK")
    return measured | ({"model": entry["model"]} if network else {})


def layer_of_subnetwork(study: dict, run: str, subnetwork: str) -> dict:
    """Return name and width of the layer whose units a sub-network is made of: the first that its metric measures."""
    entry, metric = study["runs"][run], study["metrics"][study["subnetworks"][subnetwork]["metric"]]
    name = metric.get("layers", entry["snapshots"]["layers"])[0]
    return {"name": name, "width": widths(entry["model"])[name]}


def drawn(study: dict, figure: str) -> dict[str, dict]:
    """Return what a figure says of its runs, metrics and sub-networks: their entries with all defaults."""
    entry = study["figures"][figure]
    runs = {run: study["runs"][run] for run in runs_of_figure(entry)}
    metrics = {name: study["metrics"][name] for name in entry["tables"] if name in study["metrics"]}
    names = [table.split(".")[0] for table in entry["tables"]]
    subnetworks = {name: study["subnetworks"][name] for name in names if name in study["subnetworks"]}
    return {
        "runs": {run: in_captions(entry) for run, entry in runs.items()},
        "metrics": metrics,
        "subnetworks": subnetworks,
    }


def in_captions(run: dict) -> dict:
    """Return a run's entry as captions say it: data set and model by what is not their default."""
    kinds = {"dataset": "datasets", "model": "models"}
    return run | {block: without_defaults(kind, run[block]) for block, kind in kinds.items()}


def dataset_module(study: dict, run: str) -> str:
    return module_name("datasets", study["runs"][run]["dataset"]["module"])


def training_modules(study: dict, run: str) -> list[str]:
    """Return the modules that a run's training finds by name; an edit of another does not trigger a rerun."""
    entry = study["runs"][run]
    recipe = Recipe(**entry["training"])
    named = {"models": entry["model"]["module"], "optimizers": recipe.optimizer, "losses": recipe.loss}
    return [dataset_module(study, run), *(module_name(kind, name) for kind, name in named.items())]


def metric_modules(study: dict, metric: str) -> list[str]:
    """Return the metric's module, and those that its entry names (an estimator of mutual information)."""
    entry = study["metrics"][metric]
    module = ("metrics", entry["module"])
    return [module_name(*each) for each in [module, *plugins_of(*module, entry)]]


def figure_module(paper: str, figure: str) -> str:
    return module_name("figures", f"{paper}/{figure}")
