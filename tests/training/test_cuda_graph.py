"""A step is called eagerly, recorded, then replayed; the recording is fake, and no GPU is needed."""

import pytest
import torch

from grokking_phases.training import cuda_graph as graphs
from grokking_phases.training.cuda_graph import EAGER_CALLS, RecordedStep


@pytest.fixture
def calls(monkeypatch):
    """Return the kinds of calls, in order; a fake recording calls the function with the same tensors."""
    calls = []

    def call_on_side_stream(function, *arguments):
        calls.append("eager")
        function(*arguments)

    def record(function, *arguments):
        calls.append("recorded")
        return lambda: (calls.append("replayed"), function(*arguments))

    monkeypatch.setattr(graphs, "call_on_side_stream", call_on_side_stream)
    monkeypatch.setattr(graphs, "record", record)
    return calls


def test_a_step_is_recorded_once_after_the_eager_calls_and_sees_new_values(calls):
    total = torch.zeros(2)
    step = RecordedStep(lambda x: total.add_(x), eager_calls=2)
    for i in range(EAGER_CALLS + 4):
        step(torch.tensor([i, 1.0]))
    assert calls == ["eager"] * (EAGER_CALLS + 2) + ["recorded"] + ["replayed"] * 2
    assert total.tolist() == [sum(range(EAGER_CALLS + 4)), EAGER_CALLS + 4]


def test_a_step_that_cannot_be_recorded_stays_eager_with_one_message(calls, monkeypatch, capsys):
    def refused(function, *arguments):
        raise RuntimeError("operation not permitted when stream is capturing")

    monkeypatch.setattr(graphs, "record", refused)
    total = torch.zeros(1)
    step = RecordedStep(lambda x: total.add_(x))
    for _ in range(EAGER_CALLS + 3):
        step(torch.ones(1))
    assert total.item() == EAGER_CALLS + 3
    assert capsys.readouterr().err.count("not recorded") == 1
