"""Prediction on a sweep: the real workflow, at a size of seconds."""

import pandas as pd
from trees import copy_of_repository


def test_a_sweep_becomes_a_table_of_hits_and_misses_and_its_figure(tmp_path):
    tree = copy_of_repository(tmp_path, "config/prediction.yaml", "tests/workflow/tiny_sweep.yaml")
    picture = "results/sweep/figures/emergence/prediction.png"
    tree.run(picture)
    assert (tmp_path / picture).stat().st_size > 10_000
    table = pd.read_parquet(tmp_path / "results/sweep/tables/prediction.parquet")
    of_runs = table[table["kind"] == "run"]
    assert len(of_runs) == 5 * 2 * 3 * 2  # runs, seeds, predictors, estimates
    judged = of_runs["outcome"].isin(["hit", "miss", "false alarm", "correct rejection"])
    assert (judged | of_runs["left_out"].notna() | of_runs["undefined"].notna()).all()
    assert tree.planned(picture) == set()
