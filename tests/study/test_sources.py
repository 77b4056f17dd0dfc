"""A run that was recorded elsewhere is described by its headers, or raises one sentence."""

from copy import deepcopy
from pathlib import Path

import pytest
import torch
from torch import nn

from grokking_phases import Recorder
from study.errors import StudyError
from study.network_code import network_code
from study.params import measured_layers
from study.resolve import resolve
from study.sources import FILES, header_of_seed, seals

X, Y = torch.randn(12, 4, generator=torch.Generator().manual_seed(0)), torch.arange(12) % 3
STUDY = {
    "results": "r",
    "device": "cpu",
    "threads": 1,
    "checkpoint_seconds": 60,
    "runs": {"own": {"source": "own/{seed}", "seeds": [0, 1], "note": "mine"}},
    "metrics": {"o_information": {"n_bins": 3}, "mutual_information": {}},
    "phases": ["o_information"],
    "time_scales": ["mutual_information"],
    "subnetworks": {"synergistic": {"metric": "o_information"}},
    "figures": {
        "study/progress": {"panels": {"own": ["own"]}, "tables": ["curves", "o_information", "phases"]},
        "study/information_plane": {"panels": {"own": ["own"]}, "tables": ["mutual_information"]},
    },
}
RESULTS = Path("r/own")
FIGURE = {"panels": {"own": ["own"]}, "tables": ["curves"]}


def record(folder, width=5, **settings):
    """Record two snapshots of a network."""
    torch.manual_seed(0)
    network = nn.Sequential(nn.Linear(4, width), nn.ReLU(), nn.Linear(width, 3))
    given = {
        "layers": ["1"],
        "probe": (X, Y),
        "test": (X, Y),
        "steps": [0, 10],
        "to": folder,
        "overwrite": True,
    } | settings
    with Recorder(network, **given) as recorder:
        recorder(0)
        network[0].bias.data += 1
        recorder(10)


@pytest.fixture
def own(tmp_path, monkeypatch):
    """Go to a folder with the recordings of two seeds."""
    monkeypatch.chdir(tmp_path)
    for seed in (0, 1):
        record(f"own/{seed}")
    return tmp_path


def laid_over(base, change):
    if not isinstance(base, dict) or not isinstance(change, dict):
        return change
    return base | {key: laid_over(base.get(key), value) for key, value in change.items()}


def test_a_source_is_described_by_its_headers(own):
    run = resolve(deepcopy(STUDY))["runs"]["own"]
    assert run["recorded"]["layers"] == {"1": 5}
    assert (run["recorded"]["n_probe"], run["recorded"]["by"]) == (12, "Recorder")
    assert run["snapshots"] == {"layers": ["1"], "steps": [0, 10]}
    assert not {"dataset", "model", "training"} & set(run)


def test_a_recording_that_is_made_anew_has_other_seals(own):
    run = STUDY["runs"]["own"]
    before = seals(run, 0, RESULTS)
    assert set(before) == set(FILES)
    record("own/0", width=6)
    assert seals(run, 0, RESULTS)["snapshots"] != before["snapshots"]
    assert seals(run, 1, RESULTS) == seals(run, "1", RESULTS)


def test_a_path_of_a_seed_that_was_not_recorded_is_refused(own):
    with pytest.raises(StudyError, match="runs.own.source: there is no own/7/dataset.parquet"):
        seals(STUDY["runs"]["own"], "7", RESULTS)


