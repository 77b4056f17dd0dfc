"""Snakemake in forks of a Python that has imported it: the tests start it some hundred times.

To import Snakemake and its plugins takes longer than to plan a small study. Nothing of this project is
imported beforehand. A fork has the folder, environment and search path that `python -m snakemake` would have.
"""

import os
import subprocess
import sys
import tempfile
from multiprocessing import get_context
from pathlib import Path

IMPORTED = [
    "snakemake.cli",
    "snakemake_executor_plugin_kubernetes",
    "snakemake_executor_plugin_slurm",
    "snakemake_storage_plugin_s3",
]
FORKS = get_context("forkserver")
FORKS.set_forkserver_preload(IMPORTED)


def snakemake(arguments: list[str], folder: Path) -> subprocess.CompletedProcess:
    """Run `python -m snakemake` with these arguments in a folder, and return how it ended."""
    with tempfile.TemporaryDirectory() as temporary:
        said = [Path(temporary) / name for name in ("out", "err")]
        fork = FORKS.Process(target=run, args=(arguments, folder, dict(os.environ), said))
        fork.start()
        fork.join()
        texts = [path.read_text(encoding="utf-8") for path in said]
        return subprocess.CompletedProcess(arguments, fork.exitcode, *texts)


def run(arguments: list[str], folder: Path, environment: dict[str, str], said: list[Path]) -> None:
    """Become a Snakemake of its own in this process."""
    for descriptor, path in enumerate(said, 1):
        os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT), descriptor)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    added = filter(None, environment.get("PYTHONPATH", "").split(os.pathsep))
    sys.path[:] = [str(folder), *added, *filter(is_installed, sys.path)]
    sys.argv[:] = ["snakemake", *arguments]
    from snakemake.cli import main

    main()


def is_installed(path: str) -> bool:
    """Return whether a folder of the search path is of Python or of its packages."""
    return any(Path(path).is_relative_to(prefix) for prefix in (sys.prefix, sys.base_prefix))
