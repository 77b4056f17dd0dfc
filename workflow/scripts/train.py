"""Train the network of one run and seed, or resume it from its last checkpoint.

dataset -> curves, snapshots, weights
"""

from grokking_phases.jobs.logs import logged
from grokking_phases.storage.made_by import made_by
from grokking_phases.storage.tables import write_table
from grokking_phases.training.job import Compute, Job, complete_job


def main(paths, origin, entry, header, compute):
    """Train by the entry of a run; read the dataset and write the outputs at `paths`."""
    outputs = [paths[name] for name in ("snapshots", "weights", "curves")]

    def write(run, header):
        run.write_snapshots(paths["snapshots"], paths["weights"], header)
        write_table(paths["curves"], run.curves_table().assign(**origin), header)

    complete_job(Job(paths["dataset"], entry, origin, header["made_by"], outputs), Compute(**compute), write)


with logged(snakemake.log[0]):
    wildcards, params = snakemake.wildcards, snakemake.params
    paths = dict(snakemake.input.items()) | dict(snakemake.output.items())
    origin = {"run": wildcards.run, "seed": int(wildcards.seed)}
    header = made_by(params.asked, snakemake.input, params.code)
    main(paths, origin, params.run, header, params.compute)
