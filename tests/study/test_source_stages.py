"""A recording goes through every stage of the pipeline: the scripts' own functions, without a workflow."""

import itertools
import runpy
import shutil
from copy import deepcopy
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import torch
from torch import nn
from torch.nn import functional

from grokking_phases import Recorder, Snapshots
from grokking_phases.metrics import o_information
from grokking_phases.storage.headers import header_of
from study import params
from study.errors import StudyError
from study.inputs import tables_of_figure, tables_of_metrics, tables_of_seeds
from study.provenance import SCRIPTS
from study.resolve import resolve
from study.sources import FILES, folder_of, seals

METRICS = ("o_information", "mutual_information", "linear_mapping_number", "local_complexity")
ONE = {"own": ["own"]}
STUDY = {
    **{"results": "r", "device": "cpu", "threads": 1, "checkpoint_seconds": 60, "subnetworks": {}},
    "runs": {
        "own": {
            **{"source": "own/{seed}", "seeds": [0, 1], "note": "mine"},
            "network": "network_of_stages:build",
        }
    },
    "metrics": {
        "o_information": {"n_bins": 3},
        "mutual_information": {},
        "linear_mapping_number": {"n_samples": 6},
        "local_complexity": {"points": "input", "n_samples": 6},
    },
    **{"phases": ["o_information"], "time_scales": ["mutual_information"]},
    "figures": {
        "study/progress": {"panels": ONE, "tables": ["curves", *METRICS, "phases"]},
        "study/information_plane": {"panels": ONE, "tables": ["mutual_information"]},
        "study/synergy_redundancy": {"panels": ONE, "tables": ["o_information"]},
        "study/compare": {"panels": ONE, "tables": ["curves", *METRICS]},
        "emergence/fig1": {"panels": ONE, "tables": ["curves", "phases"]},
        "emergence/fig2": {"panels": ONE, "tables": ["curves", "o_information", "phases"]},
        "emergence/fig5": {"panels": ONE, "tables": ["o_information"]},
        "emergence/fig8": {"panels": ONE, "tables": ["curves"]},
        "two_phase/fig3": {"panels": ONE, "tables": ["curves", "mutual_information", "time_scales"]},
        "two_phase/fig5": {"panels": ONE, "tables": ["mutual_information"]},
    },
}
NETWORK = """
from torch import nn

def build():
    return nn.Sequential(nn.Linear(4, 6), nn.ReLU(), nn.Linear(6, 5), nn.ReLU(), nn.Linear(5, 3))
"""


def record(folder, seed):
    """Train and record a network; return it."""
    torch.manual_seed(seed)
    X, y = torch.randn(40, 4), torch.arange(40) % 3
    network = nn.Sequential(nn.Linear(4, 6), nn.ReLU(), nn.Linear(6, 5), nn.ReLU(), nn.Linear(5, 3))
    optimizer = torch.optim.Adam(network.parameters(), lr=0.05)
    plan = {"steps": {"log": 8, "last": 20}, "to": folder}
    with Recorder(
        network, layers=["1", "3"], probe=(X[:30], y[:30]), test=(X[30:], y[30:]), **plan
    ) as recorder:
        for step in range(21):
            recorder(step)
            optimizer.zero_grad()
            functional.cross_entropy(network(X[:30]), y[:30]).backward()
            optimizer.step()


def main_of(script, folder):
    """Return the function `main` of a rule's script, which otherwise runs as soon as it is imported."""
    text = (SCRIPTS / f"{script}.py").read_text()
    file = folder / f"{script}_without_its_job.py"
    file.write_text(text[: text.index("\nwith logged(")])
    return runpy.run_path(str(file))["main"]


@pytest.fixture(scope="module")
def pipeline(tmp_path_factory):
    """Return the folder in which two seeds were recorded and taken through all stages, and the study."""
    folder, before = tmp_path_factory.mktemp("stages"), Path.cwd()
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        (folder / "network_of_stages.py").write_text(NETWORK)
        for seed in (0, 1):
            record(f"own/{seed}", seed)
        study = resolve(STUDY)
        run_stages(study, folder)
        yield SimpleNamespace(folder=folder, study=study)
    assert Path.cwd() == before


def run_stages(study, folder):
    def here(paths):
        return [path.replace("<results>", "r") for path in paths]

    run, header = study["runs"]["own"], {"made_by": {}}
    for seed in run["seeds"]:
        origin, place = {"run": "own", "seed": seed}, f"r/own/{seed}"
        output = {name: f"{place}/{file}" for name, file in FILES.items()}
        found = seals(run, seed, Path("r/own"))
        main_of("source", folder)(str(folder_of(run, seed)), found, origin, header, output)
        for metric in METRICS:
            layers, table = params.measured_layers(study, "own", metric), f"{place}/metrics/{metric}.parquet"
            main_of("metric", folder)(origin, study["metrics"][metric], layers, output | header, table)
    for table in ("curves", *METRICS):
        paths = here(tables_of_seeds(study, "own", table))
        main_of("summary", folder)("own", paths, header, f"r/own/summary/{table}.parquet")
    curves = here(tables_of_seeds(study, "own", "curves"))
    for script in ("phases", "time_scales"):
        sources = {"curves": curves, "metrics": here(tables_of_metrics(study, "own", study[script]))}
        main_of(script, folder)("own", sources, study["levels"], header, f"r/own/{script}.parquet")
    for figure, entry in study["figures"].items():
        tables = tables_of_figure(study, figure)
        given = [{"path": here([path])[0], **said} for path, said in tables.items()]
        output = {kind: f"r/figures/{figure}.{kind}" for kind in ("pdf", "png", "csv", "md")}
        drawn = params.drawn(study, figure)
        main_of("figure", folder)(figure, entry, given, drawn, output | {"stamp": "stamp"})


