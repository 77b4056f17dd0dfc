"""A program that imports what scripts need once, and then runs each script in a fork of itself.

    python -P fork_server.py <descriptor>

The descriptor is that of a socket over which `forked_jobs` sends the paths of scripts, each with a socket for
the answer: the exit status of the script, or nothing if the script was killed. A fork begins where the
imports end, so that no script sees what another one did, and has the name of its script in `ps` and `top`.
The program ends when its socket is closed.
"""

import atexit
import os
import runpy
import select
import signal
import socket
import sys
import traceback
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import NoReturn

MODULES = (
    "snakemake.logging",
    "snakemake.iocontainers",
    "pandas",
    "pyarrow.parquet",
    "safetensors",
    "scipy.special",
    "scipy.cluster.hierarchy",
    "scipy.spatial.distance",
)
# Figures need these too. They are imported one by one while nothing is asked for.
LATER = ("matplotlib.figure", "matplotlib.backends.backend_pdf", "matplotlib.backends.backend_agg", "seaborn")
# Trainings need these too, which are imported before the first of them. (The first optimiser that a process
# makes imports torch._dynamo, which takes as long as torch.)
TRAINING, FOR_TRAINING = {"train", "retrain"}, ("torch", "torch._dynamo")
LONGEST = 2**16  # bytes of a path


def serve(control: socket.socket) -> None:
    """Run each script that is asked for, all at the same time."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C ends the scripts and Snakemake, and so this program
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # forks that have ended need not be waited for
    for name in MODULES:
        preload(name)
    later = list(LATER)
    while True:
        while later and not select.select([control], [], [], 0)[0]:
            preload(later.pop(0))
        script, descriptors, _, _ = socket.recv_fds(control, LONGEST, 1)
        if not script:
            return
        path = Path(script.decode())
        if Path(name_of(path)).stem in TRAINING:
            for name in FOR_TRAINING:
                preload(name)
        if os.fork() == 0:
            control.close()
            answer(path, descriptors[0])
        os.close(descriptors[0])


def preload(module: str) -> None:
    """Import a module; if it is missing, a script that needs it will say so."""
    with suppress(ImportError):
        import_module(module)


def answer(script: Path, descriptor: int) -> NoReturn:
    """Run a script in this process, send its exit status, and end the process."""
    with suppress(OSError):  # a container may forbid it, and the name only helps people
        Path("/proc/self/comm").write_text(name_of(script), encoding="utf-8")
    with socket.socket(fileno=descriptor) as there, suppress(OSError):  # Snakemake may have ended meanwhile
        there.send(b"%d" % status_of(str(script)))
    os._exit(0)


def name_of(script: Path) -> str:
    """Return the name of a script, before which Snakemake puts a random word and a dot."""
    return script.name.split(".", 1)[-1]


def status_of(script: str) -> int:
    """Run a script as Python would; return its exit status."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    sys.argv = [script]
    sys.path.insert(0, str(Path(script).parent))
    try:
        runpy.run_path(script, run_name="__main__")
        status = 0
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else int(end.code is not None)
        if isinstance(end.code, str):
            print(end.code, file=sys.stderr)
    except BaseException:
        traceback.print_exc()
        status = 1
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    return status


if __name__ == "__main__":
    serve(socket.socket(fileno=int(sys.argv[1])))
