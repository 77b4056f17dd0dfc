"""One run of one seed: dataset -> curves, snapshots, weights; goes on from its last checkpoint."""

from grokking_phases.jobs.logs import logged
from grokking_phases.storage.tables import write_table
from grokking_phases.training.job import finish


def main(dataset, output, run, seed, params):
    def write(trained, header):
        trained.write_snapshots(output.snapshots, output.weights, header)
        write_table(output.curves, trained.curves_table().assign(run=run, seed=seed), header)

    outputs = [output.snapshots, output.weights, output.curves]
    finish(dataset, params.run, {"run": run, "seed": seed}, params.code, params.compute, outputs, write)


with logged(snakemake.log[0]):
    wildcards = snakemake.wildcards
    main(snakemake.input.dataset, snakemake.output, wildcards.run, int(wildcards.seed), snakemake.params)
