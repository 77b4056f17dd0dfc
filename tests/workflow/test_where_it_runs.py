"""Places where the workflow runs, or says in one sentence why it cannot.

They are another workflow, any locale, a machine without SLURM, another user's folder, and a checkout for
`make`.
"""

import os
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
import yaml
from trees import REPOSITORY

SNAKEMAKE = [sys.executable, "-m", "snakemake"]
CURVES = "results/own/little/0/curves.parquet"
OWN = ["--configfile", "config/own.yaml", "--"]
IMPORTER = f"""
configfile: "config.yaml"

module grokking:
    snakefile: "{REPOSITORY}/Snakefile"
    config: config["study"]
    pathvars:
        results="theirs"

use rule * from grokking as grokking_*

rule mine:
    default_target: True
    input: "theirs/figures/emergence/fig2.csv"
    output: "<results>/mine.csv"
    shell: "cp {{input}} {{output}}"

onstart:
    grokking.onstart()

onsuccess:
    grokking.onsuccess()
"""


def said(command, folder=REPOSITORY, **environment):
    """Return the exit status of a command, and all that it prints."""
    done = subprocess.run(
        command,
        cwd=folder,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        errors="replace",
        timeout=120,
    )
    return done.returncode, done.stdout + done.stderr


def test_another_workflow_uses_this_one_as_a_module(tmp_path):
    """Run the example study, config/own.yaml, cut to one run, from the task to a figure and a report."""
    study = yaml.safe_load((REPOSITORY / "config/own.yaml").read_text(encoding="utf-8"))
    study["figures"]["emergence/fig2"]["panels"] = {"weight decay 2": ["much"]}
    (tmp_path / "config.yaml").write_text(yaml.safe_dump({"study": study, "else": 1}), encoding="utf-8")
    (tmp_path / "Snakefile").write_text(IMPORTER, encoding="utf-8")
    status, log = said([*SNAKEMAKE, "--cores", "2"], tmp_path)
    assert status == 0, log
    assert {"o_information", "curves"} <= set(pd.read_csv(tmp_path / "results/mine.csv")["estimate"])
    assert {path.name for path in tmp_path.glob("[!.]*")} == {"Snakefile", "config.yaml", "results", "theirs"}
    assert not list((tmp_path / "theirs/.checkpoints").iterdir())
    status, log = said([*SNAKEMAKE, "--report", "report.html"], tmp_path)
    assert "fig2.png" in (tmp_path / "report.html").read_text(encoding="utf-8"), log


@pytest.mark.parametrize("snakefile", ["Snakefile", "workflow/Snakefile"])
def test_a_workflow_that_uses_this_one_keeps_its_own_default_target(snakefile, tmp_path):
    study = (REPOSITORY / "config/own.yaml").read_text(encoding="utf-8")
    (tmp_path / "config.yaml").write_text(yaml.safe_dump({"study": yaml.safe_load(study)}), encoding="utf-8")
    importer = IMPORTER.replace("Snakefile", snakefile).replace("    default_target: True\n", "")
    mine = importer.index("rule mine"), importer.index("onstart")
    importer = importer[slice(*mine)] + importer[: mine[0]] + importer[mine[1] :]
    (tmp_path / "Snakefile").write_text(importer, encoding="utf-8")
    status, log = said([*SNAKEMAKE, "-n"], tmp_path)
    assert status == 0, log
    assert "mine" in log and "grokking_all" not in log


def test_a_wrong_config_of_a_module_raises_an_error_that_says_so(tmp_path):
    (tmp_path / "config.yaml").write_text("study: {results: x}", encoding="utf-8")
    (tmp_path / "Snakefile").write_text(IMPORTER, encoding="utf-8")
    status, log = said([*SNAKEMAKE, "-n"], tmp_path)
    assert status == 1
    assert "\nconfig of the module: the key 'device' is missing" in log


def test_a_locale_that_is_not_utf_8_changes_nothing():
    """Use ASCII, the narrowest locale, which each machine has."""
    ascii_only = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    status, log = said([*SNAKEMAKE, "-n", *OWN, CURVES], **ascii_only)
    assert status == 0, log


def test_slurm_without_sbatch_is_refused_at_once_with_one_sentence(tmp_path):
    """Without the check, Snakemake would try without end to guess an account."""
    programs = tmp_path / "programs"
    programs.mkdir()
    for folder in map(Path, reversed(os.environ["PATH"].split(":"))):
        for program in folder.glob("*"):
            (programs / program.name).unlink(missing_ok=True)
            (programs / program.name).symlink_to(program)
    (programs / "sbatch").unlink(missing_ok=True)
    profile = ["--workflow-profile", "profiles/slurm", "--config", f"results={tmp_path}/x"]
    status, log = said(
        [*SNAKEMAKE, *profile, *OWN, f"{tmp_path}/x/little/0/dataset.parquet"], PATH=str(programs)
    )
    assert status == 1
    assert "\nexecutor: SLURM is not on this machine" in log
    assert "Traceback" not in log


def test_a_folder_of_another_user_is_refused_with_one_sentence(tmp_path):
    tmp_path.chmod(0o555)
    unprivileged = ["setpriv", "--bounding-set", "-all", "--inh-caps", "-all"] if os.geteuid() == 0 else []
    config = [f"--directory={tmp_path}", *OWN]
    status, log = said([*unprivileged, *SNAKEMAKE, "-n", *config, CURVES], PYTHONDONTWRITEBYTECODE="1")
    tmp_path.chmod(0o755)
    assert status == 1
    assert f"nothing can be written to {tmp_path}, where Snakemake keeps its records" in log
    assert "Traceback" not in log


def test_a_number_on_the_command_line_is_read_as_a_number():
    said_there = ["--config", "metrics={o_information: {n_bins: 61}}", "--"]
    status, log = said([*SNAKEMAKE, "-n", "--configfile", "config/own.yaml", *said_there, CURVES])
    assert (status, "\n--config: metrics.o_information.n_bins: 61 is more than 60" in log) == (1, True), log


@pytest.mark.parametrize(
    ("folder", "environment", "sentence"),
    [
        ("a b", {}, "has a space"),
        ("ab", {"HOME": "/dev/null/x", "XDG_CACHE_HOME": ""}, "/dev/null/x/.cache cannot be written to"),
    ],
)
def test_make_refuses_a_place_before_it_installs(tmp_path, folder, environment, sentence):
    (tmp_path / folder).mkdir()
    for name in ("Makefile", "requirements.lock"):
        (tmp_path / folder / name).write_bytes((REPOSITORY / name).read_bytes())
    status, log = said(["make", "--no-print-directory", "--dry-run"], tmp_path / folder, **environment)
    assert (status, len(log.splitlines())) == (2, 1)
    assert sentence in log
