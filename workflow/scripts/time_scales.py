"""The time scales of one run, by seed and over its seeds."""

from grokking_phases.analysis.time_scales import find
from grokking_phases.jobs.logs import logged
from grokking_phases.storage.headers import check_same_training, of_all
from grokking_phases.storage.tables import read_tables, read_tables_by_name, write_events


def main(run: str, curves: list[str], metrics: list[str], output: str) -> None:
    """Read the curves of all seeds and, for each metric, the tables of all seeds."""
    check_same_training(curves, metrics)
    found = find(read_tables(curves, run=run), read_tables_by_name(metrics, run=run))
    write_events(output, found, {"run": run, **of_all([*curves, *metrics])})


with logged(snakemake.log[0]):
    source = snakemake.input
    main(snakemake.wildcards.run, list(source.curves), list(source.metrics), snakemake.output[0])
