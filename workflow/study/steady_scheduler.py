"""Keep Snakemake from looking for jobs more and more often.

After each look for jobs to start, Snakemake's scheduler sets a timer for the next one, because its limit of
jobs a second (`--max-jobs-per-timespan`, always set) may allow more by then. The end of a job makes a look,
too. So each job adds a series of looks that never ends: after 300 jobs there are 300 a second, which take a
whole core. (Seen in Snakemake 9.27.)
"""

import threading
from typing import Any


def keep_steady(scheduler: Any, local: bool) -> None:
    """Let a scheduler of Snakemake have one timer at a time; none where it starts jobs itself (`local`).

    Where jobs start on this machine, its cores already limit them.
    """
    if local:
        scheduler.job_rate_limiter = None
        return
    waiting = threading.Event()

    def look() -> None:
        waiting.clear()
        scheduler._open_jobs.release()

    def look_after(delay: float) -> None:
        if not waiting.is_set():
            waiting.set()
            timer = threading.Timer(delay, look)
            timer.daemon = True  # Snakemake need not wait for it when all is done
            timer.start()

    scheduler._schedule_reevalutation = look_after
