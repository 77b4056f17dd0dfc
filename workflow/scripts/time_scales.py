"""The time scales of one run, by seed and over its seeds."""

from grokking_phases.analysis.time_scales import find
from grokking_phases.jobs.logs import logged
from grokking_phases.storage.headers import check_same_training, of_all
from grokking_phases.storage.tables import read_tables, write_events


def main(source, output, run, metrics):
    check_same_training(source.curves, *[source.get(name) for name in metrics])
    tables = {name: read_tables(source.get(name), run=run) for name in metrics}
    write_events(output, find(read_tables(source.curves, run=run), tables), {"run": run, **of_all(source)})


with logged(snakemake.log[0]):
    main(snakemake.input, snakemake.output[0], snakemake.wildcards.run, snakemake.params.metrics)
