"""The time scales of one run, by seed and over its seeds."""

from grokking_phases.headers import check_same_training, of_all
from grokking_phases.logs import logged
from grokking_phases.tables import read_tables, write_events
from grokking_phases.time_scales import find


def main(source, output, run, metrics):
    check_same_training(source.curves, *[source.get(name) for name in metrics])
    tables = {name: read_tables(source.get(name), run=run) for name in metrics}
    write_events(output, find(read_tables(source.curves, run=run), tables), {"run": run, **of_all(source)})


with logged(snakemake.log[0]):
    main(snakemake.input, snakemake.output[0], snakemake.wildcards.run, snakemake.params.metrics)
