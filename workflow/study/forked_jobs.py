"""Jobs in forks of one Python, which has imported what they need (`fork_server`).

To start a Python and import pandas, pyarrow and scipy takes longer than most jobs, and so does torch. To
Snakemake each job remains a job of its own, with its own files and log.
"""

import os
import signal
import socket
import subprocess
import sys
import threading
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from study.fork_server import TRAINING

SERVER = Path(__file__).with_name("fork_server.py")
ALONE = {"adopt"}  # it starts Snakemake
VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS")


class ForkedJobs:
    """The server of forks, which the first job starts if it is not running; threads may ask at once."""

    def __init__(self) -> None:
        self.lock, self.control = threading.Lock(), None

    def start(self) -> None:
        """Start the server, if it is not running."""
        with self.lock:
            if self.control is None:
                self.control, other = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
                command = [sys.executable, "-P", str(SERVER), str(other.fileno())]
                one_thread = os.environ | dict.fromkeys(VARIABLES, "1")
                subprocess.Popen(command, pass_fds=[other.fileno()], env=one_thread, stdin=subprocess.DEVNULL)
                other.close()

    def run(self, script: str) -> int | None:
        """Run a script; return its exit status, or None if it was killed."""
        self.start()
        ours, theirs = socket.socketpair()
        with ours:
            with theirs:
                socket.send_fds(self.control, [script.encode()], [theirs.fileno()])
            answer = ours.recv(16)
        return int(answer) if answer else None


def fork_jobs_of(scripts: type, n_threads: int) -> ForkedJobs | None:
    """Let Snakemake's class of Python scripts run scripts in forks, and return what runs them.

    A script in a container or an environment of its own runs as before. So do all scripts where a job has
    several threads, whose number is fixed when numpy is imported, and where forks are not safe. The result is
    then None.
    """
    if sys.platform != "linux" or n_threads > 1:
        return None
    execute, jobs = scripts.execute_script, ForkedJobs()

    def execute_script(script: Any, fname: str, edit: bool = False) -> None:
        forks = may_fork(script) and not edit
        try:
            status = jobs.run(fname) if forks else None
        except OSError:  # the server was killed
            forks = False
        if not forks:
            execute(script, fname, edit)
        elif status != 0:
            raise subprocess.CalledProcessError(status or -signal.SIGKILL, f"{sys.executable} {fname}")

    scripts.execute_script = execute_script
    return jobs


def may_fork(script: Any) -> bool:
    """Return whether a script needs nothing that its process must be started with."""
    special = (script.conda_env, script.container_img, script.env_modules, script.shadow_dir)
    if any(special) or script.bench_record is not None:
        return False
    name = Path(script.path.get_filename()).stem
    # A GPU's driver does not work in a fork of a program that has touched it.
    return name not in ALONE and (name not in TRAINING or computes_on_cpu())


@cache
def computes_on_cpu() -> bool:
    """Return whether the torch that is installed can use no GPU; torch itself is not imported."""
    try:
        return version("torch").endswith("+cpu")
    except PackageNotFoundError:  # the script will say so
        return False
