# The checked study, and what the rules of all stages share.

import gc
import re
import sys
from functools import cache
from pathlib import Path

from snakemake.common.configfile import load_configfile
from snakemake.exceptions import WorkflowError
from snakemake.io import _IOFile
from snakemake.script import PythonScript

# Nothing that is made here becomes garbage before the end; the search for garbage takes a third of the time.
gc.freeze()
gc.set_threshold(100_000)

# The folder of this file, not of a Snakefile that uses this one as a module.
HERE = Path(str(workflow.current_basedir)).resolve()
sys.path[:0] = [str(HERE.parent), str(HERE.parent / "scripts")]

from study import inputs, params
from study.check_metrics import check_measured
from study.check_run_tables import check_separable, check_trainable
from study.check_runs import check_device
from study.config_files import lay_over, typed
from study.duplicate_keys import check_duplicates
from study.errors import StudyError, origin
from study.file_dates import date_back
from study.forked_jobs import fork_jobs_of
from study.freshness import Results
from study.provenance import code
from study.resolve import resolve
from study.results_lock import work_alone_in
from study.sources import folder_of, is_source, seals
from study.steady_scheduler import keep_steady
from study.stored_scores import StoredScores
from study.surroundings import check_python, check_records, check_scheduler
from study.wanted_tables import MASKS, in_orders, retrained, runs_of_table, timed

# The config of a module is read by the workflow that uses it.
IS_MODULE = not workflow.modifier.is_main_snakefile()
CONFIG_FILES = (
    {} if IS_MODULE else {str(file).removeprefix(f"{Path.cwd()}/"): file for file in workflow.configfiles}
)


def sources(names):
    """Return {name: content} of the config files and `--config`; for a module, of its config alone."""
    if IS_MODULE:
        return {"config of the module": config}
    said = {name: load_configfile(CONFIG_FILES[name]) for name in names}
    return said | {"--config": typed(dict(workflow.config_settings.config))}


def checked(check, *arguments, file=None):
    """Return what `check` returns; turn its StudyError into an error that names the file.

    Without `file`, it is the file that has the key.
    """
    try:
        return check(*arguments)
    except StudyError as error:
        raise WorkflowError(f"{file or origin(error.where, sources(CONFIG_FILES))}: {error}") from None


checked(check_python, sys.executable, file="Snakemake")
checked(check_records, file="Snakemake")
for name, path in CONFIG_FILES.items():
    checked(check_duplicates, path, file=name)
if not IS_MODULE:
    checked(lay_over, config, sources(list(CONFIG_FILES)[1:]), list(CONFIG_FILES))

STUDY = checked(resolve, config)


pathvars:
    results=STUDY["results"],


STUDY["results"] = workflow.pathvars.get("results")  # a workflow that uses this one may have changed it
RUNS, METRICS, SUBNETWORKS, FIGURES = (STUDY[kind] for kind in ("runs", "metrics", "subnetworks", "figures"))
COMPUTE = {
    "device": STUDY["device"],
    "threads": STUDY["threads"],
    "checkpoints": STUDY.get("checkpoints", f"{STUDY['results']}/.checkpoints"),
    "checkpoint_seconds": STUDY["checkpoint_seconds"],
}
SCORES = StoredScores(STUDY)
FIGURE_NAMES = sorted({Path(name).name for name in FIGURES})
PAPERS = sorted({str(Path(name).parent) for name in FIGURES})


# Patterns of the runs that were recorded elsewhere, and of those that are trained here. `(?!)` fits no name.
ELSEWHERE = "|".join(re.escape(run) for run in RUNS if is_source(RUNS[run]))
SOURCED, TRAINED = ELSEWHERE or "(?!)", f"(?!(?:{ELSEWHERE})/)[^/]+" if ELSEWHERE else "[^/]+"

# Other workflows have scripts of their own, and jobs on other machines start there.
OURS = workflow.is_main_process and not IS_MODULE
FORKS = fork_jobs_of(PythonScript, STUDY["threads"]) if OURS else None


def prepare():
    """Start Python for the jobs that will run here, while Snakemake plans them."""
    if FORKS and workflow.local_exec and not (workflow.dryrun or workflow.touch):
        FORKS.start()


RESULTS = Results(workflow, STUDY["results"], logger.info, prepare)
if RESULTS.are_judged:
    RESULTS.ignore_dates(_IOFile)


wildcard_constraints:
    # Not the names of all runs: Snakemake would try a pattern of thousands of names for each job.
    run="[^/]+",
    seed=r"0|[1-9]\d*",
    metric="|".join(map(re.escape, METRICS)),
    scores="|".join(map(re.escape, sorted(set(SCORES.names.values())))),
    subnetwork="|".join(SUBNETWORKS),
    mask="|".join(MASKS),
    table="|".join(map(re.escape, ["curves", *METRICS, *retrained(STUDY)])),
    paper="|".join(PAPERS),
    figure="|".join(FIGURE_NAMES),


def n_steps(wildcards):
    """Return the number of steps of a training, which is its priority: the longest trainings start first."""
    return RUNS[wildcards.run]["training"]["steps"]


@cache
def layers_of(run, metric):
    """Return what a metric must know of the layers of a run that it can be measured on."""
    checked(check_measured, STUDY, metric, run)
    return params.measured_layers(STUDY, run, metric)


@cache
def retraining(run, table):
    """Return the part of a run's entry on which training its sub-networks depends, if it has any."""
    for check in (check_trainable, check_separable):
        checked(check, RUNS[run], run, table, "subnetworks")
    return params.retraining_entry(STUDY, run)


def curves_of_seeds(wildcards):
    """Return the curves of all seeds of a run."""
    return inputs.tables_of_seeds(STUDY, wildcards.run, "curves")


onstart:
    keep_steady(workflow.scheduler, workflow.local_exec)
    checked(check_scheduler, workflow.executor_plugin.name, file="executor")
    checked(work_alone_in, STUDY["results"])
    if ahead := date_back(STUDY["results"]):
        logger.warning(
            f"The clock was set back: {ahead} files in {STUDY['results']} were dated ahead of it, "
            "and now have the present date."
        )
    # A machine that only submits jobs need not have the device.
    if workflow.local_exec:
        checked(check_device, STUDY["device"])


onsuccess:
    from grokking_phases.training.finished_outputs import forget  # imports pyarrow: half a second

    forget(COMPUTE["checkpoints"])
