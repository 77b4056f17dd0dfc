"""An entry with a default written down equals the entry without it."""

from copy import deepcopy

import pytest
import yaml
from trees import REPOSITORY

from study.params import drawn, training_entry
from study.resolve import resolve

CONFIG = yaml.safe_load((REPOSITORY / "config.yaml").read_text(encoding="utf-8"))
BEFORE = resolve(CONFIG)


@pytest.mark.parametrize(
    ("keys", "value"),
    [
        (("runs", "addition_wd2", "training", "weight_decay"), 2.0),
        (("runs", "addition_wd2", "training", "warmup_steps"), 0),
        (("runs", "addition_wd2", "training", "betas"), [0.9, 0.98]),
        (("runs", "division96", "snapshots", "dtype"), "float32"),
        (("runs", "division96", "model", "d_model"), 128),
        (("metrics", "o_information", "linkage"), "ward"),
        (("metrics", "information_kde_absolute", "noise"), 1),
        (("subnetworks", "synergistic", "draw"), 0),
    ],
)
def test_a_default_or_another_spelling_of_a_number_changes_nothing(keys, value):
    config = deepcopy(CONFIG)
    entry = config
    for key in keys[:-1]:
        entry = entry.setdefault(key, {})
    entry[keys[-1]] = value
    after = resolve(config)
    assert after == BEFORE
    assert repr(after["runs"]) == repr(BEFORE["runs"]) and repr(after["metrics"]) == repr(BEFORE["metrics"])


def test_only_options_that_take_floats_become_floats():
    training = training_entry(BEFORE, "addition_wd2")["training"]
    assert isinstance(training["weight_decay"], float) and isinstance(training["alpha"], float)
    assert isinstance(training["steps"], int) and training["batch_size"] is None


def test_captions_leave_out_defaults():
    run = drawn(BEFORE, "emergence/fig3")["runs"]["addition_wd2"]
    assert run["model"] == {"module": "mlp"}
    assert run["dataset"] == {"module": "modular_addition", "p": 97, "train_fraction": 0.4, "split_seed": 420}
