"""Compare every two time scales of each run, in a CSV table and in a Markdown page for readers."""

from grokking_phases.analysis.alignment import aligned, in_words
from grokking_phases.jobs.logs import logged
from grokking_phases.storage.atomic_write import whole
from grokking_phases.storage.made_by import made_by, stamped
from grokking_phases.storage.tables import read_tables


def main(time_scales: list[str], header: dict, csv: str, md: str) -> None:
    """Read the time scales of all runs; write the comparison to the files `csv` and `md`."""
    events = read_tables(time_scales)
    table = aligned(events)
    with whole(csv) as unfinished:
        table.to_csv(unfinished, index=False)
    pages = ["# Time scales, in steps", in_words(events).to_markdown()]
    pages.append(
        "Below, pairs that two seeds or more have both of; all pairs are in the CSV beside this file."
    )
    for run, rows in table[table["n"] > 1].groupby("run", sort=False):
        pages += [
            f"# {run}: log10(second / first)",
            rows.drop(columns="run").to_markdown(index=False, floatfmt=".3g"),
        ]
    pages.append(f"<!-- {stamped(header)} -->")
    with whole(md) as unfinished:
        unfinished.write_text("\n\n".join(pages) + "\n", encoding="utf-8")


with logged(snakemake.log[0]):
    origin = made_by(snakemake.params.asked, snakemake.input, snakemake.params.code)
    main(list(snakemake.input), origin, snakemake.output.csv, snakemake.output.md)
