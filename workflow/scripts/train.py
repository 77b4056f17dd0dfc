"""One run of one seed: dataset -> curves, snapshots, weights; goes on from its last checkpoint."""

from os.path import exists

from grokking_phases.checkpoints import Checkpoints
from grokking_phases.devices import on_device
from grokking_phases.examples import read_examples
from grokking_phases.files import digest, digest_of_file
from grokking_phases.logs import logged
from grokking_phases.progress import Progress
from grokking_phases.run import Run, training_identity
from grokking_phases.tables import metadata_of, write_table


def main(dataset, output, name, seed, params):
    compute, origin = params.compute, [name, seed, params.code, digest_of_file(dataset)]
    made_with = on_device(compute["device"], compute["threads"])
    metadata = {"run": name, "seed": seed, "config_digest": digest([params.run, *origin])}
    checkpoints = Checkpoints(compute["checkpoints"], digest([training_identity(params.run), *origin]))
    with checkpoints.held():
        # An orphan of a killed workflow may have finished it while this process waited.
        made = metadata_of(output.curves) if all(map(exists, output)) else {}
        if made.get("config_digest") != metadata["config_digest"]:
            run = Run(read_examples(dataset), params.run, seed, made_with["device"], checkpoints.folder)
            run.resume(checkpoints.load(), made_with)
            progress = Progress(f"{name} seed {seed}", run.trainer.recipe.steps, run.trainer.step)
            run.finish(checkpoints, compute["checkpoint_seconds"], progress)
            metadata |= run.history()
            run.write_snapshots(output.snapshots, output.weights, metadata)
            write_table(output.curves, run.curves_table().assign(run=name, seed=seed), metadata)
        checkpoints.remove()


with logged(snakemake.log[0]):
    wildcards = snakemake.wildcards
    main(snakemake.input.dataset, snakemake.output, wildcards.run, int(wildcards.seed), snakemake.params)
