"""The command grokking-phases: what it lists, measures and draws, and how it says what is wrong."""

import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml
from click.testing import CliRunner
from shown_data import data_of

from grokking_phases import information_plane, plugins
from grokking_phases.cli import KINDS, main
from grokking_phases.commands.list_modules import modules_of
from grokking_phases.metrics import o_information
from grokking_phases.storage.tables import read_table
from study.resolve import resolve

SCRIPTS = Path(plugins.__file__).parents[1]
LABELS = np.arange(60) % 3


def run(*arguments, code=0):
    done = CliRunner().invoke(main, list(map(str, arguments)))
    assert done.exit_code == code, done.output
    return done.output


@pytest.fixture
def saved(tmp_path, monkeypatch):
    """Save a layer of 6 units at three steps, in the working folder; return {step: samples}."""
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(0)
    layers = {step: rng.normal(size=(60, 6)) + step * np.eye(6)[LABELS] for step in (1, 2, 10)}
    for step, T in layers.items():
        np.savez(f"step_{step}.npz", hidden=T)
    np.save("y.npy", LABELS)
    return layers


def test_the_list_names_every_module_with_its_options_and_their_defaults():
    listed = run("list")
    for kind in KINDS:
        assert kind in listed
        for module in modules_of(kind):
            assert f"  {module.name}: " in listed and module.line
    only = run("list", "metrics")
    assert "n_bins=10" in only and "needs: recorded weights and the network" in only
    assert "adamw" not in only and "emergence/fig5" not in only
    assert {module.name for module in modules_of("metrics")} == {*plugins.names("metrics")}
    needs = {module.name: module.needs for module in modules_of("figures")}
    assert "curves" in needs["emergence/fig2"] and "time_scales" in needs["two_phase/fig3"]  # imported DRAWS


def test_a_name_alone_shows_its_definition():
    listed = run("list", "o_information")
    assert "synergy    = min Omega over the multiplets" in listed and "n_bins=10" in listed
    assert "redundancy = max Omega" not in run("list", "metrics")
    assert "mutual_information:" not in listed and "emergence/fig5" not in listed
    assert "and those of its estimator" in run("list", "mutual_information")
    assert "did you mean 'o_information'?" in run("list", "metrics", "o_informatoin", code=2)


def test_a_metric_is_measured_as_the_library_does(saved):
    shown = run(
        "measure", *saved_files(), "--metric", "o_information", "--option", "n_bins=3", "--to", "s.parquet"
    )
    table = read_table("s.parquet")
    assert sorted(set(table["step"])) == [1, 2, 10]
    recorded = [Snapshot(step, {"hidden": saved[step]}) for step in saved]
    expected = pd.DataFrame(o_information.compute(recorded, n_bins=3))
    np.testing.assert_array_equal(table["value"], expected["value"])
    synergy = expected[expected["metric"] == "synergy"]["value"]
    line = next(line for line in shown.splitlines() if re.match(r"\s*hidden\s+synergy ", line))
    assert f"{synergy.iloc[0]:.4g}" in line and f"{synergy.iloc[-1]:.4g}" in line


class Snapshot:
    def __init__(self, step, activations):
        self.step, self.activations = step, activations


def saved_files():
    return sorted(Path().glob("*.npz"))


