"""The tutorial of docs/slurm.md: its file and its commands, as they stand there, on a cluster."""

import pandas as pd
import pytest
from trees import copy_of_repository
from tutorials import follow

pytestmark = pytest.mark.slurm

SECTION, RESULTS = "A sweep, step by step", "results/weight_decays"


def test_the_sweep_of_the_tutorial_is_trained_measured_and_drawn(cluster, tmp_path, new_jobs):
    """Change only how long Snakemake waits before it looks at the jobs."""
    tree = copy_of_repository(tmp_path)
    wait = "slurm-init-seconds-before-status-checks"
    tree.edit("profiles/slurm/profile.yaml", f"{wait}: 60", f"{wait}: 3")
    follow("slurm.md", tmp_path, SECTION, cluster.environment)
    jobs = new_jobs()
    assert {job["JobState"] for job in jobs} == {"COMPLETED"}
    assert len([job for job in jobs if job["Comment"].startswith("rule_train")]) == 6
    table = pd.read_csv(tmp_path / RESULTS / "figures/study/progress.csv")
    assert set(table["run"]) == {"wd0.1", "wd1", "wd2"}
    assert (tmp_path / RESULTS / "figures/study/progress.pdf").stat().st_size > 10_000
