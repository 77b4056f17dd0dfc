"""Figure N of both papers in one file, their pages one after another."""

from pypdf import PdfWriter

from grokking_phases.jobs.logs import logged
from grokking_phases.storage.atomic_write import whole


def main(sources, output):
    joined = PdfWriter()
    for source in sources:
        joined.append(source)
    with whole(output) as beside:
        joined.write(beside)


with logged(snakemake.log[0]):
    main(snakemake.input, snakemake.output[0])
