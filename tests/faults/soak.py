"""`make soak`: kill trainings, and the Snakemake over them, at random moments.

It kills and restarts a study until the study is done, and starts new studies until there were enough kills.
Nothing may be lost: every run must end in the bytes of an undisturbed one, and no run that had a checkpoint
may start anew.
"""

import argparse
import random
import re
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import psutil
import yaml
from trees import REPOSITORY, Tree, copy_of_repository, is_trainer, trainers

FIGURE = "results/soak/figures/emergence/fig1.csv"
OVERLAY = "tests/faults/soak.yaml"
STEPS = yaml.safe_load((REPOSITORY / OVERLAY).read_text())["runs"]["addition_wd2"]["training"]["steps"]
NAMES = ("curves.parquet", "snapshots.parquet", "weights.safetensors")
PAUSE = 0.05  # seconds between two looks


class Attempt:
    """One process that trains a run, and whether it resumed what was saved before its command was given."""

    def __init__(self, process: psutil.Process, log: Path, checkpoints: Path, saved: int) -> None:
        self.process, self.log, self.checkpoints, self.saved = process, log, checkpoints, saved
        self.begun: int | None = None  # the step at which it began; None until its log says so
        self.since = 0.0  # the time at which its log said so

    def look(self) -> None:
        """Read in the log at which step the process began, unless that is known.

        While the process waits for an orphan of an earlier command, the orphan writes to the same log.
        """
        if self.begun is None:
            said = self.log.read_text()
            went_on = re.search(r"goes on from step (\d+)", said)
            if went_on or "step 1/" in said:
                self.begun, self.since = int(went_on[1]) if went_on else 0, time.time()

    def unsaved(self) -> float:
        """Return the seconds of training that a kill now would cost: none, once the last step is saved."""
        saved = self.since
        with suppress(FileNotFoundError):  # the trainer may remove a checkpoint meanwhile
            for checkpoint in self.checkpoints.glob("*.pt"):
                saved = (
                    time.time() if step_of(checkpoint) == STEPS else max(saved, checkpoint.stat().st_mtime)
                )
        return time.time() - saved

    @property
    def began_anew(self) -> bool:
        return self.begun is not None and self.begun < self.saved


