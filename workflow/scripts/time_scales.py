"""The time scales of one run, by seed and over its seeds."""

from grokking_phases.logs import logged
from grokking_phases.tables import read_tables, write_events
from grokking_phases.time_scales import find


def main(source, output, metrics):
    write_events(output, find(read_tables(source.curves), {name: read_tables(source.get(name)) for name in metrics}))


with logged(snakemake.log[0]):
    main(snakemake.input, snakemake.output[0], snakemake.params.metrics)
