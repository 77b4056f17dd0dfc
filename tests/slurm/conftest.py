"""Fixtures: the cluster, the study of one training, and a fresh tree of it for every test."""

import shutil

import pytest
from cluster import Cluster
from submitted import Submitted
from trees import Tree, copy_of_repository


@pytest.fixture(scope="session")
def local(tmp_path_factory):
    """Return a tree in which the training has run on this machine without SLURM."""
    folder = tmp_path_factory.mktemp("local") / "tree"
    folder.mkdir()
    tree = copy_of_repository(folder, "tests/slurm/one_run.yaml")
    tree.run("results/one/division96/0/curves.parquet")
    return tree


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    with Cluster(tmp_path_factory.mktemp("slurm")) as cluster:
        yield cluster


@pytest.fixture
def tree(cluster, local, tmp_path):
    """Yield a tree of the same study in which nothing is made yet, and whose jobs go to the cluster."""
    shutil.copytree(local.folder, tmp_path / "tree", ignore=shutil.ignore_patterns("results", ".snakemake"))
    submitted = Submitted(Tree(tmp_path / "tree", local.overlays), cluster)
    yield submitted
    submitted.stop()


@pytest.fixture
def new_jobs(cluster):
    """Return a function that gives the jobs that the test has submitted, oldest first."""
    last = max((int(job["JobId"]) for job in cluster.jobs()), default=0)
    return lambda: [job for job in cluster.jobs() if int(job["JobId"]) > last]
