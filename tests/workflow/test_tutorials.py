"""The tutorials of docs/ do what they say, on a smoke study that is smaller still."""

import re
import shutil

import pandas as pd
import pytest
import yaml
from shown_data import data_of
from trees import REPOSITORY, copy_of_repository
from tutorials import follow, with_environment

from grokking_phases.storage.headers import header_of

RUN = "results/smoke/addition_wd2"


@pytest.fixture(scope="module")
def started(tmp_path_factory):
    """Follow start.md in a copy of the repository; return the folder, and what the commands printed."""
    folder = tmp_path_factory.mktemp("started") / "clone"
    folder.mkdir()
    copy_of_repository(folder, "config/smoke.yaml", "docs/tables/claims.csv")
    small = yaml.safe_load((REPOSITORY / "tests/workflow/tiny.yaml").read_text())
    (folder / "config/smoke.yaml").write_text(yaml.safe_dump(small | {"results": "results/smoke"}))
    with_environment(folder)
    return folder, follow("start.md", folder)


def test_the_start_draws_figure_5_and_writes_the_explorer(started):
    folder, _ = started
    assert (folder / "results/smoke/figures/fig5.pdf").stat().st_size > 10_000
    shown = data_of((folder / "results/smoke/explorer.html").read_text())
    assert "addition_wd2" in {seed["run"] for seed in shown["seeds"]}


def test_changed_bins_plan_no_training_and_are_measured(started):
    folder, said = started
    plan = said[said.index("This was a dry-run") - 5000 : said.index("This was a dry-run")]
    counted = dict(re.findall(r"^(\w+) +(\d+)$", plan[plan.rindex("Job stats") :], re.MULTILINE))
    assert int(counted["metric"]) == 2 and "train" not in counted and "scores" not in counted
    assert header_of(folder / f"{RUN}/0/metrics/o_information.parquet")["options"]["n_bins"] == 6


def test_a_metric_of_ones_own_is_measured_after_it_was_written(started, tmp_path):
    folder, _ = started
    shutil.copytree(folder, tmp_path / "clone", symlinks=True)
    follow("own_files.md", tmp_path / "clone", "A metric, step by step")
    table = pd.read_parquet(tmp_path / "clone" / RUN / "summary/mean_activity.parquet")
    assert set(table["metric"]) == {"mean_activity"} and table["value"].between(0, 1).all()
