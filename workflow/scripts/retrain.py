"""A sub-network of one run and seed, trained alone from the same initial weights: units -> curves."""

from grokking_phases.jobs.logs import logged
from grokking_phases.storage.headers import header_of
from grokking_phases.storage.tables import EMPTY, read_table, write_table
from grokking_phases.training.job import finish
from grokking_phases.training.previous_output import previous


def main(source, output, wildcards, params):
    run, seed, mask = wildcards.run, int(wildcards.seed), wildcards.mask
    origin = {"run": run, "seed": seed, "subnetwork": wildcards.subnetwork, "mask": mask}
    units = read_table(source.units, run=run, seed=seed, subnetwork=wildcards.subnetwork)["unit"].tolist()
    if not units:  # there is no such sub-network: no rows
        write_table(output, EMPTY, origin | {"config_digest": header_of(source.units)["config_digest"]})
        return

    def write(trained, header):
        write_table(output, trained.curves_table().assign(run=run, seed=seed), header)

    entry = params.run | {"subnetwork": {"units": units, "mask": mask}}
    with previous(output):
        finish(source.dataset, entry, origin, params.code, params.compute, [output], write)


with logged(snakemake.log[0]):
    main(snakemake.input, snakemake.output[0], snakemake.wildcards, snakemake.params)
