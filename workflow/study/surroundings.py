"""What Snakemake needs around it: each check says in one sentence what it would otherwise end, or hang, in."""

import os
import shutil
from pathlib import Path

from study.errors import StudyError

RECORDS = ".snakemake"


def check_python(interpreter: str) -> None:
    """Raise StudyError where no job can be started, since Snakemake does not quote the path of its Python."""
    if " " in interpreter:
        what = f"no job can be started with {interpreter}, a Python whose path has a space"
        raise StudyError("", f"{what}; move the checkout, or the environment, to a folder without one")


def check_records() -> None:
    """Raise StudyError where Snakemake cannot write its records, as in the checkout of another user."""
    folder = Path(RECORDS) if Path(RECORDS).exists() else Path()
    if not os.access(folder, os.W_OK):
        what = f"nothing can be written to {folder.absolute()}, where Snakemake keeps its records"
        remedy = "make a clone of your own, or add --directory <a folder of yours> --configfile config.yaml"
        raise StudyError("", f"{what}; {remedy}")


def check_scheduler(executor: str) -> None:
    """Raise StudyError where jobs are to be submitted to SLURM, and this machine has none."""
    if executor == "slurm" and shutil.which("sbatch") is None:
        what = "SLURM is not on this machine (there is no sbatch)"
        raise StudyError("", f"{what}; start this on a login node of the cluster, or leave the profile out")
