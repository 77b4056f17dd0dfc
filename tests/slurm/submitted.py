"""A tree whose jobs run on a cluster, started as a user starts them, and what a test of faults needs."""

import subprocess
import sys

import psutil
from waiting import wait_for


class Submitted:
    """A tree and its cluster; Snakemake first asks the scheduler for jobs' states after `seconds`."""

    def __init__(self, tree, cluster, seconds=3):
        self.cluster, self.folder, self._overlays = cluster, tree.folder, tree.overlays
        self._patience = ["--slurm-init-seconds-before-status-checks", str(seconds)]
        self._started = []

    def start(self, *arguments):
        """Start Snakemake in the background, and return its process."""
        profile = ["--workflow-profile", "profiles/slurm"]
        configs = ["--configfile", "config.yaml", *self._overlays]
        with open(self.folder / "said", "w") as said:
            process = subprocess.Popen(
                [sys.executable, "-m", "snakemake", *profile, *self._patience, *arguments, *configs],
                cwd=self.folder,
                env=self.cluster.environment,
                stdout=said,
                stderr=subprocess.STDOUT,
            )
        self._started.append(process)
        return process

    def ended(self, process, seconds=300, status=0):
        """Wait until the process ends with `status`, and return what it printed."""
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"not done after {seconds} s:\n{self.said()}") from None
        assert process.returncode == status, self.said()
        return self.said()

    def run(self, *arguments, seconds=300, status=0):
        return self.ended(self.start(*arguments), seconds, status)

    def said(self):
        return (self.folder / "said").read_text()

    def edit(self, path, old, new):
        text = (self.folder / path).read_text()
        assert old in text
        (self.folder / path).write_text(text.replace(old, new))

    def trainer(self):
        """Return the process that trains, once it has saved a checkpoint."""
        wait_for(lambda: list(self.folder.glob("results/*/.checkpoints/*/*.pt")), 90)
        [trainer] = self._trainers()
        return trainer

    def _trainers(self):
        for process in psutil.process_iter():
            try:
                if process.cwd() == str(self.folder) and process.cmdline()[-1].endswith(".train.py"):
                    yield process
            except (psutil.Error, IndexError):
                continue

    def stop(self):
        """Kill Snakemake, and cancel all jobs of the cluster."""
        for process in self._started:
            process.kill()
            process.wait()
        self.cluster.cancel_everything()
