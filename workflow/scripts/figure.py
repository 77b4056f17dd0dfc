"""Draw one figure: its pages as PDF and PNG, the numbers drawn as CSV, its words as Markdown."""

import inspect

import pandas as pd

from grokking_phases.analysis.events import Levels
from grokking_phases.jobs.logs import logged
from grokking_phases.plotting.notes import write_notes
from grokking_phases.plotting.pages import as_pages, write_pdf, write_png
from grokking_phases.plotting.words import remark
from grokking_phases.plugins import module, options_in
from grokking_phases.storage.atomic_write import whole
from grokking_phases.storage.headers import of_all
from grokking_phases.storage.made_by import made_by, stamped
from grokking_phases.storage.tables import read_table


def main(figure: str, entry: dict, tables: list[dict], study: dict, output: dict[str, str]) -> None:
    """Draw tables, each given as {path, table, expected}: its file, name, and what its header must state."""
    source, paths = module("figures", figure), [table["path"] for table in tables]
    rows = [read_table(each["path"], **each["expected"]).assign(table=each["table"]) for each in tables]
    takes = inspect.signature(source.select).parameters
    levels = {"levels": Levels(**study["levels"])} if "levels" in takes else {}
    numbers = source.select(pd.concat(rows, ignore_index=True), entry["panels"], **levels)
    pages = as_pages(source.draw(numbers, study, **options_in("figures", entry)), f"figures/{figure}.py")
    if diverged := of_all(paths)["diverged"]:
        which = ", ".join(f"{run} at step {step}" for run, step in diverged.items())
        for page in pages:
            remark(page, f"Training diverged, and is drawn up to there: {which}.")
    with whole(output["csv"]) as unfinished:
        numbers.to_csv(unfinished, index=False)
    write_pdf(output["pdf"], pages, output["stamp"])
    write_png(output["png"], pages, output["stamp"])
    write_notes(output["md"], figure, pages, output["stamp"])


with logged(snakemake.log[0]):
    wildcards, params = snakemake.wildcards, snakemake.params
    tables = [{"path": path, **said} for path, said in zip(snakemake.input, params.tables, strict=True)]
    stamp = stamped(made_by(params.asked, snakemake.input, params.code))
    output = dict(snakemake.output.items()) | {"stamp": stamp}
    main(f"{wildcards.paper}/{wildcards.figure}", params.figure, tables, params.study, output)
