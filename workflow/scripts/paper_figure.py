"""Join the pages of figure N of both papers in one PDF, and their words in one page of Markdown."""

from pypdf import PdfWriter

from grokking_phases.jobs.logs import logged
from grokking_phases.plotting.notes import join_notes
from grokking_phases.storage.atomic_write import whole
from grokking_phases.storage.made_by import made_by, stamped


def main(figures: list[str], notes: list[str], header: dict, output: dict[str, str]) -> None:
    """Write the pages of all PDFs, in their order, to one PDF, and all notes to one file."""
    joined = PdfWriter()
    for figure in figures:
        joined.append(figure)
    joined.add_metadata({"/Keywords": stamped(header)})
    with whole(output["pdf"]) as unfinished:
        joined.write(unfinished)
    join_notes(output["md"], notes, stamped(header))


with logged(snakemake.log[0]):
    origin = made_by(snakemake.params.asked, snakemake.input, snakemake.params.code)
    main(snakemake.input.pdf, snakemake.input.md, origin, dict(snakemake.output.items()))
