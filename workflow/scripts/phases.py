"""The phases of one run, in each metric that they are looked for in."""

import pandas as pd

from grokking_phases.logs import logged
from grokking_phases.phases import find_all_variants
from grokking_phases.tables import read_tables, write_events


def main(source, output, metrics):
    curves = read_tables(source.curves)
    found = [find_all_variants(curves, read_tables(source.get(metric))).assign(source=metric) for metric in metrics]
    write_events(output, pd.concat(found, ignore_index=True))


with logged(snakemake.log[0]):
    main(snakemake.input, snakemake.output[0], snakemake.params.metrics)
