"""A study on a cluster with accounting: the files that it makes, and the resources that it asks SLURM for."""

import re
import shutil
from pathlib import Path

import pandas as pd
import pytest
from cluster import Cluster
from submitted import Submitted
from trees import Tree, copy_of_repository

pytestmark = pytest.mark.slurm

SMOKE = "results/smoke/figures/fig5.pdf"
METRIC = "results/one/division96/summary/mutual_information_binning.parquet"
READ = {".parquet": pd.read_parquet, ".csv": pd.read_csv, ".safetensors": Path.read_bytes}


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    with Cluster(tmp_path_factory.mktemp("accounted"), accounting=True) as cluster:
        yield cluster


def made(folder):
    """Return the paths of all files that the workflow has made, except logs."""
    results = folder / "results"
    paths = (path.relative_to(results) for path in results.rglob("*") if path.is_file())
    return {path for path in paths if "logs" not in path.parts}


def by_group(jobs):
    """Return {group or rule: its jobs}, from the jobs' comments, `rule_<name of group or rule>_…`."""
    kinds = ("train", "metric", "tables", "figures", "phases")
    return {kind: [job for job in jobs if job["Comment"].startswith(f"rule_{kind}")] for kind in kinds}


def test_the_smoke_study_makes_the_files_of_a_local_run(cluster, tmp_path, new_jobs):
    for name in ("local", "cluster"):
        (tmp_path / name).mkdir()
        copy_of_repository(tmp_path / name, "config/smoke.yaml")
    local = Tree(tmp_path / "local", ["config/smoke.yaml"])
    submitted = Submitted(Tree(tmp_path / "cluster", ["config/smoke.yaml"]), cluster)
    submitted.edit("profiles/slurm/profile.yaml", "# slurm_partition: cpu", "slurm_partition: high")
    submitted.edit("profiles/slurm/profile.yaml", "# slurm_account: lab", "slurm_account: lab")

    said = local.run(SMOKE)
    submitted.run(SMOKE, "--slurm-status-command", "sacct", seconds=1500)
    jobs = new_jobs()
    n_jobs = int(re.search(r"(\d+) steps \(100%\)", said)[1])

    assert made(local.folder) == made(submitted.folder)
    for path in made(local.folder):
        if path.suffix in READ:
            here, there = (READ[path.suffix](tree.folder / "results" / path) for tree in (local, submitted))
            assert here == there if isinstance(here, bytes) else here.equals(there), path

    assert {(job["JobState"], job["Partition"], job["Account"]) for job in jobs} == {
        ("COMPLETED", "high", "lab")
    }
    assert {job["NumCPUs"] for job in jobs} == {"1"}  # groups, too: their members run one after another
    grouped = by_group(jobs)
    assert len(grouped["train"]) == len([*(local.folder / "results").rglob("weights.safetensors")])
    assert len(jobs) == sum(map(len, grouped.values())) < n_jobs


@pytest.fixture
def two_seeds(cluster, local, tmp_path):
    shutil.copytree(local.folder, tmp_path / "tree", ignore=shutil.ignore_patterns(".snakemake"))
    tree = Tree(tmp_path / "tree", local.overlays)
    tree.overlay(lambda config: config["runs"]["division96"].update(seeds=[0, 1]))
    tree.run(*(f"results/one/division96/{seed}/curves.parquet" for seed in (0, 1)))
    submitted = Submitted(tree, cluster)
    yield submitted
    submitted.stop()


def test_seeds_share_a_submission_and_a_seed_that_fails_is_named(two_seeds, new_jobs):
    snapshots = two_seeds.folder / "results/one/division96/1/snapshots.parquet"
    whole = snapshots.read_bytes()
    snapshots.write_bytes(whole[:100] + bytes([whole[100] ^ 1]) + whole[101:])
    said = two_seeds.run(METRIC, "--retries", "0", status=1)
    [job] = new_jobs()
    assert (job["NumCPUs"], job["MinMemoryNode"], job["TimeLimit"]) == ("1", "2000M", "01:00:00")
    error = said[said.index("message: Error in group") :]
    own = "results/one/logs/metric/division96/1/mutual_information_binning.log"
    slurm = f"results/logs/slurm/group_metric_division96_mutual_information_binning_metric/{job['JobId']}.log"
    assert own in error
    assert slurm in error
    assert "parquet" in (two_seeds.folder / own).read_text().lower()

    snapshots.write_bytes(whole)
    two_seeds.run(METRIC)
    _, again, tables = new_jobs()
    assert (again["JobState"], tables["JobState"]) == ("COMPLETED", "COMPLETED")


def test_only_a_training_asks_for_a_gpu(tree, new_jobs):
    tree.edit("profiles/slurm/profile.yaml", "{gpu: 0}", "{gpu: 1, slurm_partition: high}")
    tree.edit("tests/slurm/one_run.yaml", "steps: 3000", "steps: 20")
    tree.run("results/one/division96/0/metrics/mutual_information_binning.parquet")
    train, metric = new_jobs()
    assert ("gpu:1" in train["TresPerJob"], train["Partition"]) == (True, "high")
    assert ("TresPerJob" in metric, metric["Partition"]) == (False, "low")