OWN = "runs.own"
WEIGHTS = {
    "metrics": {"linear_mapping_number": {}},
    "figures": {"study/progress": {"tables": ["linear_mapping_number"]}},
}


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (
            {"runs": {"own": {"source": "none/{seed}"}}},
            "runs.own.source: there is no none/0/dataset.parquet; ",
        ),
        ({"runs": {"own": {"source": "own/0"}}}, r"runs.own.source: 'own/0' is one folder.*write \{seed\}"),
        ({"runs": {"own": {"source": 3}}}, "runs.own.source: 3 is not the folder of a recording"),
        ({"runs": {"own": {"seeds": []}}}, r"runs.own.seeds: \[\] is not a list of different seeds"),
        ({"runs": {"own": {"sources": "x"}}}, "runs.own.sources: there is no key 'sources'"),
        (
            {"runs": {"own": {"training": {"steps": 5}}}},
            "runs.own.training: .* is not allowed beside `source`",
        ),
        ({"runs": {"own": {"network": "my.module"}}}, "runs.own.network: 'my.module' is not a module and"),
        (WEIGHTS, "metrics.linear_mapping_number: .*recorded elsewhere.*give `network:"),
        (
            WEIGHTS | {"runs": {"own": {"network": "no_such_file:build"}}},
            "runs.own.network: there is no module 'no_such_file' in the working folder",
        ),
        (
            WEIGHTS | {"runs": {"own": {"network": "json:biuld"}}},
            "runs.own.network: json defines no 'biuld'",
        ),
        (
            {"metrics": {"o_information": {"layers": ["hidden"]}}},
            "metrics.o_information.layers: run own has no layer 'hidden'",
        ),
        ({"metrics": {"o_information": {"n_bins": 9}}}, "n_bins: 9 is more than 5, the width of layer 1"),
        (
            {
                "figures": {
                    "emergence/fig6": {
                        "panels": FIGURE["panels"],
                        "tables": ["curves", "synergistic.weights"],
                    }
                }
            },
            "run own has no table synergistic.weights, since it was recorded elsewhere",
        ),
        (
            {"figures": {"emergence/initialisation": FIGURE}},
            "figures.emergence/initialisation.panels: .*compares recipes, and run own was recorded elsewhere",
        ),
    ],
)
def test_what_a_source_cannot_have_raises_one_sentence(own, change, sentence):
    with pytest.raises(StudyError, match=sentence) as found:
        resolve(laid_over(deepcopy(STUDY), change))
    assert "\n" not in str(found.value)


def test_a_damaged_or_other_file_is_no_recording(own):
    Path("own/1/curves.parquet").write_bytes(b"PAR1")
    with pytest.raises(StudyError, match="own/1/curves.parquet is no file of a recording; "):
        resolve(deepcopy(STUDY))


def test_seeds_with_other_layers_are_runs_of_their_own(own):
    record("own/1", width=6)
    with pytest.raises(StudyError, match="own/1 has other layers than own/0; make a run of each"):
        resolve(deepcopy(STUDY))


def test_a_recording_without_activations_has_curves_alone(own):
    for seed in (0, 1):
        record(f"own/{seed}", measure=["linear_mapping_number"])
    with pytest.raises(StudyError, match="run own was recorded without activations; "):
        resolve(deepcopy(STUDY))
    resolve(deepcopy(STUDY) | {"phases": [], "figures": {"study/progress": FIGURE}})


def test_events_need_the_curves_that_they_are_read_off(own):
    record("own/1", test=None)  # the other seed has them
    with pytest.raises(StudyError, match="run own has no table phases, since .* no curve test_accuracy; "):
        resolve(deepcopy(STUDY))


def test_weights_are_needed_by_a_metric_that_runs_the_network(own):
    change = laid_over(deepcopy(STUDY), WEIGHTS | {"runs": {"own": {"network": "mine:build"}}})
    Path("mine.py").write_text("def build():\n    raise SystemExit  # nothing may run it\n")
    layers = measured_layers(resolve(deepcopy(change)), "own", "linear_mapping_number")
    assert layers == {
        "widths": {"1": 5},
        "recomputed": [],
        "network": ["mine:build", network_code("mine:build")],
    }
    record("own/1", weights=False)  # the other seed has them
    with pytest.raises(StudyError, match="without its weights; record it with weights"):
        resolve(change)


def test_the_code_of_a_network_is_hashed_without_being_run(own):
    Path("package").mkdir()
    file = Path("package/module.py")
    file.write_text("def build():\n    return 1\n")
    first = network_code("package.module:build")
    file.write_text("def build():\n    return 2  # changed\n")
    assert first and network_code("package.module:build") not in ("", first)
    assert network_code("package.other:build") == network_code("none.module:build") == ""


def test_so_is_the_code_that_it_imports(own):
    Path("package").mkdir()
    Path("package/__init__.py").write_text("")
    Path("package/module.py").write_text("import torch, theirs\nfrom . import parts\nfrom .parts import x\n")
    Path("package/parts.py").write_text("from package import module\nx = 1\n")
    Path("theirs.py").write_text("import json\nfrom none import missing\ny = 1\n")
    hashes = [network_code("package.module:build")]
    for file in ("package/parts.py", "theirs.py"):
        Path(file).write_text(Path(file).read_text() + "z = 1\n")
        hashes.append(network_code("package.module:build"))
    assert len({*hashes}) == 3
    Path("unread.py").write_text("z = 1\n")
    assert network_code("package.module:build") == hashes[-1]


def test_a_recording_that_was_not_closed_is_named_as_such(own):
    Path("open/0/parts").mkdir(parents=True)
    with pytest.raises(StudyError, match=r"open/0 holds a recording that was not closed.*close\(\)"):
        header_of_seed({"source": "open/{seed}"}, 0, "runs.own.source")
