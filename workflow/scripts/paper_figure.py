"""Join the pages of figure N of both papers in one PDF."""

from pypdf import PdfWriter

from grokking_phases.jobs.logs import logged
from grokking_phases.storage.atomic_write import whole
from grokking_phases.storage.made_by import made_by, stamped


def main(figures: list[str], header: dict, output: str) -> None:
    """Write the pages of all PDFs, in their order, to one PDF."""
    joined = PdfWriter()
    for figure in figures:
        joined.append(figure)
    joined.add_metadata({"/Keywords": stamped(header)})
    with whole(output) as unfinished:
        joined.write(unfinished)


with logged(snakemake.log[0]):
    origin = made_by(snakemake.params.asked, snakemake.input, snakemake.params.code)
    main(list(snakemake.input), origin, snakemake.output[0])