def test_information_needs_labels_and_is_that_of_the_information_plane(saved):
    asked = ["measure", *saved_files(), "--metric", "mutual_information", "--option", "noise=0.5"]
    assert "give --labels y.npy" in run(*asked, "--to", "i.csv", code=2)
    run(*asked, "--labels", "y.npy", "--to", "i.csv")
    table = pd.read_csv("i.csv")
    plane = information_plane({s: {"hidden": T} for s, T in saved.items()}, LABELS, noise=0.5)
    found = table[table["metric"] == "information_y"]["value"]
    np.testing.assert_allclose(found, plane["information_y"], rtol=1e-12)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--metric", "o_informatoin"], "did you mean 'o_information'"),
        (
            ["--metric", "o_information", "--option", "bins=3"],
            "takes no option 'bins'.*did you mean 'n_bins'",
        ),
        (["--metric", "o_information", "--option", "n_bins"], "has no value; give name=value"),
        (["--metric", "o_information", "--option", "n_bins=1"], "n_bins: 1 is less than 2"),
        (["--metric", "o_information", "--option", "n_bins=99"], "n_bins: 99 is more than .*the width"),
        (["--metric", "o_information", "--step", "(x)"], r"step_1.npz has no number .* give --step"),
        (["--metric", "o_information", "--option", "n_bins=2.5"], "n_bins: 2.5 is not a whole number"),
        (["--metric", "o_information", "--option", "bias_correction=no"], "'no' is not true or false"),
        (["--metric", "mutual_information", "--option", "noise=a", "--labels", "y.npy"], "noise: 'a' is not"),
        (["--metric", "o_information", "--option", "n_bins=null"], "n_bins: None is not a whole number"),
        (["--metric", "mutual_information", "--option", "estimator=kgs"], "did you mean 'ksg'"),
        (["--metric", "mutual_information", "--option", "noize=1"], "did you mean 'noise'"),
        (["--metric", "o_information", "--step", "("], "--step '.' is no regular expression"),
        (["--metric", "linear_mapping_number"], "reads the network, which files of arrays lack"),
    ],
)
def test_what_is_wrong_is_one_sentence_and_exit_code_2(saved, arguments, message):
    shown = run("measure", "step_1.npz", *arguments, "--to", "t.csv", code=2)
    assert re.search(message, shown) and "Traceback" not in shown
    assert len([line for line in shown.splitlines() if line.startswith("Error: ")]) == 1
    assert not Path("t.csv").exists()


def test_files_of_two_trainings_are_never_mixed(saved):
    Path("other").mkdir()
    np.savez("other/step_1.npz", hidden=saved[1])
    shown = run(
        "measure", "step_1.npz", "other/step_1.npz", "--metric", "o_information", "--to", "t.csv", code=2
    )
    assert re.search("step_1.npz and other/step_1.npz both hold layer hidden of step 1", shown)
    assert not Path("t.csv").exists()


@pytest.mark.parametrize("estimator", ["ksg", "gaussian_copula", "linear_probe"])
def test_an_estimator_that_reads_inputs_says_that_there_are_none(saved, estimator):
    asked = ["--metric", "mutual_information", "--labels", "y.npy", "--to", "t.csv"]
    shown = run("measure", *saved_files(), *asked, "--option", f"estimator={estimator}", code=2)
    assert f"estimator={estimator} reads the inputs of the samples, which are not known" in shown
    run("measure", *saved_files(), *asked, "--option", "estimator=renyi")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "empty.csv cannot be read as CSV"),
        ("step,metric,value\nfirst,a,1\n", "empty.csv has a step that is no number"),
        ("step,metric,value\n1,a,high\n", "empty.csv has a value that is no number"),
        ("step,metric,value\n1,a,1\n,a,2\n", "empty.csv has a step that is no whole number"),
        ("step,seed,metric,value\n1,first,a,1\n", "empty.csv has a seed that is no number"),
        ("step,metric,value\n1,2,1\n", "empty.csv has a metric that is no text"),
        ("step,metric,value\n", "empty.csv has no rows"),
    ],
)
def test_a_table_that_cannot_be_drawn_is_named(tmp_path, content, message):
    (tmp_path / "empty.csv").write_text(content)
    shown = run("figures", tmp_path / "empty.csv", "--figure", "study/compare", "--to", tmp_path, code=2)
    assert message in shown and "Traceback" not in shown


