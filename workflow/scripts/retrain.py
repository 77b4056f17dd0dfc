"""Train a sub-network of one run and seed alone, from the same initial weights: units -> curves."""

from grokking_phases.jobs.logs import logged
from grokking_phases.storage.headers import header_of
from grokking_phases.storage.made_by import made_by
from grokking_phases.storage.tables import EMPTY, read_table, write_table
from grokking_phases.training.job import Compute, Job, complete_job
from grokking_phases.training.previous_output import previous


def main(paths, origin, entry, header, compute):
    """Train the units that the table `paths["units"]` lists; write their curves to `paths["curves"]`."""
    chosen = {key: origin[key] for key in ("run", "seed", "subnetwork")}
    units = read_table(paths["units"], **chosen)["unit"].tolist()
    if not units:  # the sub-network does not exist: its table has no rows
        write_table(
            paths["curves"], EMPTY, origin | {"training": header_of(paths["units"])["training"]} | header
        )
        return

    def write(run, header):
        write_table(
            paths["curves"], run.curves_table().assign(run=origin["run"], seed=origin["seed"]), header
        )

    entry = entry | {"subnetwork": {"units": units, "mask": origin["mask"]}}
    job = Job(paths["dataset"], entry, origin, header["made_by"], [paths["curves"]])
    with previous(paths["curves"]):
        complete_job(job, Compute(**compute), write)


with logged(snakemake.log[0]):
    wildcards, params = snakemake.wildcards, snakemake.params
    paths = dict(snakemake.input.items()) | {"curves": snakemake.output[0]}
    named = {"run": wildcards.run, "seed": int(wildcards.seed), "subnetwork": wildcards.subnetwork}
    header = made_by(params.asked, snakemake.input, params.code)
    main(paths, named | {"mask": wildcards.mask}, params.run, header, params.compute)
