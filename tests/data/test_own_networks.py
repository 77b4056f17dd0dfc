"""The network of a recording is built by a function of the user's, and given the recorded weights."""

import pytest
import torch
from torch import nn

from grokking_phases import Recorder
from grokking_phases.data.own_networks import OwnNetworks
from grokking_phases.storage.headers import header_of

MINE = """
from torch import nn

def build():
    return nn.Sequential(nn.Linear(4, 5), nn.BatchNorm1d(5), nn.ReLU(), nn.Linear(5, 3))

def other():
    return nn.Linear(4, 3)

def nothing():
    return None
"""


@pytest.fixture
def recorded(tmp_path, monkeypatch):
    """Return a recorded network, the path of its weights, and their digest."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "own_network_of_test.py").write_text(MINE)
    network = nn.Sequential(nn.Linear(4, 5), nn.BatchNorm1d(5), nn.ReLU(), nn.Linear(5, 3))
    probe = torch.randn(6, 4), torch.arange(6) % 3
    with Recorder(network, layers=["2"], probe=probe, steps=[0, 1], to=tmp_path / "own") as recorder:
        recorder(0)
        network(probe[0])  # moves the running means
        recorder(1)
    path = tmp_path / "own/weights.safetensors"
    return network, path, header_of(path)["config_digest"]


def test_the_network_of_a_step_is_the_recorded_one(recorded):
    network, path, digest = recorded
    found = OwnNetworks(path, "own_network_of_test:build", digest)
    X = torch.randn(5, 4)
    with torch.no_grad():
        last = found(1)(X)
        assert torch.equal(last, network.eval()(X))
        assert not torch.equal(found(0)(X), last)


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("own_network_of_test:other", "builds another network than was recorded"),
        ("own_network_of_test:nothing", "returns None, and must return a torch.nn.Module"),
        ("own_network_of_test:biuld", "cannot be found from .*biuld"),
        ("no_such_module:build", "cannot be found from .*no_such_module"),
    ],
)
def test_what_builds_no_such_network_raises_one_sentence(recorded, name, sentence):
    _, path, digest = recorded
    with pytest.raises(ValueError, match=f"^network: {name} {sentence}") as found:
        OwnNetworks(path, name, digest)(0)
    assert "\n" not in str(found.value)


def test_weights_of_another_recording_are_refused(recorded):
    with pytest.raises(ValueError, match="config_digest"):
        OwnNetworks(recorded[1], "own_network_of_test:build", "c0ffee")
