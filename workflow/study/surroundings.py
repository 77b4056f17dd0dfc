"""Checks before Snakemake starts: Python's path has no space, its folder is writable, SLURM is present."""

import os
import shutil
from pathlib import Path

from study.errors import StudyError

RECORDS = ".snakemake"


def check_python(interpreter: str) -> None:
    """Raise StudyError if the path of Python has a space: Snakemake does not quote it and starts no job."""
    if " " in interpreter:
        what = f"no job can be started with {interpreter}, since this path of Python has a space"
        raise StudyError("", f"{what}; move the checkout or the environment to a path without spaces")


def check_records() -> None:
    """Raise StudyError if Snakemake cannot write its records, as in the checkout of another user."""
    folder = Path(RECORDS) if Path(RECORDS).exists() else Path()
    if not os.access(folder, os.W_OK):
        what = f"nothing can be written to {folder.absolute()}, where Snakemake keeps its records"
        remedy = "use a clone of your own, or add --directory <a folder of yours> --configfile config.yaml"
        raise StudyError("", f"{what}; {remedy}")


def check_scheduler(executor: str) -> None:
    """Raise StudyError if jobs are to be submitted to SLURM and this machine has none."""
    if executor == "slurm" and shutil.which("sbatch") is None:
        what = "SLURM is not on this machine (there is no sbatch)"
        raise StudyError("", f"{what}; run this on a login node of the cluster, or without the profile")