@pytest.mark.parametrize("figure", ["study/synergy_redundancy", "study/information_plane"])
def test_a_table_without_layers_is_drawn(tmp_path, figure):
    names = ("synergy", "redundancy", "information_x", "information_y", "ceiling_x", "ceiling_y")
    rows = [(step, name, step / 10 + 1) for step in (0, 1, 10, 20) for name in names]
    pd.DataFrame(rows, columns=["step", "metric", "value"]).to_csv(tmp_path / "t.csv", index=False)
    run("figures", tmp_path / "t.csv", "--figure", figure, "--to", tmp_path / "drawn")
    assert len(list((tmp_path / "drawn").glob("*.pdf"))) == 1


def test_the_table_must_be_of_a_kind_that_can_be_written(saved):
    shown = run("measure", "step_1.npz", "--metric", "o_information", "--to", "t.xls", code=2)
    assert "must end in .parquet or .csv" in shown


def test_a_figure_is_drawn_from_tables_alone(saved):
    options = ["--metric", "o_information", "--option", "n_bins=3"]
    run("measure", *saved_files(), *options, "--to", "o_information.parquet")
    rows = [(step, name, 1 / step) for step in (1, 2, 10) for name in ("train_loss", "test_accuracy")]
    pd.DataFrame(rows, columns=["step", "metric", "value"]).to_csv("curves.csv", index=False)
    shown = run(
        "figures", "curves.csv", "o_information.parquet", "--figure", "study/progress", "--to", "drawn"
    )
    assert "written to drawn/study_progress.pdf" in shown
    assert Path("drawn/study_progress.png").stat().st_size > 5000
    assert "n bins 3" in Path("drawn/study_progress.md").read_text(encoding="utf-8")
    numbers = pd.read_csv("drawn/study_progress.csv")
    drawn = numbers[numbers["metric"] == "synergy"].set_index("step")["value"]
    table = read_table("o_information.parquet")
    expected = table[table["metric"] == "synergy"].set_index("step")["value"]
    np.testing.assert_allclose(drawn[expected.index], expected)


def test_curves_with_a_column_each_are_drawn_as_they_are(saved):
    wide = pd.DataFrame({"step": [1, 2], "train_loss": [2.0, 1.0], "by": ["me", "me"]})
    wide.to_csv("curves.csv")  # with the index, as pandas does
    run("figures", "curves.csv", "--figure", "study/progress", "--to", "drawn")
    numbers = pd.read_csv("drawn/study_progress.csv")
    assert set(numbers["metric"]) == {"train_loss"}
    assert numbers.set_index("step")["value"].to_dict() == {1: 2.0, 2: 1.0}


def test_a_caption_says_only_what_the_tables_say():
    from grokking_phases.figures.study._words import words

    numbers = pd.DataFrame(
        {"run": ["a"], "seed": [0], "table": ["o_information"], "step": [1], "metric": ["x"]}
    )
    study = {"runs": {"a": {}}, "metrics": {"o_information": {"module": "o_information", "n_bins": 3}}}
    found = words(numbers, study)
    said = " ".join(found.caption + found.notes)
    assert "n bins 3" in said
    assert not re.search("AdamW|weight decay|probe|None|All: |recorded elsewhere|: \\.", said)


@pytest.mark.parametrize(
    ("figure", "message"),
    [
        ("study/progres", "did you mean 'study/progress'"),
        ("study/information_plane", "finds nothing to draw|needs"),
        ("two_phase/recipe", "finds nothing to draw|needs"),
        ("emergence/fig2", "finds nothing to draw|needs"),
    ],
)
def test_a_figure_that_needs_more_says_so_in_one_sentence(saved, figure, message):
    pd.DataFrame({"step": [1, 2], "metric": "train_loss", "value": [1.0, 2.0]}).to_csv("curves.csv")
    shown = run("figures", "curves.csv", "--figure", figure, code=2)
    assert re.search(message, shown) and "Traceback" not in shown