def test_the_metrics_are_those_of_the_recording(pipeline):
    for seed in (0, 1):
        folder = pipeline.folder / f"own/{seed}"
        snapshots = Snapshots(folder / "snapshots.parquet", folder / "dataset.parquet")
        expected = pd.DataFrame(o_information.compute(snapshots, n_bins=3))
        found = pd.read_parquet(pipeline.folder / f"r/own/{seed}/metrics/o_information.parquet")
        np.testing.assert_array_equal(found["value"], expected["value"])
        assert set(found["layer"]) == {"1", "3"}
        assert (found["run"] == "own").all() and (found["seed"] == seed).all()


@pytest.mark.parametrize("metric", ["linear_mapping_number", "local_complexity"])
def test_a_metric_that_runs_the_network_has_values(pipeline, metric):
    found = pd.read_parquet(pipeline.folder / f"r/own/0/metrics/{metric}.parquet")
    assert set(found["layer"]) == {"1", "3"}
    assert found.loc[~found["metric"].str.startswith("n_"), "value"].notna().all()


def test_the_files_name_run_and_seed_and_keep_what_was_recorded(pipeline):
    for name in FILES.values():
        header = header_of(pipeline.folder / "r/own/1" / name, run="own", seed=1)
        assert header["recorded"]["n_probe"] == 30
    taken = pipeline.folder / "r/own/1"
    assert Snapshots(taken / "snapshots.parquet", taken / "dataset.parquet").steps[-1] == 20


def test_phases_and_time_scales_are_of_each_layer(pipeline):
    phases = pd.read_parquet(pipeline.folder / "r/own/phases.parquet")
    assert set(phases["layer"].dropna()) == {"1", "3"}
    assert len(pd.read_parquet(pipeline.folder / "r/own/time_scales.parquet"))


@pytest.mark.parametrize("figure", list(STUDY["figures"]))
def test_every_figure_is_drawn(pipeline, figure):
    assert (pipeline.folder / f"r/figures/{figure}.png").stat().st_size > 10_000
    assert figure in (pipeline.folder / f"r/figures/{figure}.md").read_text(encoding="utf-8")


def test_a_recording_that_was_made_anew_meanwhile_is_refused(pipeline, tmp_path):
    run = pipeline.study["runs"]["own"]
    wrong = seals(run, 0, Path("r/own")) | {"curves": "0" * 64}
    output = {name: str(tmp_path / file) for name, file in FILES.items()}
    with pytest.raises(ValueError, match="own/0/curves.parquet was recorded anew while jobs ran; "):
        main_of("source", tmp_path)(str(folder_of(run, 0)), wrong, {"run": "own", "seed": 0}, {}, output)


@pytest.fixture
def results_alone(pipeline, tmp_path, monkeypatch):
    """Go to a folder that was given the results of the pipeline, but not the recordings."""
    shutil.copytree(pipeline.folder / "r/own", tmp_path / "r/own")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("pruned", [(), ("snapshots.parquet", "weights.safetensors")])
def test_results_are_taken_where_the_recording_is_missing(pipeline, results_alone, pruned):
    for seed, name in itertools.product((0, 1), pruned):
        (results_alone / f"r/own/{seed}/{name}").unlink()
    study = resolve(deepcopy(STUDY))
    for key in ("recorded", "snapshots"):
        assert study["runs"]["own"][key] == pipeline.study["runs"]["own"][key]
    with pytest.MonkeyPatch.context() as there:
        there.chdir(pipeline.folder)
        expected = [seals(study["runs"]["own"], seed, Path("r/own")) for seed in (0, 1)]
    assert [seals(study["runs"]["own"], seed, Path("r/own")) for seed in (0, 1)] == expected


def test_what_must_be_made_from_a_missing_recording_raises_one_sentence(results_alone):
    run = resolve(deepcopy(STUDY))["runs"]["own"]
    output = {name: str(results_alone / "r/own/0" / file) for name, file in FILES.items()}
    again = str(folder_of(run, 0)), seals(run, 0, Path("r/own")), {"run": "own", "seed": 0}, {"made_by": {}}
    with pytest.raises(
        ValueError, match="own/0/dataset.parquet is missing, and .* must be made from it again; copy"
    ):
        main_of("source", results_alone)(*again, output)


def test_results_of_another_recording_are_not_taken(results_alone):
    study = deepcopy(STUDY)
    study["runs"]["own"]["source"] = "owm/{seed}"  # misspelt
    with pytest.raises(StudyError, match="runs.own.source: there is no owm/0/dataset.parquet"):
        resolve(study)
    (results_alone / "own/0").mkdir(parents=True)  # a recording that is not closed
    with pytest.raises(StudyError, match="runs.own.source: there is no own/0/dataset.parquet"):
        resolve(deepcopy(STUDY))
