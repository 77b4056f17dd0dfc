"""Faults of a training on a cluster: it resumes from its checkpoint, and ends in the bytes of a local run."""

import re
import signal

import pytest
from waiting import wait_for

pytestmark = pytest.mark.slurm

RUN = "results/one/division96/0"
FILES = ["curves.parquet", "snapshots.parquet", "weights.safetensors"]
TARGET = f"{RUN}/{FILES[0]}"
LOG = "results/one/logs/train/division96/0.log"


def state(job):
    return job["JobState"]


def went_on(tree, local):
    """Check that the last attempt resumed from a checkpoint, and made the files of the local run."""
    assert re.search(r"goes on from step [1-9]\d*", (tree.folder / LOG).read_text())
    same(tree, local)


def same(tree, local):
    """Check that all files are those of the local run, and that no checkpoint is left."""
    for name in FILES:
        assert (tree.folder / RUN / name).read_bytes() == (local.folder / RUN / name).read_bytes(), name
    assert not any((tree.folder / "results/one/.checkpoints").iterdir())


def start_now(cluster, job):
    """Start a requeued job now; otherwise it would wait for two minutes."""
    queued = ["squeue", "--noheader", "--format=%T", f"--job={job['JobId']}"]
    wait_for(lambda: cluster.call(*queued) == "PENDING", 30)
    cluster.call("scontrol", "update", f"JobId={job['JobId']}", "StartTime=now")


def named_logs(tree, said, job):
    """Return the text of the two logs that an error must name: the rule's own, and SLURM's."""
    error = said[said.index("message: Error in group") :]
    logs = [LOG, f"results/logs/slurm/group_train_division96_0_dataset_train/{job['JobId']}.log"]
    assert all(log in error for log in logs)
    return "".join((tree.folder / log).read_text() for log in logs)


def test_a_training_resumes_after_its_time_limit(tree, local, new_jobs):
    """Hold the trainer, as if it were too slow, until SLURM kills it; the next attempt has more time."""
    minutes = ["--set-resources", "dataset:runtime=0", "train:runtime=attempt"]
    process = tree.start(TARGET, *minutes)
    tree.trainer().send_signal(signal.SIGSTOP)
    said = tree.ended(process, 400)
    first, second = new_jobs()
    assert (state(first), first["TimeLimit"]) == ("TIMEOUT", "00:01:00")
    assert (state(second), second["TimeLimit"]) == ("COMPLETED", "00:02:00")
    assert "DUE TO TIME LIMIT" in named_logs(tree, said, first)
    went_on(tree, local)


def test_a_training_resumes_after_scontrol_requeue(tree, local, new_jobs):
    process = tree.start(TARGET)
    tree.trainer()
    [job] = new_jobs()
    tree.cluster.call("scontrol", "requeue", job["JobId"])
    start_now(tree.cluster, job)
    tree.ended(process)
    [job] = new_jobs()
    assert (state(job), job["Restarts"]) == ("COMPLETED", "1")
    went_on(tree, local)


def test_a_training_resumes_after_preemption(tree, local, new_jobs):
    """Let a job of a partition with higher priority take the node, and give it back."""
    process = tree.start(TARGET)
    tree.trainer()
    urgent = ["--partition=high", "--exclusive", "--output=/dev/null", "--wrap=sleep 5"]
    tree.cluster.call("sbatch", *urgent)
    wait_for(lambda: state(new_jobs()[1]) == "COMPLETED")
    start_now(tree.cluster, new_jobs()[0])
    tree.ended(process)
    job, urgent = new_jobs()
    assert (state(job), job["Restarts"], state(urgent)) == ("COMPLETED", "1", "COMPLETED")
    went_on(tree, local)


def test_a_training_resumes_by_the_same_command_after_scancel(tree, local, new_jobs):
    process = tree.start(TARGET, "--retries", "0")
    tree.trainer()
    [job] = new_jobs()
    tree.cluster.call("scancel", job["JobId"])
    said = tree.ended(process, status=1)
    assert f"JOB {job['JobId']} ON" in named_logs(tree, said, job)
    assert not (tree.folder / TARGET).exists()

    tree.run(TARGET)
    went_on(tree, local)


def test_scancel_is_followed_by_another_attempt(tree, local, new_jobs):
    process = tree.start(TARGET)
    tree.trainer()
    tree.cluster.call("scancel", new_jobs()[0]["JobId"])
    tree.ended(process)
    assert [*map(state, new_jobs())] == ["CANCELLED", "COMPLETED"]
    went_on(tree, local)


def test_a_training_resumes_by_the_same_command_after_ctrl_c(tree, local, new_jobs):
    process = tree.start(TARGET)
    tree.trainer()
    process.send_signal(signal.SIGINT)
    tree.ended(process, status=1)
    wait_for(lambda: not tree.cluster.running(), 30)
    tree.run(TARGET)
    assert [*map(state, new_jobs())] == ["CANCELLED", "COMPLETED"]
    went_on(tree, local)


def test_snakemake_started_again_after_a_kill_waits_for_the_orphaned_job(tree, local, new_jobs):
    """Let the orphan train: the job of the new Snakemake waits for it, and has nothing left to do."""
    process = tree.start(TARGET)
    tree.trainer()
    process.kill()
    process.wait()
    tree.run(TARGET)
    assert [*map(state, new_jobs())] == ["COMPLETED", "COMPLETED"]
    assert "step" not in (tree.folder / LOG).read_text()
    same(tree, local)


def test_a_training_resumes_after_snakemake_is_killed_and_its_jobs_are_cancelled(tree, local, new_jobs):
    """Find the orphaned jobs by the prefix of their names, as docs/slurm.md says."""
    process = tree.start(TARGET)
    tree.trainer()
    process.kill()
    process.wait()
    names = tree.cluster.call("squeue", "--noheader", "--format=%j").splitlines()
    [name] = [name for name in names if name.startswith("grokking-phases")]
    tree.cluster.call("scancel", f"--name={name}")
    wait_for(lambda: not tree.cluster.running())
    tree.run(TARGET)
    assert [*map(state, new_jobs())] == ["CANCELLED", "COMPLETED"]
    went_on(tree, local)
