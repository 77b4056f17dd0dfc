"""A training job, from its last checkpoint to its outputs. One process at a time runs it.

`complete_job` holds the job's folder. It restores outputs that are finished, or trains and lets the caller
write them. `Run.train` evaluates, records and saves checkpoints. `Trainer.take_step` is one update.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from grokking_phases.data.examples_file import read_examples
from grokking_phases.jobs.devices import on_device
from grokking_phases.jobs.progress import Progress
from grokking_phases.storage.digests import digest
from grokking_phases.storage.headers import content_of
from grokking_phases.training.checkpoints import Checkpoints
from grokking_phases.training.finished_outputs import all_made, keep, restore
from grokking_phases.training.run import Run, training_identity
from grokking_phases.training.signals import asked_to_end

Write = Callable[[Run, dict], None]


@dataclass(frozen=True)
class Job:
    """One training and the files that it makes.

    dataset   the file of its examples
    entry     the run's entry in the config, as `Run` takes it
    origin    run, seed, and whatever else distinguishes the jobs of an entry; part of the outputs' header
    made_by   options, inputs and code, for the outputs' header; a job does not load checkpoints of other code
    outputs   the files that the job's `write` makes
    """

    dataset: str | Path
    entry: dict
    origin: dict
    made_by: dict
    outputs: Sequence[str | Path]

    @property
    def name(self) -> str:
        """Return the job's name: `addition_wd2 seed 0`, followed by any other values of the origin."""
        others = [str(value) for key, value in self.origin.items() if key not in ("run", "seed")]
        return " ".join([f"{self.origin['run']} seed {self.origin['seed']}", *others])


@dataclass(frozen=True)
class Compute:
    """The device and threads of a job, the folder of all jobs' checkpoints, and the seconds between them."""

    device: str
    threads: int
    checkpoints: str | Path
    checkpoint_seconds: float


def complete_job(job: Job, compute: Compute, write: Write) -> None:
    """Train the job's network and let `write(run, header)` make the outputs, unless they are finished."""
    examples = read_examples(job.dataset, run=job.origin["run"], seed=job.origin["seed"])
    data, made_with = content_of(job.dataset), on_device(compute.device, compute.threads)
    identity = [*job.origin.values(), job.made_by["code"], data]
    config_digest = digest([job.entry, job.made_by["options"], *identity])
    checkpoints = Checkpoints(compute.checkpoints, digest([training_identity(job.entry), *identity]))
    with checkpoints.held():
        # They are finished if an orphan of a killed workflow made them while this process waited, or if an
        # earlier attempt was killed just after it made them.
        if not (
            all_made(job.outputs, config_digest) or restore(job.outputs, checkpoints.folder, config_digest)
        ):
            run = Run(examples, job.entry, job.origin["seed"], made_with["device"], checkpoints.folder)
            run.resume(checkpoints.load(), made_with)
            train_to_end(run, checkpoints, compute.checkpoint_seconds, job.name)
            said = {"config_digest": config_digest, "dataset": data, "made_by": job.made_by}
            write(run, job.origin | said | run.history())
        keep(job.outputs, checkpoints.folder)
        checkpoints.clear()


def train_to_end(run: Run, checkpoints: Checkpoints, seconds: float, name: str) -> None:
    """Train the run and report its progress; raise InterruptedError if a signal asks it to end early."""
    with asked_to_end() as asked:
        run.train(checkpoints, seconds, Progress(name, run.trainer.recipe.steps, run.trainer.step), asked)
    if not run.finished:
        what = f"{name} was asked to end ({asked[0]}), and saved step {run.trainer.step}"
        raise InterruptedError(f"{what}; the same command goes on from that step")
