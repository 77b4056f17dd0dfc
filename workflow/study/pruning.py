"""The files that no job of a finished study reads again: snapshots, weights and scores."""

from pathlib import Path

from study.freshness import Results
from study.wanted_tables import runs_of_metric, seeds_of

FILES = ("snapshots.parquet", "weights.safetensors", "scores/*.parquet")


def prunable(results: Results, study: dict) -> list[str]:
    """Return these files of each run and seed whose metrics are all made and up to date."""
    measured = {metric: runs_of_metric(study, metric) for metric in study["metrics"]}
    found = []
    for run, entry in study["runs"].items():
        for seed in entry["seeds"]:
            folder = Path(results.folder, run, str(seed))
            metrics = [
                name for name, runs in measured.items() if run in runs and seed in seeds_of(study, run, name)
            ]
            tables = [folder / "metrics" / f"{metric}.parquet" for metric in metrics]
            if tables and all(is_finished(results, str(table)) for table in tables):
                found += [str(path) for name in FILES for path in sorted(folder.glob(name))]
    return found


def is_finished(results: Results, table: str) -> bool:
    """Return whether a table of a metric is made and up to date."""
    made = results.of_file(table)
    return Path(table).exists() and made is not None and not results.is_out_of_date(made)


def listed(paths: list[str]) -> str:
    """Return a text with a line for each file and its size, and a line for their sum."""
    if not paths:
        return "There are no snapshots whose metrics are all made."
    sizes = {path: Path(path).stat().st_size / 1e6 for path in paths}
    lines = [f"{size:10,.1f} MB  {path}" for path, size in sizes.items()]
    return "\n".join(["Snapshots of finished metrics:", *lines, f"{sum(sizes.values()):10,.1f} MB  in all"])
