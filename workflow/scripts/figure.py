"""One figure: its pages as PDF and PNG, and the numbers drawn as CSV."""

import pandas as pd

from grokking_phases.jobs.logs import logged
from grokking_phases.plotting.pages import write_pdf, write_png
from grokking_phases.plotting.style import remark
from grokking_phases.plugins import module, options_in
from grokking_phases.storage.atomic_write import whole
from grokking_phases.storage.headers import of_all
from grokking_phases.storage.tables import read_table


def main(sources, output, figure, params):
    source, entry = module("figures", figure), params.figure
    study = {kind: params.get(kind) for kind in ("runs", "metrics", "subnetworks")}
    named = zip(sources, params.tables, strict=True)
    tables = [read_table(path, **said["of"]).assign(table=said["table"]) for path, said in named]
    tables = pd.concat(tables, ignore_index=True)
    numbers = source.select(tables, entry["panels"])
    pages = source.draw(numbers, study, **options_in("figures", entry))
    diverged = of_all(sources)["diverged"]
    if diverged:
        which = ", ".join(f"{run} at step {step}" for run, step in diverged.items())
        for page in pages:
            remark(page, f"Training diverged, and is drawn up to there: {which}.")
    write_pdf(output.pdf, pages)
    write_png(output.png, pages)
    with whole(output.csv) as beside:
        numbers.to_csv(beside, index=False)


with logged(snakemake.log[0]):
    wildcards = snakemake.wildcards
    main(snakemake.input, snakemake.output, f"{wildcards.paper}/{wildcards.figure}", snakemake.params)
