"""The files that each rule reads, by run, seed and table; Snakemake fills in `<results>`, the study's folder."""

from pathlib import Path

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


def tables_of_metrics(study: dict, run: str, metrics: list[str]) -> list[str]:
    """Return the files of several metrics of a run, each metric's seed by seed; the file's stem is the metric."""
    return [path for metric in metrics for path in tables_of_seeds(study, run, metric)]


def metric_of_subnetwork(study: dict, run: str, seed: str, subnetwork: str) -> str:
    """Return the table of the metric that a sub-network is chosen from."""
    return f"<results>/{run}/{seed}/metrics/{study['subnetworks'][subnetwork]['metric']}.parquet"


def choices_of_seeds(study: dict, run: str) -> list[str]:
    """Return where each sub-network was found, seed by seed."""
    seeds = study["runs"][run]["seeds"]
    return [
        f"<results>/{run}/{seed}/choices/{name}.parquet" for seed in seeds for name in study["subnetworks"]
    ]


def retrained_of_seeds(study: dict, run: str) -> list[str]:
    """Return the curves of every sub-network, seed by seed, trained with the activations of the others masked."""
    return [
        path for table in retrained(study, ("activation",)) for path in tables_of_seeds(study, run, table)
    ]


def time_scales_of_runs(study: dict) -> list[str]:
    """Return the time scales of every run for which a figure draws them."""
    return [f"<results>/{run}/time_scales.parquet" for run in runs_of_table(study, "time_scales")]


def curves_of_prediction(study: dict) -> list[str]:
    return [
        path for run in runs_of_table(study, "prediction") for path in tables_of_seeds(study, run, "curves")
    ]


def metrics_of_prediction(study: dict) -> list[str]:
    """Return the estimates and nulls that the prediction reads, of all its runs."""
    metrics = sorted(metrics_behind(study, "prediction"))
    return [
        path for run in runs_of_table(study, "prediction") for path in tables_of_metrics(study, run, metrics)
    ]


def tables_of_figure(study: dict, figure: str) -> dict[str, dict]:
    """Return {path: {table, expected}}: every table that is drawn, run by run, then those of the whole study.

    `expected` is what the file's header must say.
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


def figures_of_papers(study: dict, figure: str) -> list[str]:
    """Return the figure of this name of every paper that has one."""
    papers = sorted(Path(name).parent for name in study["figures"] if Path(name).name == figure)
    return [f"<results>/figures/{paper}/{figure}.pdf" for paper in papers]
