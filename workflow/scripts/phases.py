"""The phases of one run, in each metric that they are looked for in."""

import pandas as pd

from grokking_phases.analysis.phases import find_all_variants
from grokking_phases.jobs.logs import logged
from grokking_phases.storage.headers import check_same_training, of_all
from grokking_phases.storage.tables import read_tables, write_events


def main(source, output, run, metrics):
    check_same_training(source.curves, *[source.get(metric) for metric in metrics])
    curves = read_tables(source.curves, run=run)
    tables = {metric: read_tables(source.get(metric), run=run) for metric in metrics}
    found = [find_all_variants(curves, table).assign(source=metric) for metric, table in tables.items()]
    write_events(output, pd.concat(found, ignore_index=True), {"run": run, **of_all(source)})


with logged(snakemake.log[0]):
    main(snakemake.input, snakemake.output[0], snakemake.wildcards.run, snakemake.params.metrics)
