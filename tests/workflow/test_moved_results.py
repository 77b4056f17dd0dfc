"""Results are judged by their headers, not by their dates or by what Snakemake remembers of them."""

import shutil
import subprocess

import pyarrow.parquet as pq
import pytest
from trees import TARGET, Tree, copy_of_repository

from grokking_phases.storage.headers import header_of, write_parquet

OTHER = {"metrics": {"o_information": {"n_bins": 6}}, "runs": {"addition_wd2": {"training": {"learning_rate": 0.01}}}}


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    folder = tmp_path_factory.mktemp("built") / "tree"
    folder.mkdir()
    tree = copy_of_repository(folder, "tests/workflow/tiny.yaml")
    tree.run(TARGET)
    return tree


@pytest.fixture
def tree(built, tmp_path):
    shutil.copytree(built.folder, tmp_path / "tree")
    return Tree(tmp_path / "tree", built.overlays)


@pytest.fixture
def clone(tmp_path):
    """A fresh clone, whose files are newer than all results."""
    (tmp_path / "clone").mkdir()
    return copy_of_repository(tmp_path / "clone", "tests/workflow/tiny.yaml")


def results_of(tree):
    return {path: path.stat().st_mtime for path in tree.folder.glob("results/**/*") if path.is_file()}


def is_stale(planned):
    """Whether what `OTHER` changes, and what is made of it, is planned again."""
    return planned >= {
        ("metric", "addition_wd2", "0", "o_information"),
        ("metric", "addition_alpha8", "0", "o_information"),
        ("summary", "addition_alpha8", "o_information"),
        ("train", "addition_wd2", "0"),
        ("phases", "addition_wd2"),
        ("figure", "emergence", "fig5"),
    }


@pytest.mark.parametrize(
    ("command", "records"),
    [("cp -r", False), ("cp -r", True), ("cp -a", False), ("rsync -a", True)],
)
def test_results_copied_into_a_fresh_clone_are_taken(command, records, built, clone):
    if not shutil.which(command.split()[0]):
        pytest.skip(f"there is no {command.split()[0]}")
    for name in ["results", *([".snakemake"] if records else [])]:
        subprocess.run([*command.split(), built.folder / name, clone.folder], check=True)
    assert clone.planned(TARGET) == set()
    clone.overlay(lambda config: deep_update(config, OTHER))
    assert is_stale(clone.planned(TARGET))


def deep_update(config, changes):
    for key, value in changes.items():
        if isinstance(value, dict):
            deep_update(config.setdefault(key, {}), value)
        else:
            config[key] = value


def test_without_records_stale_results_are_planned_and_nothing_is_written(tree):
    shutil.rmtree(tree.folder / ".snakemake")
    assert tree.planned(TARGET) == set()
    before = results_of(tree)
    original = (tree.folder / tree.overlays[-1]).read_text()
    tree.overlay(lambda config: deep_update(config, OTHER))
    assert is_stale(tree.planned(TARGET))
    tree.run(TARGET, "--touch")
    assert is_stale(tree.planned(TARGET))
    assert before.keys() == results_of(tree).keys()
    (tree.folder / tree.overlays[-1]).write_text(original)
    assert tree.planned(TARGET) == set()


def test_results_behind_a_symbolic_link_are_taken(built, clone):
    (clone.folder / "results").symlink_to(built.folder / "results")
    assert clone.planned(TARGET) == set()


def test_dates_messages_and_what_stores_and_reports_rerun_nothing(tree):
    library = "workflow/scripts/grokking_phases"
    for path in tree.folder.glob("results/tiny/*/0/dataset.parquet"):
        path.touch()
    (tree.folder / "workflow/scripts/train.py").touch()
    tree.edit(f"{library}/data/snapshots.py", "was not taken on", "is not of")
    tree.edit(f"{library}/data/snapshots.py", "A run's recorded", "One run's recorded")
    tree.edit(f"{library}/data/snapshots.py", "def __len__(self) -> int:", "def __len__(self):")
    for name in ("storage/headers.py", "storage/tables.py", "jobs/machine.py"):
        path = tree.folder / library / name
        path.write_text(path.read_text() + "\nEDITED = True\n")
    assert tree.planned(TARGET) == set()


def test_a_default_written_down_reruns_nothing(tree):
    def write_defaults(config):
        defaults = {"training": {"warmup_steps": 0, "weight_decay": 2.0}, "model": {"width": 128}}
        deep_update(config, {"runs": {"addition_alpha8": {"training": {"alpha": 8.0, "matmul": "float32"}}}})
        deep_update(config, {"runs": {"addition_wd2": defaults, "division96": {"training": {"warmup_steps": 10}}}})
        deep_update(config, {"metrics": {"o_information": {"linkage": "ward"}}})
        deep_update(config, {"runs": {"division96": {"snapshots": {"dtype": "float32"}}}})
        del config["runs"]["addition_wd2"]["model"]  # the tiny study has its own width

    tree.overlay(write_defaults)
    assert tree.planned(TARGET) == set()


def test_what_was_made_from_another_file_is_made_again_and_a_removed_file_is_not(tree):
    folder = tree.folder / "results/tiny/division96"
    (folder / "0/snapshots.parquet").unlink()
    assert tree.planned(TARGET) == set()
    metric = folder / "0/metrics/mutual_information.parquet"
    write_parquet(metric, pq.read_table(metric).slice(1), header_of(metric))
    assert tree.planned(TARGET) == {
        ("summary", "division96", "mutual_information"),
        ("figure", "two_phase", "fig5"),
        ("paper_figure", "fig5"),
    }
