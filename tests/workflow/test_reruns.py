"""Which changes make the real workflow run jobs again, and which do not, on a study of seconds."""

import re
import shutil
import subprocess

import pytest
import yaml
from trees import EMERGENCE, REPOSITORY, TARGET, TWO_PHASE, Tree, copy_of_repository, trainers
from waiting import wait_for

from grokking_phases.storage.headers import content_of, header_of

FIG5 = "emergence/fig5"


@pytest.fixture(scope="session")
def built(tmp_path_factory):
    folder = tmp_path_factory.mktemp("built") / "tree"
    folder.mkdir()
    tree = copy_of_repository(folder, "tests/workflow/tiny.yaml")
    tree.run(TARGET, EMERGENCE, TWO_PHASE, "results/tiny/tables/alignment.csv")
    return tree


@pytest.fixture
def tree(built, tmp_path):
    shutil.copytree(built.folder, tmp_path / "tree")
    return Tree(tmp_path / "tree", built.overlays)


def test_the_workflow_makes_figures_numbers_and_a_report(built):
    figures = built.folder / "results/tiny/figures"
    made = sorted(str(path.relative_to(figures)) for path in figures.rglob("*.*"))
    shown = yaml.safe_load((REPOSITORY / "config.yaml").read_text())["figures"]
    assert made == sorted(
        [*(f"{name}.{kind}" for name in shown for kind in ("csv", "md", "pdf", "png")), "fig5.md", "fig5.pdf"]
    )
    assert not any((built.folder / "results/tiny/.checkpoints").iterdir())
    built.run(TARGET, "--report", "report.html")
    assert "fig5.png" in (built.folder / "report.html").read_text()


@pytest.mark.parametrize("target", [TARGET, EMERGENCE, TWO_PHASE])
def test_without_a_change_no_job_runs(tree, target):
    assert tree.planned(target) == set()


def test_changed_bins_of_a_metric_rerun_that_metric_and_its_figures(tree):
    tree.overlay(lambda config: config.update(metrics={"mutual_information_binning": {"bins": 7}}))
    assert tree.planned(TARGET) == {
        ("metric", "division96", "0", "mutual_information_binning"),
        ("summary", "division96", "mutual_information_binning"),
        ("figure", "two_phase", "fig5"),
        ("paper_figure", "fig5"),
    }


def test_an_edited_figure_reruns_that_figure(tree):
    tree.edit(
        "workflow/scripts/grokking_phases/figures/emergence/fig5.py",
        "normalised synergy",
        "synergy, normalised",
    )
    assert tree.planned(TARGET) == {("figure", "emergence", "fig5"), ("paper_figure", "fig5")}


def test_panels_in_another_order_are_drawn_again(tree):
    def turn(config):
        panels = config["figures"][FIG5]["panels"]
        config["figures"][FIG5]["panels"] = dict(reversed(panels.items()))

    tree.overlay(turn)
    assert tree.planned(TARGET) == {("figure", "emergence", "fig5"), ("paper_figure", "fig5")}


def test_an_edited_metric_reruns_that_metric_and_its_figures(tree):
    """Check also that Snakemake prints the name of the module."""
    tree.edit(
        "workflow/scripts/grokking_phases/metrics/mutual_information.py",
        "np.isfinite(T).all()",
        "bool(np.isfinite(T).all())",
    )
    metrics = ("mutual_information", "mutual_information_binning")
    assert tree.planned(TARGET) == {
        *(("metric", "division96", "0", metric) for metric in metrics),
        *(("summary", "division96", metric) for metric in metrics),
        ("figure", "two_phase", "fig5"),
        ("paper_figure", "fig5"),
    }
    assert "the code has changed in grokking_phases.metrics.mutual_information." in tree.run(TARGET, "-n")


def test_an_edited_import_of_a_metric_reruns_that_metric(tree):
    tree.edit(
        "workflow/scripts/grokking_phases/synergy/fast_o_information.py", "n_blocks >= 2]", "n_blocks > 1]"
    )
    planned = tree.planned(TARGET)
    assert {job[:2] for job in planned if job[0] == "metric"} == {
        ("metric", "addition_wd2"),
        ("metric", "addition_alpha8"),
    }
    assert not {job for job in planned if job[0] in ("dataset", "train")}


def trained_again(tree, originals):
    """Return the retrained files whose content differs, and those whose log says that a step was taken."""
    logs = tree.folder.glob("results/tiny/logs/retrain/addition_wd2/0/*.activation.log")
    changed = {name for name, content in retrained_contents(tree).items() if content != originals[name]}
    return changed, {f"{log.stem}.parquet" for log in logs if "step" in log.read_text()}


def retrained_contents(tree):
    retrained = tree.folder.glob("results/tiny/addition_wd2/0/retrain/[!.]*")
    return {path.name: content_of(path) for path in retrained}


COMPARISON = "results/tiny/addition_wd2/comparison.parquet"


def test_a_new_choice_of_the_same_units_retrains_nothing(tree):
    """Compute the metric that chooses the sub-networks again: with the same units, no step is taken."""
    originals = retrained_contents(tree)
    tree.edit(
        "workflow/scripts/grokking_phases/synergy/fast_o_information.py", "n_blocks >= 2]", "n_blocks > 1]"
    )
    log = tree.run(COMPARISON)
    assert "rule subnetwork" in log
    assert trained_again(tree, originals) == (set(), set())
    assert tree.planned(COMPARISON) == set()


