"""A training job: from its last checkpoint to its outputs, by one process at a time, whatever interrupts it."""

from collections.abc import Callable, Sequence
from os.path import exists
from pathlib import Path

from grokking_phases.checkpoints import Checkpoints
from grokking_phases.devices import on_device
from grokking_phases.examples import read_examples
from grokking_phases.files import digest, digest_of_file
from grokking_phases.progress import Progress
from grokking_phases.run import Run, training_identity
from grokking_phases.tables import metadata_of

Write = Callable[[Run, dict], None]


def finish(
    dataset: str | Path, entry: dict, origin: dict, code: str, compute: dict, outputs: Sequence[str], write: Write
) -> None:
    """Train what `entry` describes and let `write(run, metadata)` make the outputs, the curves' table last.

    origin    run, seed and what else tells one job of an entry from another; becomes part of the metadata
    code      the hash of what trains: a state that other code saved is another job's
    compute   device, threads, folder of checkpoints and seconds between them
    """
    seed, made_by = origin["seed"], [*origin.values(), code, digest_of_file(dataset)]
    made_with = on_device(compute["device"], compute["threads"])
    metadata = {**origin, "config_digest": digest([entry, *made_by])}
    checkpoints = Checkpoints(compute["checkpoints"], digest([training_identity(entry), *made_by]))
    with checkpoints.held():
        # An orphan of a killed workflow may have finished it while this process waited.
        made = metadata_of(outputs[-1]) if all(map(exists, outputs)) else {}
        if made.get("config_digest") != metadata["config_digest"]:
            run = Run(read_examples(dataset), entry, seed, made_with["device"], checkpoints.folder)
            run.resume(checkpoints.load(), made_with)
            progress = Progress(label(origin), run.trainer.recipe.steps, run.trainer.step)
            run.finish(checkpoints, compute["checkpoint_seconds"], progress)
            write(run, metadata | run.history())
        checkpoints.remove()


def label(origin: dict) -> str:
    """`addition_wd2 seed 0`, and what else the origin says."""
    others = [str(value) for key, value in origin.items() if key not in ("run", "seed")]
    return " ".join([f"{origin['run']} seed {origin['seed']}", *others])
