"""The forecast of a study: what is left is counted, and each kind of run is measured once."""

from pathlib import Path

import pytest
import yaml
from trees import REPOSITORY

import forecast
from grokking_phases.steps import steps_of
from study.config_files import read_together
from study.errors import StudyError
from study.resolve import resolve

COST = forecast.Cost(step=0.5, evaluation=10.0, measures={"kde": 3.0, "few": 100.0}, snapshot_bytes=1000)
SMALL = {"module": "transformer", "d_model": 16, "d_mlp": 32}


def config(folder):
    """Return a small study: two runs that differ in weight decay, and one with a larger network."""
    run = {
        "seeds": [0, 1],
        "dataset": {"module": "modular_division", "p": 12, "inverse": "fermat", "train_fraction": 0.5},
        "model": SMALL,
        "training": {"steps": 1000, "learning_rate": 0.001, "batch_size": 16, "evaluate": {"log": 9}},
        "snapshots": {"layers": ["block_2"], "steps": {"log": 5}},
    }
    information = {"module": "mutual_information"}
    return {
        "results": str(folder / "results"),
        "device": "cpu",
        "threads": 1,
        "checkpoint_seconds": 60,
        "runs": {
            "a": run,
            "decayed": {"like": "a", "training": {"weight_decay": 1, "steps": 3000}},
            "wide": {"like": "a", "model": {"d_mlp": 64}},
        },
        "metrics": {"kde": information, "few": information | {"steps": [200], "seeds": [1]}},
        "phases": [],
        "time_scales": ["kde"],
        "subnetworks": {},
        "figures": {
            "two_phase/fig5": {"panels": {"all": ["a", "decayed", "wide"]}, "tables": ["kde"]},
            "two_phase/recipe": {"panels": {"one": ["a"]}, "tables": ["time_scales"]},
        },
    }


@pytest.fixture
def written(tmp_path):
    path = tmp_path / "config.yaml"
    path.write_text(yaml.safe_dump(config(tmp_path)))
    return path


@pytest.fixture
def study(written):
    return resolve(read_together([written]))


def test_a_run_that_was_trained_elsewhere_costs_no_training(study):
    study["runs"]["wide"] = {"source": "own/wide", "seeds": [0]}
    assert set(forecast.wanted(study, ["two_phase/fig5"])) == {"a", "decayed"}


def test_all_steps_evaluations_and_snapshots_of_all_seeds_are_counted(study):
    left = forecast.forecast(study, "a", ["kde"], COST)
    recorded = steps_of({"log": 5}, 1000)
    evaluations = len({*recorded, *steps_of({"log": 9}, 1000)})
    assert left.n_seeds == 2
    assert left.training == pytest.approx(2 * (1000 * 0.5 + evaluations * 10))
    assert left.measuring == pytest.approx(2 * len(recorded) * 3)
    assert left.written == 2 * len(recorded) * 1000


def test_a_metric_of_few_steps_and_seeds_costs_less(study):
    assert forecast.forecast(study, "a", ["few"], COST).measuring == 300  # one seed; first, nearest, last


def test_what_is_finished_is_not_counted(study):
    folder = Path(study["results"]) / "a"
    for path in ("0/curves.parquet", "0/metrics/kde.parquet", "1/metrics/kde.parquet"):
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).touch()
    whole = forecast.forecast(study, "decayed", ["kde"], COST)
    left = forecast.forecast(study, "a", ["kde"], COST)
    assert (left.n_seeds, left.measuring, whole.n_seeds) == (1, 0, 2)
    assert left.written > 0


def test_sub_networks_that_are_trained_alone_are_counted(study):
    study["subnetworks"] = {name: {"metric": "kde"} for name in ("one", "two")}
    study["figures"]["emergence/fig6"] = {"panels": {"x": ["a"]}, "tables": ["curves", "one.weights"]}
    study["figures"]["emergence/controls"] = {"panels": {"x": ["a"]}, "tables": ["comparison"]}
    tables = forecast.wanted_subnetworks(study, ["emergence/fig6", "emergence/controls"])["a"]
    assert tables == {"one.weights", "one.activation", "two.activation"}
    assert not forecast.wanted_subnetworks(study, ["two_phase/fig5"])["a"]

    finished = Path(study["results"]) / "a/1/retrain/one.weights.parquet"
    finished.parent.mkdir(parents=True)
    finished.touch()
    without, left = (forecast.forecast(study, "a", [], COST, each) for each in ([], tables))
    assert left.n_subnetworks == 2 * 3 - 1
    assert left.training == pytest.approx((2 + 5) / 2 * without.training)
    assert left.written == without.written


