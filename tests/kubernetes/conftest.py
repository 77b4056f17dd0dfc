"""A real S3 server on a free port of 127.0.0.1, and copies of the workflow that keep their files in it."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import boto3
import pytest
from killing import kill
from trees import copy_of_repository
from waiting import wait_for

KEYS = {"ACCESS_KEY": "mine", "SECRET_KEY": "not-to-be-printed"}


@pytest.fixture(scope="session")
def endpoint(tmp_path_factory):
    """Yield the URL of rclone's S3 server, which keeps each bucket as a folder."""
    folder = tmp_path_factory.mktemp("s3")
    log = folder / "server.log"
    rclone = shutil.which("rclone", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    keys = ["--auth-key", ",".join(KEYS.values()), "--config", os.devnull]
    command = [rclone, "serve", "s3", *keys, "--addr", "127.0.0.1:0", "--log-file", log, folder / "buckets"]
    (folder / "buckets").mkdir()
    server = subprocess.Popen(command)
    try:
        yield wait_for(lambda: log.exists() and re.search(r"http://127\.0\.0\.1:\d+", log.read_text()))[0]
    finally:
        server.kill()
        server.wait()


class Bucket:
    """A bucket, as a test reads it; the study lies under `study/`."""

    def __init__(self, endpoint, name):
        keys = {"aws_access_key_id": KEYS["ACCESS_KEY"], "aws_secret_access_key": KEYS["SECRET_KEY"]}
        self.bucket = boto3.resource("s3", endpoint_url=endpoint, region_name="us-east-1", **keys).Bucket(
            name
        )
        self.prefix = f"s3://{name}/study"

    def read(self, path):
        return self.bucket.Object(f"study/{path}").get()["Body"].read()

    def names(self):
        return [item.key.removeprefix("study/") for item in self.bucket.objects.all()]


@pytest.fixture
def bucket(endpoint, monkeypatch, tmp_path):
    """Return an empty bucket, and put its address and keys into the environment."""
    for name, value in {"ENDPOINT_URL": endpoint, **KEYS}.items():
        monkeypatch.setenv(f"SNAKEMAKE_STORAGE_S3_{name}", value)
    bucket = Bucket(endpoint, re.sub(r"\W|_", "-", tmp_path.name))
    bucket.bucket.create()
    return bucket


@pytest.fixture
def tree(tmp_path):
    (tmp_path / "tree").mkdir()
    return copy_of_repository(tmp_path / "tree", "tests/kubernetes/mini.yaml")


@pytest.fixture
def start(tree):
    """Yield a function that starts Snakemake in the background; all are killed at the end of the test."""
    started = []

    def start(*arguments):
        said = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
        started.append(
            subprocess.Popen(tree.command(*arguments), cwd=tree.folder, start_new_session=True, **said)
        )
        return started[-1]

    yield start
    for process in started:
        kill(process)
