# The study, checked, and what paths, inputs and params say of it.

import gc
import json
import re
import sys
from dataclasses import asdict
from pathlib import Path

from snakemake.common.configfile import load_configfile
from snakemake.exceptions import WorkflowError

# Nothing that is made here is garbage before the end, and looking for it was a third of the time.
gc.freeze()
gc.set_threshold(100_000)

sys.path[:0] = [str(Path(workflow.basedir, folder)) for folder in ("workflow", "workflow/scripts")]

from study.results_lock import work_alone_in
from study.checks import check_device, widths
from study.file_dates import date_back
from study.duplicate_keys import check_duplicates
from grokking_phases.recipe import Recipe
from study.provenance import code
from study.errors import StudyError, origin
from study.signatures import constant, module_name, options_of
from study.resolve import Runs, resolve
from study.wanted_tables import (
    MASKS,
    OF_RUN,
    PREDICTION,
    metrics_behind,
    retrained,
    runs_of_figure,
    seeds_of,
    timed,
)

# The Snakefile's own comes last in Snakemake's list, and lies below the others.
CONFIG_FILES = {
    str(file).removeprefix(f"{Path.cwd()}/"): file
    for file in [workflow.configfiles[-1], *workflow.configfiles[:-1]]
}


def checked(check, *arguments, file=None):
    """What `check` returns; where it objects, its sentence, with the file, or the one that says the key."""
    try:
        return check(*arguments)
    except StudyError as error:
        said = {name: load_configfile(path) for name, path in CONFIG_FILES.items()}
        said["--config"] = workflow.config_settings.config
        raise WorkflowError(f"{file or origin(error.where, said)}: {error}") from None


for name, path in CONFIG_FILES.items():
    checked(check_duplicates, path, file=name)

STUDY = checked(resolve, config)

# Sorted, for the order of keys in a file is no change; that of a figure's panels is.
RUNS, METRICS, SUBNETWORKS = (
    json.loads(json.dumps(STUDY[kind], sort_keys=True)) for kind in ("runs", "metrics", "subnetworks")
)
STUDY["runs"] = RUNS = Runs(RUNS)
FIGURES = {name: dict(sorted(entry.items())) for name, entry in STUDY["figures"].items()}
COMPUTE = {
    "device": STUDY["device"],
    "threads": STUDY["threads"],
    "checkpoints": STUDY.get("checkpoints", f"{STUDY['results']}/.checkpoints"),
    "checkpoint_seconds": STUDY["checkpoint_seconds"],
}
FIGURE_NAMES = sorted({Path(name).name for name in FIGURES})
PAPERS = sorted({str(Path(name).parent) for name in FIGURES})


pathvars:
    results=STUDY["results"],


wildcard_constraints:
    # Not their names: Snakemake would carry a pattern of thousands of them through each job, and try one after another.
    run="[^/]+",
    seed=r"\d+",
    metric="|".join(map(re.escape, METRICS)),
    subnetwork="|".join(SUBNETWORKS),
    mask="|".join(MASKS),
    table="|".join(map(re.escape, ["curves", *METRICS, *retrained(STUDY)])),
    paper="|".join(PAPERS),
    figure="|".join(FIGURE_NAMES),


def split_seed(wildcards):
    """The split is the seed's own, unless the dataset has one for all seeds."""
    return RUNS[wildcards.run]["dataset"].get("split_seed", int(wildcards.seed))


def training_entry(wildcards):
    """All of a run's entry that training depends on."""
    return {
        key: value
        for key, value in RUNS[wildcards.run].items()
        if key not in ("seeds", "note", "time_scales")
    }


def n_steps(wildcards):
    """Long trainings first, lest one be left to run alone when all else is done."""
    return RUNS[wildcards.run]["training"]["steps"]


def dataset_module(wildcards):
    return module_name("datasets", RUNS[wildcards.run]["dataset"]["module"])


def retraining_entry(wildcards):
    """The same without its snapshots: a sub-network has curves alone."""
    return {key: value for key, value in training_entry(wildcards).items() if key != "snapshots"}


def model_module(wildcards):
    return module_name("models", RUNS[wildcards.run]["model"]["module"])


def metric_module(wildcards):
    return module_name("metrics", METRICS[wildcards.metric]["module"])


def figure_module(wildcards):
    return module_name("figures", f"{wildcards.paper}/{wildcards.figure}")


def measured_layers(wildcards):
    """The layers that a metric reads, with their widths, which of them have to be recomputed, and the model, if needed."""
    run = RUNS[wildcards.run]
    recorded = run["snapshots"]["layers"]
    layers = METRICS[wildcards.metric].get("layers", recorded)
    width = widths(run["model"])
    recomputed = [layer for layer in layers if layer not in recorded]
    measured = {"widths": {layer: width[layer] for layer in layers}, "recomputed": recomputed}
    network = recomputed or constant("metrics", METRICS[wildcards.metric]["module"], "NEEDS_NETWORK")
    return measured | ({"model": run["model"]} if network else {})


def of_seeds(run, table):
    """One table of a run, each seed's own."""
    path = {"curves": "curves"} | dict.fromkeys(METRICS, f"metrics/{table}")
    seeds = seeds_of(STUDY, run, table)
    return expand(
        "<results>/{run}/{seed}/{path}.parquet", run=run, seed=seeds, path=path.get(table, f"retrain/{table}")
    )


