"""Snakemake's scheduler looks for jobs at a steady rate, however many jobs have ended."""

import inspect
import threading
import time

import pytest
from snakemake.scheduling.job_scheduler import JobScheduler

from study.steady_scheduler import keep_steady


class Scheduler:
    """A scheduler with the parts of Snakemake's that `keep_steady` changes."""

    def __init__(self):
        self.job_rate_limiter, self._open_jobs = object(), threading.Semaphore(0)

    _schedule_reevalutation = JobScheduler._schedule_reevalutation

    def looks(self, seconds):
        """Look whenever a timer says so, ask for the next look, as Snakemake does, and count the looks."""
        end, looks = time.monotonic() + seconds, 0
        while self._open_jobs.acquire(timeout=max(end - time.monotonic(), 0)):
            looks += 1
            if self.job_rate_limiter is not None:
                self._schedule_reevalutation(0.1)
        return looks


@pytest.fixture
def scheduler():
    return Scheduler()


def after_jobs(scheduler, n_jobs):
    """Let jobs end, each of which makes a look."""
    for _ in range(n_jobs):
        scheduler._open_jobs.release()
    return scheduler


def test_snakemake_still_has_what_is_changed():
    source = inspect.getsource(JobScheduler)
    for name in ("self.job_rate_limiter", "self._open_jobs", "def _schedule_reevalutation"):
        assert name in source


def test_by_itself_it_looks_more_often_with_each_job(scheduler):
    assert after_jobs(scheduler, 20).looks(1.05) > 60


def test_a_machine_that_starts_its_jobs_itself_looks_when_a_job_ends(scheduler):
    keep_steady(scheduler, local=True)
    assert after_jobs(scheduler, 20).looks(0.3) == 20


def test_a_machine_that_submits_looks_at_a_steady_rate(scheduler):
    keep_steady(scheduler, local=False)
    assert 20 + 2 <= after_jobs(scheduler, 20).looks(1.05) <= 20 + 11
