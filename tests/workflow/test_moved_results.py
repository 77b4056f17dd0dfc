"""Results are judged by their headers, not by their dates or by Snakemake's records of them."""

import shutil
import subprocess

import pyarrow.parquet as pq
import pytest
from trees import Tree, built_tree, copy_of_repository

from grokking_phases.storage.headers import header_of, write_parquet

STUDY = "tests/workflow/small.yaml"  # a whole config, not an overlay
TARGET = "results/small/figures/emergence/fig2.pdf"
OTHER = {
    "metrics": {"o_information": {"n_bins": 5}},
    "runs": {"little": {"training": {"learning_rate": 0.01}}},
}
# The jobs whose options `OTHER` changes, and those that read their results. `much` inherits the learning
# rate.
STALE = {
    *(("train", run, "0") for run in ("little", "much")),
    *(("metric", run, "0", "o_information") for run in ("little", "much")),
    *(("summary", run, table) for run in ("little", "much") for table in ("curves", "o_information")),
    *(("phases", run) for run in ("little", "much")),
    ("figure", "emergence", "fig2"),
}


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    return built_tree(tmp_path_factory, STUDY, TARGET)


@pytest.fixture
def tree(built, tmp_path):
    shutil.copytree(built.folder, tmp_path / "tree")
    return Tree(tmp_path / "tree", [STUDY], base=())


@pytest.fixture
def clone(tmp_path):
    """Return a fresh clone, whose files are newer than all results."""
    (tmp_path / "clone").mkdir()
    copy_of_repository(tmp_path / "clone", STUDY)
    return Tree(tmp_path / "clone", [STUDY], base=())


def results_of(tree):
    """Return {path: date} of all results."""
    return {path: path.stat().st_mtime for path in tree.folder.glob("results/**/*") if path.is_file()}


def deep_update(config, changes):
    for key, value in changes.items():
        if isinstance(value, dict):
            deep_update(config.setdefault(key, {}), value)
        else:
            config[key] = value


@pytest.mark.parametrize(
    ("command", "records"),
    [("cp -r", False), ("cp -r", True), ("cp -a", False), ("rsync -a", True)],
)
def test_results_copied_into_a_fresh_clone_are_accepted(command, records, built, clone):
    if not shutil.which(command.split()[0]):
        pytest.skip(f"there is no {command.split()[0]}")
    for name in ["results", *([".snakemake"] if records else [])]:
        subprocess.run([*command.split(), built.folder / name, clone.folder], check=True)
    assert clone.planned(TARGET) == set()
    clone.overlay(lambda config: deep_update(config, OTHER))
    assert clone.planned(TARGET) == STALE


def test_without_records_stale_results_are_planned_and_nothing_is_written(tree):
    shutil.rmtree(tree.folder / ".snakemake")
    assert tree.planned(TARGET) == set()
    dates = results_of(tree)
    original = (tree.folder / tree.overlays[-1]).read_text()
    tree.overlay(lambda config: deep_update(config, OTHER))
    assert tree.planned(TARGET) == STALE
    tree.run(TARGET, "--touch")
    assert tree.planned(TARGET) == STALE
    assert dates.keys() == results_of(tree).keys()
    (tree.folder / tree.overlays[-1]).write_text(original)
    assert tree.planned(TARGET) == set()


def test_the_snakefile_for_the_catalogue_is_the_same_workflow(tree):
    catalogued = ("--snakefile", "workflow/Snakefile")
    assert tree.planned(TARGET, *catalogued) == set()
    tree.overlay(lambda config: deep_update(config, OTHER))
    assert tree.planned(*catalogued) == tree.planned() == STALE | {("paper_figure", "fig2")}


def test_results_behind_a_symbolic_link_are_accepted(built, clone):
    (clone.folder / "results").symlink_to(built.folder / "results")
    assert clone.planned(TARGET) == set()


def test_dates_messages_and_modules_that_store_or_report_trigger_no_rerun(tree):
    library = "workflow/scripts/grokking_phases"
    for path in tree.folder.glob("results/small/*/0/dataset.parquet"):
        path.touch()
    (tree.folder / "workflow/scripts/train.py").touch()
    tree.edit(f"{library}/data/snapshots.py", "was not taken on", "is not of")
    tree.edit(f"{library}/data/snapshots.py", "A run's recorded", "One run's recorded")
    tree.edit(f"{library}/data/snapshots.py", "def __len__(self) -> int:", "def __len__(self):")
    for name in ("storage/headers.py", "storage/tables.py", "jobs/machine.py"):
        path = tree.folder / library / name
        path.write_text(path.read_text() + "\nEDITED = True\n")
    assert tree.planned(TARGET) == set()


def test_a_default_written_down_triggers_no_rerun(tree):
    def write_defaults(config):
        deep_update(config, {"metrics": {"o_information": {"linkage": "ward"}}})
        deep_update(config["runs"]["little"], {"training": {"warmup_steps": 0, "weight_decay": 2.0}})
        deep_update(config["runs"]["much"], {"training": {"alpha": 8.0, "matmul": "float32"}})
        config["runs"]["little"]["snapshots"]["dtype"] = "float32"

    tree.overlay(write_defaults)
    assert tree.planned(TARGET) == set()


def test_results_of_a_changed_input_are_made_again_and_a_removed_input_is_not(tree):
    folder = tree.folder / "results/small/little"
    (folder / "0/snapshots.parquet").unlink()
    assert tree.planned(TARGET) == set()
    metric = folder / "0/metrics/o_information.parquet"
    write_parquet(metric, pq.read_table(metric).slice(1), header_of(metric))
    assert tree.planned(TARGET) == {
        ("summary", "little", "o_information"),
        ("phases", "little"),
        ("figure", "emergence", "fig2"),
    }


def test_pruning_deletes_snapshots_of_finished_metrics_and_triggers_no_rerun(tree):
    folder = tree.folder / "results/small"
    (folder / "much/0/metrics/o_information.parquet").unlink()
    assert "little/0/snapshots.parquet" in tree.run("prune", "-n")
    assert (folder / "little/0/snapshots.parquet").exists()
    tree.run("prune")
    left = {path.relative_to(folder).as_posix() for path in folder.glob("*/0/*") if path.is_file()}
    assert left == {
        *(f"{run}/0/{name}.parquet" for run in ("little", "much") for name in ("dataset", "curves")),
        "much/0/snapshots.parquet",
        "much/0/weights.safetensors",
    }
    assert tree.planned(TARGET) == set()
    missing = "results/small/much/0/metrics/o_information.parquet"
    assert tree.planned(missing) == {("metric", "much", "0", "o_information")}
