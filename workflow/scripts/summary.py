"""All seeds of one run in one table, raw and normalised."""

import pandas as pd

from grokking_phases.logs import logged
from grokking_phases.summary import normalised
from grokking_phases.tables import read_table, write_table


def main(sources, output):
    write_table(output, normalised(pd.concat(map(read_table, sources), ignore_index=True)))


with logged(snakemake.log[0]):
    main(snakemake.input, snakemake.output[0])
