"""Training jobs in processes of their own, into which tests inject faults.

The processes are forked, so that each costs a tenth of a second.
"""

import os
import signal
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path

import torch._dynamo  # noqa: F401  the first optimiser imports it, which would cost each fork two seconds

from grokking_phases.data.examples_file import write_examples
from grokking_phases.data.split import split
from grokking_phases.datasets import modular_addition
from grokking_phases.storage.tables import write_table
from grokking_phases.training.job import Compute, Job, complete_job

NAMES = ("snapshots.parquet", "weights.safetensors", "curves.parquet")
ORIGIN = {"run": "addition", "seed": 3}
ENTRY = {
    "model": {"module": "mlp", "width": 8},
    "training": {"steps": 24, "learning_rate": 0.03, "weight_decay": 1, "evaluate": {"every": 3}},
    "snapshots": {"layers": ["hidden"], "steps": {"every": 6}, "dtype": "float16"},
}
MADE_BY = {"options": "0123456789abcdef", "inputs": {}, "code": {"train": "c0de"}}
EVERY_STEP = 0  # seconds between two checkpoints


class Trainee:
    """One run in a folder of its own, which holds dataset.parquet, checkpoints/, results/ and said.txt.

    said.txt holds what the last attempt printed.
    """

    def __init__(self, folder: Path, steps: int = 24, seconds: float = EVERY_STEP) -> None:
        self.folder, self.said = folder, folder / "said.txt"
        self.entry = ENTRY | {"training": ENTRY["training"] | {"steps": steps}}
        self.compute = Compute(
            "cpu", threads=1, checkpoints=folder / "checkpoints", checkpoint_seconds=seconds
        )
        self.outputs = [folder / "results" / name for name in NAMES]
        folder.mkdir()
        write_examples(folder / "dataset.parquet", split(modular_addition.make(p=7), 0.4, 0), ORIGIN)

    def train(self) -> None:
        """Train in this process, as the script of the rule `train` does."""

        def write(run, header):
            run.write_snapshots(*self.outputs[:2], header)
            write_table(self.outputs[2], run.curves_table().assign(**ORIGIN), header)

        job = Job(self.folder / "dataset.parquet", self.entry, ORIGIN, MADE_BY, self.outputs)
        complete_job(job, self.compute, write)

    def start(self, fault: Callable[[], None] = lambda: None) -> int:
        """Start an attempt in a process of its own, which injects the fault first; return the process id."""
        pid = os.fork()
        if not pid:
            os._exit(self._attempt(fault))
        return pid

    def _attempt(self, fault: Callable[[], None]) -> int:
        with open(self.said, "w", buffering=1) as sys.stderr:
            try:
                fault()
                self.train()
            except (ValueError, OSError) as error:
                sys.stderr.write(f"{error}\n")
                return 1
            except BaseException:
                traceback.print_exc()
                return 2
        return 0

    def attempt(self, fault: Callable[[], None] = lambda: None) -> int:
        """Make an attempt, and return its exit code.

        It is 0, 1 with one sentence, 2 with a traceback, or minus the number of the signal that killed it.
        """
        return ended(self.start(fault))

    def remove_outputs(self) -> None:
        """Remove the outputs, as Snakemake does when a job failed or is started again."""
        for path in self.outputs:
            path.unlink(missing_ok=True)

    def contents(self) -> list[bytes]:
        return [path.read_bytes() for path in self.outputs]

    def checkpoint_steps(self) -> list[int]:
        """Return the steps of the checkpoints, the newest first."""
        return sorted(
            (int(path.name.split(".")[0]) for path in self.folder.glob("checkpoints/*/*.pt")), reverse=True
        )

    def litter(self) -> list[Path]:
        """Return the files that were begun and never finished."""
        return [path for path in self.folder.rglob(".*") if path.is_file()]


def ended(pid: int, seconds: float = 60) -> int:
    """Return the exit code of a process; raise AssertionError if it still runs after `seconds`."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        done, status = os.waitpid(pid, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.005)
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    raise AssertionError(f"the job still ran after {seconds} s")


def kill_at(
    owner: object, name: str, nth: int, last_act: Callable[..., None] = lambda *_: None
) -> Callable[[], None]:
    """Return a fault: at its nth call, the function calls `last_act` instead, and kills the process."""

    def inject():
        function, calls = getattr(owner, name), []

        def deadly(*arguments, **options):
            calls.append(arguments)
            if len(calls) == nth:
                last_act(*arguments)
                os.kill(os.getpid(), signal.SIGKILL)
            return function(*arguments, **options)

        setattr(owner, name, deadly)

    return inject


def fail_at(owner: object, name: str, nth: int, error: OSError) -> Callable[[], None]:
    """Return a fault: from its nth call on, the function raises `error`."""

    def inject():
        function, calls = getattr(owner, name), []

        def failing(*arguments, **options):
            calls.append(arguments)
            if len(calls) >= nth:
                raise error
            return function(*arguments, **options)

        setattr(owner, name, failing)

    return inject
