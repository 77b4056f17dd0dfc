"""Sweeps: a prediction by the real workflow, at a size of seconds, and the plan of a larger sweep."""

import json
import re
import subprocess
import sys

import pandas as pd
import pytest
from sweep_of import JOBS_OF_SEED, SEEDS, sweep
from trees import REPOSITORY, copy_of_repository

TABLE = "results/sweep/tables/prediction.parquet"


def test_a_sweep_gives_a_table_of_hits_and_misses_and_its_figure(tmp_path):
    """Run two batches: the first makes half of the networks, and nothing that is made from all of them."""
    tree = copy_of_repository(tmp_path, "config/prediction.yaml", "tests/workflow/tiny_sweep.yaml")
    picture = "results/sweep/figures/emergence/prediction.png"
    tree.run(picture, "--batch", "prediction=1/2")
    assert len(list(tmp_path.glob("results/sweep/*/*/curves.parquet"))) == 3
    assert not (tmp_path / TABLE).exists()
    tree.run(picture, "--batch", "prediction=2/2")
    assert (tmp_path / picture).stat().st_size > 10_000
    table = pd.read_parquet(tmp_path / TABLE)
    of_runs = table[table["kind"] == "run"]
    assert len(of_runs) == 5 * 3 * 2  # networks, predictors, estimates
    judged = of_runs["outcome"].isin(["hit", "miss", "false alarm", "correct rejection"])
    assert (judged | of_runs["left_out"].notna() | of_runs["undefined"].notna()).all()
    assert tree.planned(picture) == set()


def test_a_sweep_gives_a_table_of_pairs_of_time_scales_and_its_figure(tmp_path):
    tree = copy_of_repository(tmp_path, "config/comovement.yaml", "tests/workflow/tiny_comovement.yaml")
    picture = "results/moving/figures/two_phase/comovement.png"
    tree.run(picture)
    assert (tmp_path / picture).stat().st_size > 10_000
    table = pd.read_parquet(tmp_path / "results/moving/tables/comovement.parquet")
    of_runs, pairs = table[table["kind"] == "run"], table[table["kind"] == "pair"]
    assert of_runs.groupby(["run", "seed"]).size().tolist() == [9] * 6  # 5 of curves, 2 of each estimate
    assert set(of_runs["task"]) == {"a b^94 mod 96", "permutation group"}
    primary = pairs[pairs["role"] == "primary"]
    assert (primary[["aligned", "moving"]] == "cannot tell").all(axis=None) and len(primary) == 3
    assert tree.planned(picture) == set()


@pytest.fixture
def plan(tmp_path):
    """Return a function that gives Snakemake's plan for targets in a sweep of 20 runs."""
    overlay = tmp_path / "sweep.json"
    overlay.write_text(json.dumps(sweep(20 * SEEDS * JOBS_OF_SEED)))

    def planned(*targets):
        command = [
            sys.executable,
            "-m",
            "snakemake",
            "-n",
            *targets,
            "--configfile",
            "config.yaml",
            str(overlay),
        ]
        done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True)
        return done.stdout + done.stderr

    return planned


def test_a_sweep_has_the_number_of_jobs_that_is_asked_for(plan):
    assert re.search(r"^total +501$", plan(TABLE), re.MULTILINE)


def test_a_file_of_an_unknown_run_raises_an_error_that_names_the_nearest_run(plan):
    said = plan("results/sweep/swep_000003/0/curves.parquet")
    assert "there is no run 'swep_000003' (did you mean 'sweep_000003'?)" in said


@pytest.mark.parametrize(
    ("target", "sentence"),
    [
        (
            "results/sweep/addition_wd0.3/0/metrics/o_information.parquet",
            "addition_wd0.3 records no snapshots",
        ),
        ("results/sweep/addition_wd0.3/phases.parquet", "addition_wd0.3 records no snapshots"),
        ("results/sweep/division96/0/metrics/linear_regions.parquet", "linear apart from its ReLUs"),
        ("results/sweep/division96/0/metrics/partition.parquet", "linear apart from its ReLUs"),
        (
            "results/sweep/division96/0/retrain/synergistic.weights.parquet",
            "defines no function `subnetwork`",
        ),
        ("results/sweep/addition_wd2/00/curves.parquet", "No rule to produce"),
    ],
)
def test_a_path_that_no_run_can_have_is_refused_before_any_job(plan, target, sentence):
    said = plan(target)
    assert sentence in said and "KeyError" not in said
