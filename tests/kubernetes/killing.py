import os
import signal


def kill(process):
    """A process that leads its session, with all that it started."""
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
