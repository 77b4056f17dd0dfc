"""Faults of the processes and the files of a study while Snakemake works.

The user reads one sentence at most, and the results are those of an undisturbed study.
"""

import re
import shutil
import signal
import subprocess

import psutil
import pyarrow.parquet as pq
import pytest
from trees import Tree, copy_of_repository, trainers
from waiting import wait_for

from grokking_phases.storage.headers import write_parquet

FIGURE = "results/mini/figures/emergence/fig1.csv"
RUN = "results/mini/addition_wd2"
FILES = ["0/curves.parquet", "0/snapshots.parquet", "0/weights.safetensors", "1/curves.parquet"]
MADE = [*FILES, "0/metrics/o_information.parquet", "phases.parquet", "summary/curves.parquet"]


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """Return the study, finished without faults."""
    tree = copy_of_repository(tmp_path_factory.mktemp("built"), "tests/faults/mini.yaml")
    tree.run(FIGURE)
    return tree


@pytest.fixture
def tree(built, tmp_path):
    """Return a copy of the finished study."""
    shutil.copytree(built.folder, tmp_path / "tree")
    return Tree(tmp_path / "tree", built.overlays)


@pytest.fixture
def unfinished(tree):
    """Return a copy of the study in which nothing is computed yet."""
    shutil.rmtree(tree.folder / "results")
    shutil.rmtree(tree.folder / ".snakemake")
    return tree


def contents(tree):
    return [(tree.folder / RUN / name).read_bytes() for name in MADE] + [(tree.folder / FIGURE).read_bytes()]


def start(tree, *arguments):
    return subprocess.Popen(
        tree.command(*arguments), cwd=tree.folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )


def refused(tree, *arguments):
    """Give a command that must fail without a traceback, and return what it printed."""
    done = tree.ended(*arguments)
    assert done.returncode == 1
    assert "Traceback" not in done.stdout + done.stderr
    return done.stdout + done.stderr


def wait_for_checkpoints(tree):
    """Wait until both seeds have a checkpoint."""
    wait_for(lambda: len({path.parent for path in tree.folder.glob("results/mini/.checkpoints/*/*.pt")}) == 2)


def log_of(tree, seed):
    log = tree.folder / f"results/mini/logs/train/addition_wd2/{seed}.log"
    return log.read_text() if log.exists() else ""


def flipped(content):
    return content[:5000] + bytes([content[5000] ^ 4]) + content[5001:]


HEADLESS = {
    "a table cut short": ("0/curves.parquet", lambda content: content[:999]),
    "an empty metric": ("1/metrics/o_information.parquet", lambda _: b""),
}


def test_a_damaged_file_is_named_and_made_again_once_it_is_deleted(tree, built):
    name, what = "0/snapshots.parquet", "is damaged, or was changed after it was made"
    path = tree.folder / RUN / name
    path.write_bytes(flipped(path.read_bytes()))
    make_again(tree)
    printed = refused(tree, FIGURE)
    assert re.search(
        rf"^{RUN}/{name} {what}.*; delete it, and the same command makes it again$", printed, re.MULTILINE
    )
    path.unlink()
    tree.run(FIGURE)
    assert contents(tree) == contents(built)


@pytest.mark.parametrize("damage", HEADLESS)
def test_a_file_without_a_header_is_named_and_made_again(damage, tree, built):
    name, change = HEADLESS[damage]
    path = tree.folder / RUN / name
    path.write_bytes(change(path.read_bytes()))
    assert f"{RUN}/{name} is out of date: its header does not say what it was made by" in tree.run(FIGURE)
    assert contents(tree) == contents(built)


def make_again(tree):
    """Delete a metric, the phases and the figures, so that their input files are read again."""
    for made in ("0/metrics/o_information.parquet", "phases.parquet", "summary/curves.parquet"):
        (tree.folder / RUN / made).unlink()
    shutil.rmtree(tree.folder / "results/mini/figures")


def test_a_table_of_another_seed_or_training_is_made_again(tree, built):
    """Put the file of one seed in place of another's, and give a metric the header of another training."""
    folder = tree.folder / RUN
    (folder / "phases.parquet").unlink()
    metric = folder / "0/metrics/o_information.parquet"
    write_parquet(metric, pq.read_table(metric), {"run": "addition_wd2", "seed": 0, "training": "another"})
    shutil.copy(folder / "1/snapshots.parquet", folder / "0/snapshots.parquet")
    tree.run(FIGURE)
    assert contents(tree) == contents(built)


