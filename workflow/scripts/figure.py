"""One figure: its pages as PDF and PNG, and the numbers drawn as CSV."""

import pandas as pd

from grokking_phases.figures.pages import write_pdf, write_png
from grokking_phases.files import whole
from grokking_phases.logs import logged
from grokking_phases.modules import module
from grokking_phases.tables import read_table


def main(sources, output, figure, entry, study):
    source = module("figures", figure)
    tables = pd.concat([read_table(path).assign(table=table) for table, path in sources], ignore_index=True)
    numbers = source.select(tables, entry["panels"])
    options = {key: value for key, value in entry.items() if key not in ("panels", "metrics")}
    pages = source.draw(numbers, study, **options)
    write_pdf(output.pdf, pages)
    write_png(output.png, pages)
    with whole(output.csv) as beside:
        numbers.to_csv(beside, index=False)


with logged(snakemake.log[0]):
    params, wildcards = snakemake.params, snakemake.wildcards
    sources = [(path.split("/")[-1].removesuffix(".parquet"), path) for path in snakemake.input]
    study = {"runs": params.runs, "metrics": params.metrics}
    main(sources, snakemake.output, f"{wildcards.paper}/{wildcards.figure}", params.figure, study)
