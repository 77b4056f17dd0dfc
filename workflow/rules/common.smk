# The study, checked, and what paths, inputs and params say of it.

import json
import re
import sys
from dataclasses import asdict
from pathlib import Path

from snakemake.common.configfile import load_configfile
from snakemake.exceptions import WorkflowError

sys.path[:0] = [str(Path(workflow.basedir, folder)) for folder in ("workflow", "workflow/scripts")]

from checks import check_device, runs_of_figure
from grokking_phases.recipe import Recipe
from provenance import code
from sentences import StudyError, origin
from signatures import module_name, options_of
from study import study


def checked(check, *arguments):
    """What `check` returns; where it objects, its sentence, with the file that says the key."""
    try:
        return check(*arguments)
    except StudyError as error:
        # The Snakefile's own comes last in this list, and lies below the others.
        files = [workflow.configfiles[-1], *workflow.configfiles[:-1]]
        said = {str(file).removeprefix(f"{Path.cwd()}/"): load_configfile(file) for file in files}
        said["--config"] = workflow.config_settings.config
        raise WorkflowError(f"{origin(error.where, said)}: {error}") from None


STUDY = checked(study, config)

# Sorted, for the order of keys in a file is no change; that of a figure's panels is.
RUNS, METRICS = (json.loads(json.dumps(STUDY[kind], sort_keys=True)) for kind in ("runs", "metrics"))
FIGURES = {name: dict(sorted(entry.items())) for name, entry in STUDY["figures"].items()}
FIGURE_NAMES = sorted({Path(name).name for name in FIGURES})


pathvars:
    results=STUDY["results"],


wildcard_constraints:
    run="|".join(map(re.escape, RUNS)),
    seed=r"\d+",
    metric="|".join(map(re.escape, METRICS)),
    table="|".join(map(re.escape, ["curves", *METRICS])),
    paper="|".join(sorted({str(Path(name).parent) for name in FIGURES})),
    figure="|".join(FIGURE_NAMES),


def split_seed(wildcards):
    """The split is the seed's own, unless the dataset has one for all seeds."""
    return RUNS[wildcards.run]["dataset"].get("split_seed", int(wildcards.seed))


def training_entry(wildcards):
    """All of a run's entry that training depends on."""
    return {key: value for key, value in RUNS[wildcards.run].items() if key not in ("seeds", "note")}


def dataset_module(wildcards):
    return module_name("datasets", RUNS[wildcards.run]["dataset"]["module"])


def model_module(wildcards):
    return module_name("models", RUNS[wildcards.run]["model"]["module"])


def metric_module(wildcards):
    return module_name("metrics", METRICS[wildcards.metric]["module"])


def figure_module(wildcards):
    return module_name("figures", f"{wildcards.paper}/{wildcards.figure}")


def tables_of_seeds(wildcards):
    """Curves, or one metric, of all seeds of a run."""
    path = "curves" if wildcards.table == "curves" else f"metrics/{wildcards.table}"
    seeds = RUNS[wildcards.run]["seeds"]
    return expand("<results>/{run}/{seed}/{path}.parquet", run=wildcards.run, seed=seeds, path=path)


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
    return {name: complete(METRICS[name]) for name in figure_entry(wildcards)["metrics"] if name in METRICS}


def complete(metric):
    options = options_of("metrics", metric["module"])
    return {name: option.default for name, option in options.items()} | metric


def figure_tables(wildcards):
    tables = figure_entry(wildcards)["metrics"]
    return expand("<results>/{run}/summary/{table}.parquet", run=figure_runs(wildcards), table=tables)


def figures_of_papers(wildcards):
    """Every paper's figure of this name."""
    papers = sorted(Path(name).parent for name in FIGURES if Path(name).name == wildcards.figure)
    return expand("<results>/figures/{paper}/{figure}.pdf", paper=papers, figure=wildcards.figure)


onstart:
    # Where jobs are only submitted from, there need not be what the machines that run them have.
    if workflow.local_exec:
        checked(check_device, STUDY["device"])
