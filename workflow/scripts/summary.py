"""All seeds of one run in one table, raw and normalised."""

from grokking_phases.analysis.summary import normalised
from grokking_phases.jobs.logs import logged
from grokking_phases.storage.headers import of_all
from grokking_phases.storage.tables import read_tables, write_table


def main(run: str, tables: list[str], output: str) -> None:
    write_table(output, normalised(read_tables(tables, run=run)), {"run": run, **of_all(tables)})


with logged(snakemake.log[0]):
    main(snakemake.wildcards.run, list(snakemake.input), snakemake.output[0])