def test_snakemake_and_trainers_killed_leave_no_lock_and_lose_nothing(unfinished, built):
    first = start(unfinished, FIGURE)
    wait_for_checkpoints(unfinished)
    for process in [*trainers(first), first]:
        process.kill()
    first.wait()
    assert "goes on from step" in unfinished.run(FIGURE)
    assert contents(unfinished) == contents(built)
    assert not list((unfinished.folder / "results/mini/.checkpoints").iterdir())


def test_snakemake_killed_alone_finds_what_its_orphans_finished(unfinished, built):
    """Let the orphans train to their end.

    The next Snakemake removes their outputs as incomplete, and they are restored without training.
    """
    first = start(unfinished, FIGURE)
    wait_for_checkpoints(unfinished)
    orphans = trainers(first)
    first.kill()
    first.wait()
    psutil.wait_procs(orphans, timeout=60)
    printed = unfinished.run(FIGURE)
    assert "rule train:" in printed
    assert "steps/s" not in printed  # no step was trained again
    assert contents(unfinished) == contents(built)


def test_a_trainer_asked_to_end_says_so_and_the_same_command_goes_on(unfinished, built):
    first = start(unfinished, FIGURE)
    wait_for_checkpoints(unfinished)
    for trainer in trainers(first):
        trainer.terminate()
    printed, _ = first.communicate()
    assert first.returncode == 1
    assert re.search(
        r"seed 0 was asked to end \(SIGTERM\), and saved step \d+; the same command goes on", printed
    )
    assert "goes on from step" in unfinished.run(FIGURE)
    assert contents(unfinished) == contents(built)


def test_interrupted_at_the_terminal_all_checkpoints_are_saved(unfinished, built):
    """Send SIGINT to Snakemake and to its jobs, as Ctrl-C does."""
    unfinished.overlay(lambda config: config.update(checkpoint_seconds=3600))
    first = start(unfinished, FIGURE)
    wait_for(lambda: all("step" in log_of(unfinished, seed) for seed in (0, 1)))
    first.send_signal(signal.SIGINT)
    for trainer in trainers(first):
        trainer.send_signal(signal.SIGINT)
    first.communicate()
    assert len(list(unfinished.folder.glob("results/mini/.checkpoints/*/*.pt"))) == 2
    unfinished.run(FIGURE)
    assert contents(unfinished) == contents(built)


def test_a_second_snakemake_is_refused_and_disturbs_nothing(unfinished, built):
    first = start(unfinished, FIGURE)
    wait_for_checkpoints(unfinished)
    printed = refused(unfinished, FIGURE)
    assert re.search(
        r"mini.yaml: results: another snakemake \(process \d+ on \S+\) is at work in results/mini; wait",
        printed,
    )
    first.communicate()
    assert first.returncode == 0
    assert contents(unfinished) == contents(built)


def test_a_read_only_disk_is_said_before_a_job_starts(unfinished):
    results = unfinished.folder / "results"
    results.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "ro", "tmpfs", results], capture_output=True)
    if mounted.returncode:
        pytest.skip("a read-only disk cannot be mounted here")
    try:
        printed = refused(unfinished, FIGURE)
    finally:
        subprocess.run(["umount", "-l", results], check=True)
    assert "nothing can be written to results/mini (Read-only file system)" in printed
    assert "rule dataset" not in printed


def test_a_full_disk_stops_the_study_and_room_lets_it_go_on(unfinished, built):
    results = unfinished.folder / "results"
    results.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=600k", "tmpfs", results], capture_output=True
    )
    if mounted.returncode:
        pytest.skip("a small disk cannot be mounted here")
    try:
        (results / "ballast").write_bytes(b"0" * 480_000)
        assert "cannot be written: no space is left on its disk; free some" in refused(unfinished, FIGURE)
        subprocess.run(["mount", "-o", "remount,size=60m", results], check=True)
        unfinished.run(FIGURE)
        assert contents(unfinished) == contents(built)
    finally:
        subprocess.run(["umount", "-l", results], check=True)


def test_a_clock_set_back_costs_nothing(tree, built):
    """Date all files tomorrow: files made from them are accepted, and no other file is made again."""
    ahead = list((tree.folder / RUN).rglob("*.*"))
    subprocess.run(["touch", "-d", "tomorrow", *ahead], check=True)
    make_again(tree)
    printed = tree.run(FIGURE)
    assert re.search(r"The clock was set back: \d+ files in results/mini were dated ahead of it", printed)
    assert "rule train" not in printed
    assert contents(tree) == contents(built)
    assert "Nothing to be done" in tree.run(FIGURE)
