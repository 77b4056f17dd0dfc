"""A study whose files lie in a bucket of a real S3 server: it resumes, and makes the files of a local run."""

import re

import pytest
from killing import kill
from trees import copy_of_repository
from waiting import wait_for

FIGURE = "results/mini/figures/emergence/fig1.csv"
OF_SEED = [
    f"results/mini/addition_wd2/0/{name}"
    for name in ("curves.parquet", "snapshots.parquet", "weights.safetensors")
]
TABLES = [
    *OF_SEED,
    "results/mini/addition_wd2/0/metrics/o_information.parquet",
    "results/mini/addition_wd2/phases.parquet",
    FIGURE,
]


@pytest.fixture(scope="module")
def local(tmp_path_factory):
    """Return the study, finished on an ordinary disk."""
    tree = copy_of_repository(tmp_path_factory.mktemp("local"), "tests/kubernetes/mini.yaml")
    tree.run(FIGURE)
    return tree


@pytest.fixture
def arguments(bucket, tmp_path):
    storage = ["--default-storage-provider", "s3", "--default-storage-prefix", bucket.prefix]
    return [FIGURE, *storage, "--config", f"checkpoints={tmp_path / 'volume'}"]


def test_a_killed_training_resumes_and_ends_with_the_files_of_a_local_run(
    tree, start, bucket, local, arguments, tmp_path
):
    """Kill the trainer and the workflow by SIGKILL after a checkpoint, then give the same command again."""
    first = start(*arguments)
    wait_for(lambda: list(tmp_path.glob("volume/*/*.pt")))
    kill(first)
    assert not set(OF_SEED) & set(bucket.names())

    printed = tree.run(*arguments)
    assert re.search(
        r"goes on from step [1-9]\d*", bucket.read("results/mini/logs/train/addition_wd2/0.log").decode()
    )
    for path in TABLES:
        assert bucket.read(path) == (local.folder / path).read_bytes(), path
    assert [path.name for path in (tree.folder / "results").rglob("*") if path.is_file()] == [".lock"]
    assert not list((tmp_path / "volume").iterdir())
    assert "not-to-be-printed" not in printed
    assert "Nothing to be done" in tree.run(*arguments)