def test_a_choice_of_other_units_retrains_that_subnetwork_alone(tree):
    """Choose the most redundant multiplet instead of the most synergistic: the other sub-networks stay."""
    tree.overlay(lambda config: config.update(subnetworks={"synergistic": {"extreme": "redundancy"}}))
    log = tree.run(COMPARISON)
    assert re.findall(r"^localrule retrain:\n(?:    .*\n)*?    output: (.*)$", log, re.MULTILINE) == [
        "results/tiny/addition_wd2/0/retrain/synergistic.activation.parquet"
    ]


def test_only_an_added_or_renamed_subnetwork_is_made(tree):
    added = {("subnetwork", "addition_wd2", "0", "random_5"), ("retrain", "addition_wd2", "0", "random_5")}
    tree.overlay(
        lambda config: config.update(subnetworks={"random_5": {"metric": "o_information", "take": "random"}})
    )
    assert {job[:4] for job in tree.planned(COMPARISON)} == added | {("comparison", "addition_wd2")}
    tree.overlay(lambda config: config.pop("subnetworks"))
    tree.edit("config.yaml", "  random_4: {", "  random_5: {")
    tree.edit("config.yaml", "- random_4.activation", "- random_5.activation")
    assert {job[:4] for job in tree.planned(COMPARISON)} == added | {("comparison", "addition_wd2")}


def test_a_failed_retraining_leaves_no_earlier_result_in_its_place(tree):
    """Change the units and let no checkpoint be written; once it can, the same command makes the result."""
    change = {"subnetworks": {"synergistic": {"extreme": "redundancy"}}}
    tree.overlay(lambda config: config.update(change, checkpoints="/dev/null/nowhere"))
    target = "results/tiny/addition_wd2/0/retrain/synergistic.activation.parquet"
    original = (tree.folder / target).read_bytes()
    assert tree.ended(target).returncode != 0
    assert not (tree.folder / target).exists()
    tree.overlay(lambda config: config.pop("checkpoints"))
    tree.run(target)
    assert (tree.folder / target).read_bytes() != original


def test_a_diverged_run_ends_there_and_is_drawn(tree):
    diverging = {"training": {"learning_rate": 1e30, "constrain_norm": "none"}}
    tree.overlay(lambda config: config["runs"].update(addition_alpha8=diverging))
    results = tree.folder / "results/tiny"
    tree.run("results/tiny/figures/emergence/fig5.pdf")
    step = header_of(results / "addition_alpha8/0/curves.parquet")["diverged_at"]
    assert step < 40
    said = (results / "figures/emergence/fig5.md").read_text(encoding="utf-8")
    assert f"diverged, and is drawn up to there: addition_alpha8 seed 0 at step {step}" in said


@pytest.mark.parametrize(
    "file",
    [
        "training/trainer.py",
        "storage/atomic_write.py",
        "metrics/o_information.py",
        "figures/two_phase/fig5.py",
    ],
)
def test_an_edited_comment_triggers_no_rerun(tree, file):
    path = tree.folder / "workflow/scripts/grokking_phases" / file
    path.write_text(path.read_text() + "\n# A remark.\n")
    assert tree.planned(TARGET) == set()


def test_an_added_seed_runs_its_own_jobs_and_those_over_seeds(tree):
    tree.overlay(lambda config: config["runs"]["division96"].update(seeds=[0, 1]))
    metrics = ("mutual_information", "mutual_information_binning")
    assert tree.planned(TARGET) == {
        ("dataset", "division96", "1"),
        ("train", "division96", "1"),
        *(("metric", "division96", "1", metric) for metric in metrics),
        *(("summary", "division96", table) for table in ("curves", *metrics)),
        ("figure", "two_phase", "fig5"),
        ("paper_figure", "fig5"),
    }


def test_named_seeds_and_layers_that_a_metric_has_anyway_measure_nothing(tree):
    named = {"seeds": [0], "layers": ["block_1", "block_2"]}
    tree.overlay(lambda config: config.update(metrics={"mutual_information_binning": named}))
    assert not {job for job in tree.planned(TARGET) if job[0] == "metric"}


def test_the_place_and_interval_of_checkpoints_trigger_no_rerun(tree):
    tree.overlay(lambda config: config.update(checkpoint_seconds=5, checkpoints="elsewhere", device="cpu"))
    assert tree.planned(TARGET) == set()


def test_a_note_on_a_run_redraws_its_figure(tree):
    tree.overlay(lambda config: config["runs"]["division96"].update(note="tiny"))
    assert tree.planned(TARGET) == {("figure", "two_phase", "fig5"), ("paper_figure", "fig5")}


FILES = ["curves.parquet", "snapshots.parquet", "weights.safetensors"]


def test_a_killed_training_resumes_and_ends_in_the_same_bytes(tree):
    """Kill the trainer and the workflow by SIGKILL after a checkpoint, then give the same command again."""
    tree.overlay(lambda config: config["runs"]["division96"]["training"].update(steps=200))
    folder = tree.folder / "results/tiny/division96/0"
    target = str(folder.relative_to(tree.folder) / "curves.parquet")

    first = subprocess.Popen(tree.command(target), cwd=tree.folder, stderr=subprocess.DEVNULL)
    wait_for(lambda: list(tree.folder.glob("results/tiny/.checkpoints/*/*.pt")))
    trainer, *_ = trainers(first)
    first.kill()
    trainer.kill()
    first.wait()
    assert not (folder / "curves.parquet").exists()

    tree.run(target)
    log = (tree.folder / "results/tiny/logs/train/division96/0.log").read_text()
    assert re.search(r"goes on from step [1-9]\d*", log)
    resumed = {name: (folder / name).read_bytes() for name in FILES}

    tree.run(target, "--force")
    assert "goes on" not in (tree.folder / "results/tiny/logs/train/division96/0.log").read_text()
    assert {name: (folder / name).read_bytes() for name in FILES} == resumed
