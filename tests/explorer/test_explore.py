"""The command of `make explore`."""

import subprocess
import sys
import time
from pathlib import Path

import yaml
from made_up_study import write_study
from shown_data import data_of

ROOT = Path(__file__).parents[2]
REST = {"results": "results", "device": "cpu", "threads": 1, "checkpoint_seconds": 60, "phases": []}
REST |= {"metrics": {}, "time_scales": [], "subnetworks": {}, "figures": {}}  # of a study, beside its runs


def started(*words):
    """Start the command in a Python of its own."""
    path = f"{ROOT / 'workflow/scripts'}:{ROOT / 'workflow'}"
    command = [sys.executable, ROOT / "workflow/explore.py", *map(str, words)]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    return subprocess.Popen(command, env={"PYTHONPATH": path}, cwd=ROOT, **pipes)


def explore(*words):
    """Return the command's exit code, output and errors, once it has ended."""
    process = started(*words)
    output, errors = process.communicate()
    return subprocess.CompletedProcess(process.args, process.returncode, output, errors)


def write_config(file, **entries):
    file.write_text(yaml.safe_dump(REST | entries))


def test_the_command_writes_the_page_with_the_recipes_of_the_config(tmp_path):
    write_study(tmp_path / "results", ("base", "heir"), seeds=(0,))
    study = {
        "levels": {"generalised": 0.5},
        "runs": {
            "base": {"seeds": [0], "training": {"weight_decay": 2}},
            "heir": {"like": "base", "model": {"width": 7}},
        },
    }
    write_config(tmp_path / "study.yaml", **study)
    (tmp_path / "overlay.yaml").write_text("runs: {base: {training: {weight_decay: 3}}}\n")
    study = ["--study", tmp_path / "study.yaml", tmp_path / "overlay.yaml"]
    done = explore(tmp_path / "results", *study, "--runs", "h*")
    assert done.returncode == 0, done.stderr
    [seed] = data_of((tmp_path / "results/explorer.html").read_text("utf-8"))["seeds"]
    assert (seed["run"], seed["seed"]) == ("heir", 0)
    assert seed["recipe"] == {"training.weight_decay": 3, "model.width": 7}


def test_a_missing_config_is_named_without_a_traceback(tmp_path):
    done = explore(tmp_path, "--study", tmp_path / "none.yaml")
    assert done.returncode == 1
    assert "none.yaml" in done.stderr and "Traceback" not in done.stderr


def test_a_watch_goes_on_after_an_error(tmp_path):
    """The config is broken after the page was written, and then mended with another level."""
    write_study(tmp_path / "results", ("base",), seeds=(0,))
    config, page = tmp_path / "study.yaml", tmp_path / "results/explorer.html"
    write_config(config, runs={"base": {"seeds": [0], "training": {"weight_decay": 2}}})
    process = started(tmp_path / "results", "--study", config, "--watch", "0.05")
    try:
        assert process.stdout.readline().strip() == str(page)
        config.write_text("runs: [\n")
        assert "stays as it is" in process.stderr.readline()
        write_config(config, runs={"base": {"seeds": [0], "training": {"weight_decay": 5}}})
        while process.poll() is None and weight_decay(page) != 5:
            time.sleep(0.05)
        assert process.poll() is None
    finally:
        process.kill()


def weight_decay(page):
    [seed] = data_of(page.read_text("utf-8"))["seeds"]
    return seed["recipe"]["training.weight_decay"]