def tables_of_seeds(wildcards):
    return of_seeds(wildcards.run, wildcards.table)


def curves_of_seeds(wildcards):
    return of_seeds(wildcards.run, "curves")


def metrics_with_phases(wildcards):
    """{metric: all seeds' tables}, in which phases are looked for."""
    return {metric: of_seeds(wildcards.run, metric) for metric in STUDY["phases"]}


def metrics_with_time_scales(wildcards):
    """{metric: all seeds' tables}, in which time scales are looked for."""
    return {metric: of_seeds(wildcards.run, metric) for metric in timed(STUDY, wildcards.run)}


def runs_with_time_scales():
    drawn = [entry for entry in FIGURES.values() if "time_scales" in entry["tables"]]
    return sorted({run for entry in drawn for run in runs_of_figure(entry)})


def metrics_of_subnetworks():
    """{metric: path}: the tables that sub-networks are chosen from."""
    metrics = sorted({entry["metric"] for entry in SUBNETWORKS.values()})
    return {metric: f"<results>/{{run}}/{{seed}}/metrics/{metric}.parquet" for metric in metrics}


def layer_width(wildcards):
    """The width of the layer that sub-networks are units of, the one that the run records."""
    run = RUNS[wildcards.run]
    return widths(run["model"])[run["snapshots"]["layers"][0]]


def chosen_units(wildcards):
    """Once they are chosen: units that a new choice leaves unchanged are no reason to train again."""
    checkpoints.subnetwork.get(run=wildcards.run, seed=wildcards.seed)
    return "<results>/{run}/{seed}/subnetworks/{subnetwork}.parquet"


def choices_of_seeds(wildcards):
    return expand(
        "<results>/{run}/{seed}/choices.parquet", run=wildcards.run, seed=RUNS[wildcards.run]["seeds"]
    )


def retrained_of_seeds(wildcards):
    """Seed by seed, the curves of every sub-network of which the masked units are gone."""
    return [path for table in retrained(STUDY, ("activation",)) for path in of_seeds(wildcards.run, table)]


def figure_entry(wildcards):
    return FIGURES[f"{wildcards.paper}/{wildcards.figure}"]


def figure_runs(wildcards):
    """The entry of each run that is drawn, with the recipe's defaults for what the config leaves out."""
    recipes = {
        run: asdict(Recipe(**RUNS[run]["training"])) for run in runs_of_figure(figure_entry(wildcards))
    }
    return {run: RUNS[run] | {"training": recipe} for run, recipe in recipes.items()}


def figure_metrics(wildcards):
    """The options of each metric that is drawn, with the defaults of what the config leaves out."""
    drawn = {name: METRICS[name] for name in figure_entry(wildcards)["tables"] if name in METRICS}
    return {name: defaults("metrics", entry["module"]) | entry for name, entry in drawn.items()}


def figure_subnetworks(wildcards):
    """The same of each sub-network."""
    drawn = [table.split(".")[0] for table in figure_entry(wildcards)["tables"]]
    return {
        name: defaults("", "analysis/subnetworks") | SUBNETWORKS[name]
        for name in drawn
        if name in SUBNETWORKS
    }


def defaults(kind, module):
    return {name: option.default for name, option in options_of(kind, module).items()}


def figure_tables(wildcards):
    """Every table that is drawn: run by run, then those of the whole study."""
    tables = figure_entry(wildcards)["tables"]
    of_runs = [table if table in OF_RUN else f"summary/{table}" for table in tables if table != "prediction"]
    of_study = ["<results>/tables/prediction.parquet"] if "prediction" in tables else []
    return expand("<results>/{run}/{path}.parquet", run=figure_runs(wildcards), path=of_runs) + of_study


def figure_table_names(wildcards):
    """The tables' names, in the same order, and what each must be of."""
    tables = figure_entry(wildcards)["tables"]
    of_runs = [
        {"table": table, "of": {"run": run}}
        for run in figure_runs(wildcards)
        for table in tables
        if table != "prediction"
    ]
    return of_runs + [{"table": table, "of": {}} for table in tables if table == "prediction"]


def prediction_tables(wildcards):
    """{metric, or curves: the tables of all runs and seeds}."""
    runs = runs_of_figure(FIGURES[PREDICTION])
    tables = ["curves", *sorted(metrics_behind(STUDY, "prediction", runs[0]))]
    return {table: [path for run in runs for path in of_seeds(run, table)] for table in tables}


def figures_of_papers(wildcards):
    """Every paper's figure of this name."""
    papers = sorted(Path(name).parent for name in FIGURES if Path(name).name == wildcards.figure)
    return expand("<results>/figures/{paper}/{figure}.pdf", paper=papers, figure=wildcards.figure)


onstart:
    checked(work_alone_in, STUDY["results"])
    if ahead := date_back(STUDY["results"]):
        logger.warning(
            f"The clock was set back: {ahead} files in {STUDY['results']} were dated ahead of it."
        )
    # Where jobs are only submitted from, there need not be what the machines that run them have.
    if workflow.local_exec:
        checked(check_device, STUDY["device"])


onsuccess:
    from grokking_phases.training.finished_outputs import forget  # half a second of pyarrow

    forget(COMPUTE["checkpoints"])
