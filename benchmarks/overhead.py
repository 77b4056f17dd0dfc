"""The overhead of the workflow: the share of a study's time in which nothing is trained or measured.

The last line of each job's log says how long the job took after its script's imports. The time of `train`,
`retrain` and `metric` is work. It includes the modules that these jobs look up by name. It also includes
reading inputs and writing outputs, whose speed `snapshots_io` compares. All other time is overhead:
Snakemake, the start of a Python for each job, its imports, datasets, summaries, figures, and idle cores. The
log of a job that was killed and resumed covers its last attempt alone.

    python benchmarks/overhead.py results --cores 2 --wall 2280

measures the overhead of a finished study. Without --wall, the time runs from the start of the first job to
the end of the last, by the dates of the logs. That leaves out Snakemake's own start, and includes all pauses.
"""

import argparse
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pairs import BenchmarkError, seconds

ROOT = Path(__file__).parents[1]
WORK = ("train", "retrain", "metric")
TOOK = re.compile(r"^took ([\d.]+) s\n\Z", re.MULTILINE)


@dataclass(frozen=True)
class Job:
    """A job as its log describes it; times are in seconds."""

    rule: str
    took: float
    ended: float  # since 1970


def lines() -> Iterator[str]:
    """Yield a line about Figure 5 of the smoke study, made from nothing on one core."""
    with tempfile.TemporaryDirectory() as folder:
        wall = seconds(lambda: smoke(folder))
        yield "fig5 at smoke size, from nothing: " + sentence(jobs_of(Path(folder)), wall, 1)


def smoke(results: str) -> None:
    """Make Figure 5 of the smoke study, with its results in this folder."""
    configs = ["--configfile", "config.yaml", "config/smoke.yaml", "--config", f"results={results}"]
    command = [sys.executable, "-m", "snakemake", "--cores", "1", f"{results}/figures/fig5.pdf", *configs]
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, encoding="utf-8"
    )
    if done.returncode:
        raise BenchmarkError(
            f"config/smoke.yaml: the study failed; `make smoke` shows why: {done.stderr.strip()[-300:]}"
        )


def jobs_of(results: Path) -> list[Job]:
    """Return the jobs whose logs say how long they took.

    Raise BenchmarkError if no log does, or if the log of a job that trains or measures does not.
    """
    jobs = []
    for path in sorted((results / "logs").rglob("*.log")):
        rule, said = (
            path.relative_to(results / "logs").parts[0],
            TOOK.search(path.read_text(encoding="utf-8")),
        )
        if said:
            jobs.append(Job(rule, float(said[1]), path.stat().st_mtime))
        elif rule in WORK:
            raise BenchmarkError(
                f"{path}: the log does not say how long its job took, because the job failed or its code is "
                "older; run the study again in an empty folder"
            )
    if not jobs:
        raise BenchmarkError(
            f"{results}/logs: no log says how long its job took; name the folder of a finished study"
        )
    return jobs


def from_first_to_last(jobs: list[Job]) -> float:
    """Return the seconds from the start of the first job to the end of the last."""
    return max(job.ended for job in jobs) - min(job.ended - job.took for job in jobs)


def sentence(jobs: list[Job], wall: float, cores: int) -> str:
    """Return a sentence that says how `wall` seconds on `cores` cores were spent."""
    work = {rule: sum(job.took for job in jobs if job.rule == rule) for rule in WORK}
    others = sum(job.took for job in jobs if job.rule not in WORK)
    spent, available = sum(work.values()), wall * cores
    parts = [f"{taken:.1f} s {rule}" for rule, taken in work.items() if taken]
    rest = f"{others:.1f} s of it in datasets, summaries and figures"
    return (
        f"{len(jobs)} jobs, {wall:.1f} s on {cores} core{'s' * (cores > 1)}; {', '.join(parts)}; "
        f"all else {1 - spent / available:.1%} ({available - spent:.1f} s, {rest})."
    )


def main() -> None:
    parser = argparse.ArgumentParser(description="The share of a finished study's time that is overhead.")
    parser.add_argument("results", type=Path, help="the study's results folder")
    parser.add_argument("--wall", type=float, help="seconds that the whole study took")
    parser.add_argument("--cores", type=int, default=1, help="cores that it was given")
    asked = parser.parse_args()
    try:
        jobs = jobs_of(asked.results)
    except BenchmarkError as error:
        sys.exit(f"{error}.")
    print(sentence(jobs, asked.wall or from_first_to_last(jobs), asked.cores))


if __name__ == "__main__":
    main()
