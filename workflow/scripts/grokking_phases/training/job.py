"""A training job: from its last checkpoint to its outputs, by one process at a time, whatever interrupts it."""

from collections.abc import Callable, Sequence
from pathlib import Path

from grokking_phases.data.examples_file import read_examples
from grokking_phases.jobs.devices import on_device
from grokking_phases.jobs.progress import Progress
from grokking_phases.storage.digests import digest, digest_of_file
from grokking_phases.training.checkpoints import Checkpoints
from grokking_phases.training.finished_outputs import all_made, keep, restore
from grokking_phases.training.run import Run, training_identity
from grokking_phases.training.signals import asked_to_end

Write = Callable[[Run, dict], None]


def finish(
    dataset: str | Path, entry: dict, origin: dict, code: str, compute: dict, outputs: Sequence[str], write: Write
) -> None:
    """Train what `entry` describes and let `write(run, header)` make the outputs.

    origin    run, seed and what else tells one job of an entry from another; becomes part of the header
    code      the hash of what trains: a state that other code saved is another job's
    compute   device, threads, folder of checkpoints and seconds between them
    """
    examples, data = read_examples(dataset, run=origin["run"], seed=origin["seed"]), digest_of_file(dataset)
    made_by = [*origin.values(), code, data]
    made_with = on_device(compute["device"], compute["threads"])
    header = {**origin, "config_digest": digest([entry, *made_by]), "dataset": data}
    checkpoints = Checkpoints(compute["checkpoints"], digest([training_identity(entry), *made_by]))
    with checkpoints.held():
        # Made by an orphan of a killed workflow while this process waited, or by a job that was killed as it ended.
        made = header["config_digest"]
        if not (all_made(outputs, made) or restore(outputs, checkpoints.folder, made)):
            run = Run(examples, entry, origin["seed"], made_with["device"], checkpoints.folder)
            run.resume(checkpoints.states(), made_with)
            train(run, checkpoints, compute["checkpoint_seconds"], label(origin))
            write(run, header | run.history())
        keep(outputs, checkpoints.folder)
        checkpoints.clear()


def train(run: Run, checkpoints: Checkpoints, seconds: float, name: str) -> None:
    """To the end; InterruptedError where a signal asks to end before."""
    with asked_to_end() as asked:
        run.finish(checkpoints, seconds, Progress(name, run.trainer.recipe.steps, run.trainer.step), asked)
    if not run.finished:
        what = f"{name} was asked to end ({asked[0]}), and saved step {run.trainer.step}"
        raise InterruptedError(f"{what}; the same command goes on from there")


def label(origin: dict) -> str:
    """`addition_wd2 seed 0`, and what else the origin says."""
    others = [str(value) for key, value in origin.items() if key not in ("run", "seed")]
    return " ".join([f"{origin['run']} seed {origin['seed']}", *others])
