"""The end of processes that tests start."""

import os
import signal


def kill(process):
    """Kill a process that leads its session, and all processes that it started."""
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
