"""profiles/kubernetes: a dry run without a cluster, and a study in processes that act as pods."""

import os
import re
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from killing import kill
from pods import Cluster
from waiting import wait_for

TRAINED = "results/mini/addition_wd2/0/curves.parquet"


@pytest.fixture
def command(tree, bucket):
    """Return arguments of Snakemake with the profile and the test's bucket.

    The tree becomes a git repository, because pods get the files that git knows.
    """
    for arguments in (["init", "--quiet"], ["add", "--all"]):
        subprocess.run(["git", *arguments], cwd=tree.folder, check=True)
    profile = ["--workflow-profile", "profiles/kubernetes", "--default-storage-prefix", bucket.prefix]
    return [TRAINED, *profile]


@pytest.fixture
def image(tmp_path):
    """Return the PATH of the image.

    Each pod begins by installing a plugin with pip. The image has the plugin, and its pip does nothing.
    """
    folder = tmp_path / "image"
    folder.mkdir()
    (folder / "pip").write_text("#!/bin/sh\n")
    (folder / "pip").chmod(0o755)
    return os.pathsep.join([str(folder), str(Path(sys.executable).parent), "/usr/bin", "/bin"])


@pytest.fixture
def cluster(tmp_path, monkeypatch, image):
    cluster = Cluster(tmp_path / "pods", image)
    (tmp_path / "kubeconfig").write_text(cluster.kubeconfig)
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "kubeconfig"))
    thread = threading.Thread(target=cluster.serve_forever)
    thread.start()
    yield cluster
    cluster.shutdown()
    thread.join()
    cluster.server_close()


def test_a_dry_run_needs_the_bucket_and_no_cluster(tree, command, bucket, monkeypatch):
    monkeypatch.setenv("KUBECONFIG", os.devnull)
    printed = tree.run(*command, "--dry-run")
    assert f"output: {bucket.prefix}/{TRAINED} (send to storage)" in printed
    assert bucket.names() == []


def test_the_training_of_a_pod_taken_away_resumes_in_another_from_the_volume(
    tree, start, command, bucket, cluster, tmp_path
):
    """Lose the pod's folder: the next pod gets the sources, the dataset and the keys as the first did."""
    volume = tmp_path / "volume"
    workflow = start(*command, "--config", f"checkpoints={volume}", "--seconds-between-status-checks", "1")
    wait_for(lambda: list(volume.glob("*/*.pt")), seconds=180)
    kill(list(cluster.pods.values())[-1])  # its node is taken away
    printed, _ = workflow.communicate()
    assert workflow.returncode == 0, printed

    log = bucket.read("results/mini/logs/train/addition_wd2/0.log").decode()
    assert re.search(r"goes on from step [1-9]\d*", log)
    assert len(cluster.pods) == 3  # dataset, and training twice
    assert not list(volume.iterdir())
    assert [path.name for path in (tree.folder / "results").rglob("*") if path.is_file()] == [".lock"]
    pod = cluster.asked[list(cluster.pods)[-1]]
    assert {"name": "checkpoints", "persistentVolumeClaim": {"claimName": "checkpoints"}} in pod["volumes"]
    assert pod["containers"][0]["resources"]["requests"] == {
        "cpu": "950m",
        "memory": "4000M",  # twice as much as at the first attempt
        "ephemeral-storage": "2000M",
    }
    assert "not-to-be-printed" not in printed + str(cluster.asked)
    assert not cluster.secrets
