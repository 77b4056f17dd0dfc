"""Changed bins rerun the search alone: what does not depend on them is stored in a stage of its own."""

import shutil

import pyarrow.parquet as pq
import pytest
from trees import Tree, built_tree

from grokking_phases.storage.headers import header_of

STUDY = "tests/workflow/scored.yaml"  # a whole config, not an overlay
RUN = "results/scored/little/0"
METRICS = ("o_information", "o_information_mean", "o_information_block", "o_information_null")
TABLES = [f"{RUN}/metrics/{metric}.parquet" for metric in METRICS]
SCORES = f"{RUN}/scores/average.parquet"
MEASURED = {("metric", "little", "0", metric) for metric in METRICS}


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    return built_tree(tmp_path_factory, STUDY, *TABLES)


@pytest.fixture
def tree(built, tmp_path):
    shutil.copytree(built.folder, tmp_path / "tree")
    return Tree(tmp_path / "tree", [STUDY], base=())


def planned(tree):
    """Return the set of jobs that would run to make the tables of all metrics."""
    return tree.planned(*TABLES)


def set_option(tree, **options):
    """Change options of `o_information`."""
    tree.overlay(lambda config: config["metrics"]["o_information"].update(options))


def tables_of(tree):
    return [pq.read_table(tree.folder / path).replace_schema_metadata() for path in TABLES]


def test_changed_bins_measure_that_metric_from_its_scores_alone(tree):
    """Delete the snapshots: they are not read."""
    for name in ("snapshots.parquet", "weights.safetensors"):
        (tree.folder / RUN / name).unlink()
    date = (tree.folder / SCORES).stat().st_mtime_ns
    set_option(tree, n_bins=5)
    assert ", now 5)" in tree.run(*TABLES, "-n")
    assert planned(tree) == {("metric", "little", "0", "o_information")}
    tree.run(*TABLES)
    assert header_of(tree.folder / TABLES[0])["options"]["n_bins"] == 5
    assert (tree.folder / SCORES).stat().st_mtime_ns == date
    assert planned(tree) == set()


def test_other_steps_and_layers_are_named(tree):
    set_option(tree, steps={"log": 3}, layers=["preactivation"])
    changed = "layers: ['hidden'], now ['preactivation'], steps: None, now {'log': 3}"
    assert changed in tree.run(*TABLES, "-n")


def test_another_linkage_measures_that_metric_alone(tree):
    set_option(tree, linkage="average")
    assert planned(tree) == {("metric", "little", "0", "o_information")}


def test_another_rule_for_ties_has_scores_of_its_own(tree):
    set_option(tree, ties="paper")
    assert planned(tree) == {("metric", "little", "0", "o_information"), ("scores", "little", "0", "paper")}


def test_edited_scores_measure_all_metrics_that_begin_with_them(tree):
    library = "workflow/scripts/grokking_phases"
    tree.edit(f"{library}/synergy/normal_scores.py", "/ (len(centred) - 1)", "/ (len(centred) - 1.0)")
    assert planned(tree) == MEASURED | {("scores", "little", "0", "average")}


def test_an_added_seed_is_scored_alone(tree):
    tree.overlay(lambda config: config["runs"]["little"].update(seeds=[0, 1]))
    assert planned(tree) == set()
    assert tree.planned(*(path.replace("little/0", "little/1") for path in TABLES)) == {
        ("dataset", "little", "1"),
        ("train", "little", "1"),
        ("scores", "little", "1", "average"),
        *(("metric", "little", "1", metric) for metric in METRICS),
    }


def test_metrics_are_the_same_without_stored_scores(tree):
    before = tables_of(tree)
    tree.edit("workflow/study/stored_scores.py", "FEW = ", "FEW = 10**9 + ")
    assert planned(tree) == MEASURED
    tree.run(*TABLES)
    after = tables_of(tree)
    assert [len(table) > 50 for table in after] == [True] * len(METRICS)
    for one, other in zip(before, after, strict=True):
        assert one.equals(other)


def test_damaged_scores_are_made_again(tree):
    path = tree.folder / SCORES
    whole = path.read_bytes()
    path.write_bytes(whole[:1000])
    assert planned(tree) == MEASURED | {("scores", "little", "0", "average")}
    tree.run(*TABLES)
    assert path.read_bytes() == whole


def test_pruning_deletes_scores_and_triggers_no_rerun(tree):
    assert "0/scores/average.parquet" in tree.run("prune", "-n")
    tree.run("prune")
    assert not (tree.folder / SCORES).exists()
    assert planned(tree) == set()
