"""Find the time scales of one run, for each seed and over all seeds."""

from grokking_phases.analysis.time_scales import find
from grokking_phases.jobs.logs import logged
from grokking_phases.storage.headers import check_same_training, of_all
from grokking_phases.storage.made_by import made_by
from grokking_phases.storage.tables import read_tables, read_tables_by_name, write_events


def main(run: str, curves: list[str], metrics: list[str], header: dict, output: str) -> None:
    """Read the curves of all seeds and, for each metric, the tables of all seeds; write the time scales."""
    check_same_training(curves, metrics)
    found = find(read_tables(curves, run=run), read_tables_by_name(metrics, run=run))
    write_events(output, found, {"run": run, **of_all([*curves, *metrics]), **header})


with logged(snakemake.log[0]):
    origin = made_by(snakemake.params.asked, snakemake.input, snakemake.params.code)
    curves, metrics = list(snakemake.input.curves), list(snakemake.input.metrics)
    main(snakemake.wildcards.run, curves, metrics, origin, snakemake.output[0])
