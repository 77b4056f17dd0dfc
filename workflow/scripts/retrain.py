"""A sub-network of one run and seed, trained alone from the same initial weights: units -> curves."""

from grokking_phases.job import finish
from grokking_phases.logs import logged
from grokking_phases.tables import EMPTY, read_table, write_table


def main(source, output, wildcards, params):
    run, seed, mask = wildcards.run, int(wildcards.seed), wildcards.mask
    origin = {"run": run, "seed": seed, "subnetwork": wildcards.subnetwork, "mask": mask}
    units = read_table(source.units)["unit"].tolist()
    if not units:
        write_table(output, EMPTY, origin)  # there is no such sub-network: no rows
        return

    def write(trained, metadata):
        write_table(output, trained.curves_table().assign(run=run, seed=seed), metadata)

    entry = params.run | {"subnetwork": {"units": units, "mask": mask}}
    finish(source.dataset, entry, origin, params.code, params.compute, [output], write)


with logged(snakemake.log[0]):
    main(snakemake.input, snakemake.output[0], snakemake.wildcards, snakemake.params)