class Soak:
    """Studies that are killed at random, and counts of the kills and of what became of the runs."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.folder, self.dice = folder, random.Random(seed)
        self.kills, self.survived, self.lost, self.anew = dict.fromkeys(KINDS, 0), 0, 0, 0
        self.unsaved = 0.0
        self.undisturbed = self.tree("undisturbed")
        self.undisturbed.run(FIGURE)

    def tree(self, name: str) -> Tree:
        (self.folder / name).mkdir(parents=True)
        return copy_of_repository(self.folder / name, OVERLAY)

    def study(self, name: str) -> None:
        """Run one study to its end, however often it is killed, and count what became of its runs."""
        tree, attempts = self.tree(name), {}
        while self.one_command(tree, attempts):
            pass
        self.anew += sum(attempt.began_anew for attempt in attempts.values())
        for run in sorted(self.undisturbed.folder.glob("results/soak/*/[0-9]*")):
            pairs = [
                (run / name, tree.folder / run.relative_to(self.undisturbed.folder) / name) for name in NAMES
            ]
            same = all(ours.read_bytes() == theirs.read_bytes() for ours, theirs in pairs)
            self.survived, self.lost = self.survived + same, self.lost + (not same)

    def one_command(self, tree: Tree, attempts: dict[int, Attempt]) -> bool:
        """Give the command of the study and kill at random; return whether it must be given again."""
        saved = newest_checkpoints(tree)
        said = open(tree.folder / "said.txt", "a")  # noqa: SIM115
        snakemake = psutil.Popen(
            tree.command(FIGURE), cwd=tree.folder, stdout=said, stderr=said, start_new_session=True
        )
        next_kill = 0.0
        while snakemake.poll() is None:
            time.sleep(PAUSE)
            running = self.watch(snakemake, saved, attempts)
            if not running:
                next_kill = time.monotonic() + self.dice.uniform(0, 3)
            elif time.monotonic() > next_kill:
                self.kill(self.dice.choice(list(KINDS)), snakemake, running)
        self.finish_orphans(tree)
        return snakemake.returncode != 0

    def watch(
        self, snakemake: psutil.Process, saved: dict[Path, int], attempts: dict[int, Attempt]
    ) -> list[Attempt]:
        """Return the attempts that have begun to train; `saved` was there before the command was given."""
        running = []
        for process in trainers(snakemake):
            if process.pid not in attempts and (found := self.found(process, saved)):
                attempts[process.pid] = found
            if attempt := attempts.get(process.pid):
                attempt.look()
                running += [attempt] * (attempt.begun is not None)
        return running

    def found(self, process: psutil.Process, saved: dict[Path, int]) -> Attempt | None:
        """Return the attempt of a process, told by the files that it holds open.

        Return None before the process holds the lock of its run.
        """
        try:
            held = [Path(file.path) for file in process.open_files()]
        except psutil.Error:
            return None
        locks, logs = ([path for path in held if path.suffix == kind] for kind in (".lock", ".log"))
        if not locks or not logs:
            return None
        checkpoints = locks[0].with_suffix("")
        return Attempt(process, logs[0], checkpoints, saved.get(checkpoints, 0))

    def kill(self, kind: str, snakemake: psutil.Process, running: list[Attempt]) -> None:
        """Kill processes in the way of `KINDS[kind]`, and count them."""
        self.unsaved = max([self.unsaved, *(attempt.unsaved() for attempt in running)])
        self.kills[kind] += KINDS[kind](snakemake, [attempt.process for attempt in running])

    def finish_orphans(self, tree: Tree) -> None:
        """Let orphans end by themselves, or leave them to the next Snakemake, at random."""
        orphans = [process for process in psutil.process_iter() if trains_in(tree.folder, process)]
        if self.dice.random() < 0.5:
            psutil.wait_procs(orphans, timeout=self.dice.uniform(0, 10))

    def __str__(self) -> str:
        kinds = ", ".join(f"{number} {kind}" for kind, number in self.kills.items())
        unsaved = f"a kill cost {self.unsaved:.2f} s of training at most"
        runs = (
            f"{self.survived} runs survived, {self.lost} were lost, {self.anew} with a checkpoint began anew"
        )
        return f"{sum(self.kills.values())} kills ({kinds}): {runs}; {unsaved}"


def newest_checkpoints(tree: Tree) -> dict[Path, int]:
    """Return {folder of a run's checkpoints: the newest step}."""
    found = sorted(
        (step_of(path), path.parent) for path in tree.folder.glob("results/soak/.checkpoints/*/*.pt")
    )
    return {folder: step for step, folder in found}


def step_of(checkpoint: Path) -> int:
    return int(checkpoint.name.split(".")[0])


def trains_in(folder: Path, process: psutil.Process) -> bool:
    try:
        return process.cwd() == str(folder) and is_trainer(process)
    except psutil.Error:
        return False


def send(number: int) -> Callable[[list[psutil.Process]], int]:
    """Return a function that sends the signal to each process, and returns the number of processes."""

    def send_to_each(processes):
        for process in processes:
            with suppress(psutil.Error):  # it has just ended
                process.send_signal(number)
        return len(processes)

    return send_to_each


kill, end, interrupt = send(signal.SIGKILL), send(signal.SIGTERM), send(signal.SIGINT)
KINDS: dict[str, Callable[[psutil.Process, list[psutil.Process]], int]] = {
    "of a training": lambda snakemake, training: kill(training[:1]),
    "of all trainings": lambda snakemake, training: kill(training),
    "of Snakemake and its trainings": lambda snakemake, training: kill([snakemake, *training]),
    "of Snakemake alone": lambda snakemake, training: kill([snakemake]),
    "by SIGTERM, of a training": lambda snakemake, training: end(training[:1]),
    "by Ctrl-C": lambda snakemake, training: interrupt([snakemake, *training]),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="an empty folder")
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    # A shell makes its background processes ignore SIGINT.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    soak = Soak(arguments.folder.resolve(), arguments.seed)
    n_studies = 0
    while sum(soak.kills.values()) < arguments.kills:
        n_studies += 1
        soak.study(f"study_{n_studies}")
        print(soak, flush=True)
    if soak.lost or soak.anew:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
