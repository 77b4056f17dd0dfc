"""The command of `make explore`."""

import subprocess
import sys
from pathlib import Path

from made_up_study import write_study

from grokking_phases.explorer.page import data_of

ROOT = Path(__file__).parents[2]


def explore(*words):
    """Run the command in a Python of its own."""
    path = f"{ROOT / 'workflow/scripts'}:{ROOT / 'workflow'}"
    command = [sys.executable, ROOT / "workflow/explore.py", *map(str, words)]
    said = {"capture_output": True, "text": True, "check": False}
    return subprocess.run(command, env={"PYTHONPATH": path}, cwd=ROOT, **said)


def test_the_command_writes_the_page_with_the_recipes_of_the_config(tmp_path):
    write_study(tmp_path / "results", ("base", "heir"), seeds=(0,))
    (tmp_path / "study.yaml").write_text(
        "levels: {generalised: 0.5}\n"
        "runs: {base: {seeds: [0], training: {weight_decay: 2}}, heir: {like: base, model: {width: 7}}}\n"
    )
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
