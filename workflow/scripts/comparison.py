"""The sub-networks of one run beside the run itself."""

from pathlib import Path

from grokking_phases.analysis.comparison import compare
from grokking_phases.jobs.logs import logged
from grokking_phases.storage.headers import of_all
from grokking_phases.storage.tables import read_tables, write_events


def main(source, output, run, subnetworks):
    paths = {}
    for path in source.retrained:
        paths.setdefault(Path(path).stem, []).append(path)
    retrained = {name: read_tables(of_seeds, run=run) for name, of_seeds in paths.items()}
    at_random = {name for name in retrained if subnetworks[name.split(".")[0]].get("take") == "random"}
    curves, choices = read_tables(source.curves, run=run), read_tables(source.choices, run=run)
    rows = compare(curves, retrained, choices, at_random)
    write_events(output, rows.assign(run=run), {"run": run, **of_all(source)})


with logged(snakemake.log[0]):
    main(snakemake.input, snakemake.output[0], snakemake.wildcards.run, snakemake.params.subnetworks)
