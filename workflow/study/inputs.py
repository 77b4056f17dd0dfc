"""The files that each rule reads. Snakemake replaces `<results>` by the results folder of the study."""

from pathlib import Path

from study.errors import StudyError
from study.stored_scores import StoredScores, is_enough
from study.wanted_tables import (
    OF_RUN,
    OF_STUDY,
    metrics_behind,
    retrained,
    runs_of_figure,
    runs_of_table,
    seeds_of,
)


def tables_of_seeds(study: dict, run: str, table: str) -> list[str]:
    """Return one file for each seed of a run that has the table."""
    folder = "" if table == "curves" else "metrics/" if table in study["metrics"] else "retrain/"
    return [f"<results>/{run}/{seed}/{folder}{table}.parquet" for seed in seeds_of(study, run, table)]


def of_metric(scores: StoredScores, run: str, seed: str, metric: str) -> dict[str, str]:
    """Return the files that a metric reads: the stored scores if there are such, and if needed all else."""
    folder = f"<results>/{run}/{seed}"
    name = scores.of_metric(run, seed, metric)
    stored = {"scores": f"{folder}/scores/{name}.parquet"} if name else {}
    if name and is_enough(scores.study, metric):
        return stored
    return stored | {
        "dataset": f"{folder}/dataset.parquet",
        "snapshots": f"{folder}/snapshots.parquet",
        "weights": f"{folder}/weights.safetensors",
    }


def tables_of_metrics(study: dict, run: str, metrics: list[str]) -> list[str]:
    """Return the files of several metrics of a run, metric by metric, then seed by seed."""
    return [path for metric in metrics for path in tables_of_seeds(study, run, metric)]


def metric_of_subnetwork(study: dict, run: str, seed: str, subnetwork: str) -> str:
    """Return the table of the metric that a sub-network is chosen from."""
    return f"<results>/{run}/{seed}/metrics/{study['subnetworks'][subnetwork]['metric']}.parquet"


def choices_of_seeds(study: dict, run: str) -> list[str]:
    """Return the files that say where each sub-network was found, seed by seed."""
    seeds = study["runs"][run]["seeds"]
    return [
        f"<results>/{run}/{seed}/choices/{name}.parquet" for seed in seeds for name in study["subnetworks"]
    ]


def retrained_of_seeds(study: dict, run: str) -> list[str]:
    """Return the curves of each sub-network trained with the other units' activations masked, by seed."""
    return [
        path for table in retrained(study, ("activation",)) for path in tables_of_seeds(study, run, table)
    ]


def time_scales_of_runs(study: dict, table: str = "time_scales") -> list[str]:
    """Return the time-scale tables of every run for which a figure draws them, or a table made from them."""
    return [f"<results>/{run}/time_scales.parquet" for run in runs_drawn(study, table)]


def curves_of_table(study: dict, table: str) -> list[str]:
    """Return the curves of all runs of a table of the whole study."""
    return [path for run in runs_drawn(study, table) for path in tables_of_seeds(study, run, "curves")]


def runs_drawn(study: dict, table: str) -> list[str]:
    """Return the runs of all figures that draw a table; raise StudyError if there is no such figure."""
    if runs := runs_of_table(study, table):
        return runs
    what = f"no figure draws the table {table!r}, so there are no runs to make it from"
    raise StudyError("figures", f"{what}; name it under tables: of a figure with these runs")


def metrics_of_prediction(study: dict) -> list[str]:
    """Return the tables of the estimates and nulls that the prediction reads, for all its runs."""
    metrics = sorted(metrics_behind(study, "prediction"))
    return [
        path for run in runs_drawn(study, "prediction") for path in tables_of_metrics(study, run, metrics)
    ]


def tables_of_figure(study: dict, figure: str) -> dict[str, dict]:
    """Return {path: {table, expected}} of the tables that a figure draws.

    The tables of each run come first, then those of the whole study. `table` is the name of the table, and
    `expected` is what the header of its file must state.
    """
    entry = study["figures"][figure]
    named = {}
    for run in runs_of_figure(entry):
        for table in entry["tables"]:
            if table not in OF_STUDY:
                folder = "" if table in OF_RUN else "summary/"
                named[f"<results>/{run}/{folder}{table}.parquet"] = {"table": table, "expected": {"run": run}}
    for table in entry["tables"]:
        if table in OF_STUDY:
            named[f"<results>/tables/{table}.parquet"] = {"table": table, "expected": {}}
    return named


def figures_of_papers(study: dict, figure: str, ending: str) -> list[str]:
    """Return the files, by their ending, of the figures with this name, of all papers that have one."""
    papers = sorted(Path(name).parent for name in study["figures"] if Path(name).name == figure)
    return [f"<results>/figures/{paper}/{figure}.{ending}" for paper in papers]
