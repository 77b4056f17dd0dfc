"""Figure N of both papers in one file, their pages one after another."""

from pypdf import PdfWriter

from grokking_phases.jobs.logs import logged
from grokking_phases.storage.atomic_write import whole


def main(figures: list[str], output: str) -> None:
    joined = PdfWriter()
    for figure in figures:
        joined.append(figure)
    with whole(output) as unfinished:
        joined.write(unfinished)


with logged(snakemake.log[0]):
    main(list(snakemake.input), snakemake.output[0])
