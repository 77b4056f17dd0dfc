"""Join the tables of all seeds of one run, with raw and normalised values."""

from grokking_phases.analysis.summary import normalised
from grokking_phases.jobs.logs import logged
from grokking_phases.storage.headers import of_all
from grokking_phases.storage.made_by import made_by
from grokking_phases.storage.tables import read_tables, write_table


def main(run: str, tables: list[str], header: dict, output: str) -> None:
    """Read the tables of all seeds; write them as one."""
    write_table(output, normalised(read_tables(tables, run=run)), {"run": run, **of_all(tables), **header})


with logged(snakemake.log[0]):
    origin = made_by(snakemake.params.asked, snakemake.input, snakemake.params.code)
    main(snakemake.wildcards.run, list(snakemake.input), origin, snakemake.output[0])
