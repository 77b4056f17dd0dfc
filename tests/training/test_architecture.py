"""A run's entry gives a network and the function that calls it: the model, or its fast path."""

from types import SimpleNamespace

import torch

from grokking_phases.recipe import Recipe
from grokking_phases.training import architecture
from grokking_phases.training.architecture import architecture_of
from grokking_phases.training.trainer import Trainer

ENTRY = {"model": {"module": "mlp", "width": 5}}
RECIPE = Recipe(steps=1, learning_rate=0.03)


def test_the_network_has_the_sizes_of_the_entry_and_of_the_examples(examples):
    model = architecture_of(ENTRY, examples).build()
    assert model.readout.weight.shape == (7, 5)


def test_a_sub_network_has_only_its_units(examples):
    subnetwork = {"units": [0, 3], "mask": "activation"}
    assert architecture_of(ENTRY | {"subnetwork": subnetwork}, examples).build().readout.weight.shape == (
        7,
        2,
    )


def test_without_a_fast_path_the_model_itself_is_called(examples):
    found, inputs = (
        architecture_of({"model": {"module": "relu_mlp"}}, examples),
        torch.from_numpy(examples.inputs),
    )
    model = found.build()
    assert torch.equal(found.forward(model, inputs), model(inputs))


def test_training_and_evaluation_call_the_fast_path(examples, monkeypatch):
    calls = []

    def fast_forward(network, inputs):
        calls.append(network.training)
        return network(inputs)

    source = SimpleNamespace(build=architecture.module("models", "mlp").build, fast_forward=fast_forward)
    monkeypatch.setattr(architecture, "module", lambda kind, name: source)
    trainer = Trainer(architecture_of(ENTRY, examples), examples, RECIPE, 0, "cpu")
    trainer.take_step()
    trainer.evaluate()
    assert calls == [True, False, False]