def test_a_file_that_is_no_table_is_named(saved):
    pd.DataFrame({"a": [1]}).to_csv("other.csv")
    assert "other.csv has the columns a," in run("figures", "other.csv", "--figure", "study/progress", code=2)
    assert "y.npy is no table" in run("figures", "y.npy", "--figure", "study/progress", code=2)
    assert "is no recording" in run("measure", ".", "--metric", "o_information", "--to", "t.csv", code=2)


def test_a_recording_and_its_tables_become_a_page(saved):
    taken = ["--labels", "y.npy", "--step", r"step_(\d+)"]
    pd.DataFrame({"step": [1, 2, 10], "train_loss": [3.0, 2.0, 1.0]}).to_csv("loss.csv", index=False)
    run("import", "step_*.npz", *taken, "--curves", "loss.csv", "--to", "own/mine/7")
    table = "own/mine/7/metrics/o_information.parquet"
    run("measure", "own/mine/7", "--metric", "o_information", "--option", "n_bins=3", "--to", table)
    assert "written to own/explorer.html" in run("explore", "own")
    [seed] = data_of(Path("own/explorer.html").read_text("utf-8"))["seeds"]
    assert (seed["run"], seed["seed"]) == ("mine", 7)
    found = {(name, each["metric"]) for name, table in seed["tables"].items() for each in table["series"]}
    assert {("curves", "train_loss"), ("o_information", "redundancy")} <= found
    assert "give the folder that holds RUN" in run("explore", "own/mine", code=2)


@pytest.mark.parametrize("command", ["import", "list", "measure", "figures", "init", "explore"])
def test_every_command_has_help_with_an_example(command):
    shown = run(command, "--help")
    assert "Example" in shown and f"grokking-phases {command}" in shown


def test_the_command_imports_nothing_heavy_until_it_works():
    """Python starts the command and its help without numpy, pandas or torch, which take seconds."""
    code = "import sys\nfrom grokking_phases.cli import main\nmain(['list'], standalone_mode=False)\n"
    environment = os.environ | {"PYTHONPATH": str(SCRIPTS)}
    shown = [sys.executable, "-c", f"{code}print('MODULES', *sys.modules)"]
    done = subprocess.run(shown, capture_output=True, text=True, check=True, env=environment)
    imported = set(done.stdout.partition("MODULES")[2].split())
    assert "click" in imported and not imported & {"numpy", "pandas", "torch", "matplotlib", "pyarrow"}


def test_the_module_is_the_command_too():
    environment = os.environ | {"PYTHONPATH": str(SCRIPTS)}
    asked = [sys.executable, "-m", "grokking_phases"]
    done = subprocess.run([*asked, "--help"], capture_output=True, text=True, env=environment)
    assert done.returncode == 0 and "Usage: grokking-phases" in done.stdout
    done = subprocess.run([*asked, "meassure"], capture_output=True, text=True, env=environment)
    assert done.returncode == 2 and "No such command" in done.stderr


def test_a_new_study_runs_as_it_is(tmp_path):
    run("init", tmp_path / "mine")
    assert "exists already; give another folder" in run("init", tmp_path / "mine", code=2)
    environment = os.environ | {"PYTHONPATH": str(SCRIPTS), "OMP_NUM_THREADS": "1"}
    asked = [sys.executable, tmp_path / "mine/study.py"]
    done = subprocess.run(asked, capture_output=True, text=True, env=environment)
    assert done.returncode == 0, done.stderr
    measured = pd.read_csv(tmp_path / "mine/measured.csv", index_col="step")
    assert measured.notna().all(axis=None) and (measured["synergy"] <= measured["redundancy"]).all()
    events = pd.read_csv(tmp_path / "mine/phases.csv").set_index("event")["status"]
    assert events["memorised"] == events["generalised"] == "found"
    assert (tmp_path / "mine/figure.png").stat().st_size > 20_000
    study = resolve(yaml.safe_load((tmp_path / "mine/study.yaml").read_text()))
    assert study["runs"]["mine"]["snapshots"]["layers"] == ["1"]
    assert study["results"] == str(tmp_path / "mine/results")
