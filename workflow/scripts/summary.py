"""All seeds of one run in one table, raw and normalised."""

from grokking_phases.analysis.summary import normalised
from grokking_phases.jobs.logs import logged
from grokking_phases.storage.headers import of_all
from grokking_phases.storage.tables import read_tables, write_table


def main(sources, output, run):
    write_table(output, normalised(read_tables(sources, run=run)), {"run": run, **of_all(sources)})


with logged(snakemake.log[0]):
    main(snakemake.input, snakemake.output[0], snakemake.wildcards.run)
