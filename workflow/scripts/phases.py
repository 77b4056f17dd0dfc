"""The phases of one run, in each metric that they are looked for in."""

import pandas as pd

from grokking_phases.analysis.phases import find_all_variants
from grokking_phases.jobs.logs import logged
from grokking_phases.storage.headers import check_same_training, of_all
from grokking_phases.storage.tables import read_tables, read_tables_by_name, write_events


def main(run: str, curves: list[str], metrics: list[str], output: str) -> None:
    """Read the curves of all seeds and, for each metric, the tables of all seeds."""
    check_same_training(curves, metrics)
    evaluated = read_tables(curves, run=run)
    tables = read_tables_by_name(metrics, run=run)
    found = [find_all_variants(evaluated, table).assign(source=metric) for metric, table in tables.items()]
    write_events(output, pd.concat(found, ignore_index=True), {"run": run, **of_all([*curves, *metrics])})


with logged(snakemake.log[0]):
    source = snakemake.input
    main(snakemake.wildcards.run, list(source.curves), list(source.metrics), snakemake.output[0])
