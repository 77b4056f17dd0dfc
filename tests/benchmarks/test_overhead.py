"""The share of a study's time that is overhead, computed from the logs of its jobs."""

import os
import sys

import overhead
import pytest
from overhead import from_first_to_last, jobs_of, sentence
from pairs import BenchmarkError


@pytest.fixture
def results(tmp_path):
    """Return a folder of two jobs of work and one of overhead, which run from 1000 s to 1020 s."""
    write(tmp_path, "train/a/0.log", "step 10/10\ntook 7.00 s\n", ended=1007)
    write(tmp_path, "metric/a/0/m.log", "took 3.00 s\n", ended=1014)
    write(tmp_path, "figure/emergence/fig5.log", "took 2.00 s\n", ended=1020)
    write(tmp_path, "slurm/train/1.log", "what SLURM says\n", ended=2000)
    return tmp_path


def write(results, name, text, ended):
    path = results / "logs" / name
    path.parent.mkdir(parents=True)
    path.write_text(text)
    os.utime(path, (ended, ended))


def test_a_study_lasts_from_the_start_of_its_first_job_to_the_end_of_its_last(results):
    assert from_first_to_last(jobs_of(results)) == pytest.approx(20)


def test_all_jobs_but_trainings_and_metrics_are_overhead(results):
    said = sentence(jobs_of(results), wall=20, cores=1)
    for part in ("3 jobs", "20.0 s", "1 core", "7.0 s train", "3.0 s metric", "50.0%", "10.0 s", "2.0 s"):
        assert part in said


def test_idle_cores_are_overhead(results):
    said = sentence(jobs_of(results), wall=20, cores=2)
    assert "2 cores" in said and "75.0%" in said and "30.0 s" in said


@pytest.mark.parametrize("text", ["step 10/10\n", "took 8.00 s\nTraceback\n"])
def test_a_log_that_does_not_say_how_long_its_job_took_is_named(results, text):
    write(results, "retrain/a/0/x.log", text, ended=1010)
    with pytest.raises(BenchmarkError, match=r"retrain/a/0/x\.log"):
        jobs_of(results)


def test_a_folder_without_logs_is_refused_with_one_sentence(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "argv", ["overhead.py", str(tmp_path)])
    with pytest.raises(SystemExit, match=r"^.*/logs.*\.$"):
        overhead.main()
