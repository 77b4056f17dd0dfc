# The study, checked, and what paths, inputs and params say of it.

import json
import sys
from pathlib import Path

from snakemake.exceptions import WorkflowError

sys.path[:0] = [str(Path(workflow.basedir, folder)) for folder in ("workflow", "workflow/scripts")]

from options import StudyError, module_name, options_of
from provenance import code
from study import runs_of_figure, study

try:
    STUDY = study(config)
except StudyError as error:
    raise WorkflowError(f"{' and '.join(map(str, workflow.configfiles))}: {error}") from None

# Sorted, for the order of keys in a file is no change; that of a figure's panels is.
RUNS, METRICS = (json.loads(json.dumps(STUDY[kind], sort_keys=True)) for kind in ("runs", "metrics"))
FIGURES = STUDY["figures"]
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
    return {run: RUNS[run] for run in runs_of_figure(figure_entry(wildcards))}


def figure_metrics(wildcards):
    """The options of each metric that is drawn, with the defaults of what the config leaves out."""
    return {name: complete(METRICS[name]) for name in figure_entry(wildcards)["metrics"] if name in METRICS}


def complete(metric):
    options = options_of("metrics", metric["module"], "compute").values()
    return {option.name: option.default for option in options} | metric


def figure_tables(wildcards):
    tables = figure_entry(wildcards)["metrics"]
    return expand("<results>/{run}/summary/{table}.parquet", run=figure_runs(wildcards), table=tables)


def figures_of_papers(wildcards):
    """Every paper's figure of this name."""
    papers = sorted(Path(name).parent for name in FIGURES if Path(name).name == wildcards.figure)
    return expand("<results>/figures/{paper}/{figure}.pdf", paper=papers, figure=wildcards.figure)
