"""One run of one seed: dataset -> curves, snapshots, weights; goes on from its last checkpoint."""

from grokking_phases.checkpoints import Checkpoints
from grokking_phases.devices import on_device
from grokking_phases.examples import read_examples
from grokking_phases.files import digest
from grokking_phases.logs import logged
from grokking_phases.progress import Progress
from grokking_phases.run import Run
from grokking_phases.tables import metadata_of, write_table


def main(dataset, output, name, seed, params):
    identity = digest([name, seed, params.run, params.code])
    compute = params.compute
    made_with = on_device(compute["device"], compute["threads"])
    metadata = {"run": name, "seed": seed, "config_digest": identity, **made_with}
    checkpoints = Checkpoints(compute["checkpoints"], identity)
    with checkpoints.held():
        # An orphan of a killed workflow may have finished it while this process waited.
        if metadata_of(output.curves).get("config_digest") != identity:
            run = Run(read_examples(dataset), params.run, seed, metadata["device"], checkpoints.folder)
            run.resume(checkpoints.load())
            progress = Progress(f"{name} seed {seed}", run.trainer.recipe.steps, run.trainer.step)
            run.finish(checkpoints, compute["checkpoint_seconds"], progress)
            run.write_snapshots(output.snapshots, output.weights, metadata)
            write_table(output.curves, run.curves_table().assign(run=name, seed=seed), metadata | run.ending())
        checkpoints.remove()


with logged(snakemake.log[0]):
    wildcards = snakemake.wildcards
    main(snakemake.input.dataset, snakemake.output, wildcards.run, int(wildcards.seed), snakemake.params)