def test_the_longest_seed_bounds_the_time_on_many_cores():
    found = [forecast.Forecast(2, 7200.0, 0.0, 3e9), forecast.Forecast(1, 7200.0, 3600.0, 1e9)]
    said = forecast.in_all(found, "there")
    assert all(number in said for number in ("5.0 hours", "no less than 3.0", "4.0 GB", "there"))
    assert "0.0 hours" in forecast.in_all([forecast.Forecast(0, 0.0, 0.0, 0.0)], "there")


def test_each_kind_of_run_is_measured_once_and_every_run_has_a_line(written, monkeypatch, capsys):
    measured = []
    monkeypatch.setattr(forecast, "measured", lambda study, run, *_: measured.append(run) or COST)
    forecast.main(forecast.parsed(["--study", str(written)]))
    said = capsys.readouterr().out
    assert measured == ["a", "wide"]  # weight decay and the number of steps change no speed
    assert all(f"  {run}: 2 seeds of" in said for run in ("a", "decayed", "wide"))


def test_a_finished_run_is_not_measured(written, study, monkeypatch, capsys):
    folder = Path(study["results"]) / "wide"
    for path in [f"{seed}/{name}.parquet" for seed in (0, 1) for name in ("curves", "metrics/kde")]:
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).touch()
    measured = []
    monkeypatch.setattr(forecast, "measured", lambda study, run, *_: measured.append(run) or COST)
    forecast.main(forecast.parsed(["--study", str(written), "--figures", "two_phase/fig5"]))
    assert measured == ["a"] and "  wide: " in capsys.readouterr().out


@pytest.mark.parametrize(("share", "said"), [(0.25, True), (0.95, False)])
def test_a_busy_machine_is_named(share, said, written, monkeypatch, capsys):
    monkeypatch.setattr(forecast, "measured", lambda *_: COST._replace(share=share))
    forecast.main(forecast.parsed(["--study", str(written), "--figures", "two_phase/recipe"]))
    assert ("Other work took 75% of a core" in capsys.readouterr().out) == said


def test_a_small_run_is_measured(study, monkeypatch):
    monkeypatch.setattr(forecast, "STEPS", 20)
    cost = forecast.measured(study, "a", ["kde", "few"], "cpu")
    assert 0 < cost.step < 60 and 0 < cost.evaluation < 60
    assert set(cost.measures) == {"kde", "few"} and all(0 < each < 60 for each in cost.measures.values())
    network = 4 * (2 * (4 * 16**2 + 2 * 16 * 32))  # bytes of the largest matrices
    assert network < cost.snapshot_bytes < 100 * network
    assert not Path(study["results"]).exists()


def test_only_the_figures_that_are_named_count(study):
    assert forecast.wanted(study, ["two_phase/recipe"]) == {"a": ["kde"]}
    with pytest.raises(StudyError, match="no such figure"):
        forecast.wanted(study, ["two_phase/fig3"])


def test_make_paper_makes_what_it_forecasts():
    layers = ("config.yaml", "config/paper.yaml", "config/paper_float32.yaml", "config/paper_seed1.yaml")
    study = resolve(read_together([REPOSITORY / name for name in layers]))
    makefile = (REPOSITORY / "Makefile").read_text()
    [names] = [line for line in makefile.splitlines() if line.startswith("PAPER_FIGURES")]
    figures = names.split(",")[1].rstrip(")").split()
    runs = forecast.wanted(study, [f"two_phase/{figure}" for figure in figures])
    assert set(runs) == {"division96", "s5", "division96_float32", "s5_float32"}
    assert [study["runs"][run]["seeds"] for run in ("division96", "s5")] == [[0, 1, 2], [0, 1]]
    assert [study["runs"][run]["training"]["steps"] for run in ("division96", "s5")] == [111_200, 604_000]
    estimators = {study["metrics"][metric].get("estimator") for metric in runs["s5"]} - {None}
    assert len(estimators) == 7
    modules = {study["metrics"][metric]["module"] for metric in runs["s5"]}
    assert modules >= {"o_information", "linear_mapping_number", "local_complexity", "softmax_collapse"}
    for run in runs:
        training, model = study["runs"][run]["training"], study["runs"][run]["model"]
        loss_dtype = "float32" if run.endswith("float32") else "float64"
        assert (training["weight_decay"], model["dropout"], training["loss_dtype"]) == (0, 0.1, loss_dtype)
        assert model.get("embedding_scale") in (None, pytest.approx(128**0.5))
