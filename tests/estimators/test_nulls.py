"""Nulls keep what they should keep, and break the rest."""

from dataclasses import dataclass

import numpy as np
import pytest

from grokking_phases.estimators._nulls import ControlSnapshots, controls_of


@dataclass
class Snapshot:
    step: int
    activations: dict


class Snapshots(dict):
    steps, targets = [0, 5], np.arange(50) % 7
    inputs = np.column_stack([np.arange(50), np.arange(50) % 7])

    def __iter__(self):
        return iter(self.values())


@pytest.fixture
def snapshots():
    rng = np.random.default_rng(0)
    layers = {step: {"a": rng.normal(size=(50, 4)).astype(np.float32)} for step in (0, 5)}
    return Snapshots({step: Snapshot(step, T) for step, T in layers.items()})


def test_without_a_null_only_the_scale_changes(snapshots):
    altered = ControlSnapshots(snapshots, scale=4.0)
    for step in altered.steps:
        np.testing.assert_array_equal(altered[step].activations["a"], 4 * snapshots[step].activations["a"])
        assert altered[step].activations["a"].dtype == np.float32
    np.testing.assert_array_equal(altered.targets, snapshots.targets)
    np.testing.assert_array_equal(altered.inputs, snapshots.inputs)


def test_labels_move_together(snapshots):
    altered = ControlSnapshots(snapshots, "labels")
    order = altered.inputs[:, 0]
    assert not np.array_equal(order, np.arange(50)) and sorted(order) == list(range(50))
    np.testing.assert_array_equal(altered.targets, order % 7)
    np.testing.assert_array_equal(altered[5].activations["a"], snapshots[5].activations["a"])


def test_units_keep_their_values_and_lose_their_samples(snapshots):
    first, again = (list(ControlSnapshots(snapshots, "units")) for _ in range(2))
    for altered, same, original in zip(first, again, snapshots, strict=True):
        T, before = altered.activations["a"], original.activations["a"]
        np.testing.assert_array_equal(np.sort(T, axis=0), np.sort(before, axis=0))
        orders = [tuple(np.argsort(before[:, i])[np.argsort(np.argsort(T[:, i]))]) for i in range(4)]
        assert len(set(orders)) == 4
        np.testing.assert_array_equal(T, same.activations["a"])
    assert [snapshot.step for snapshot in first] == [0, 5]


def test_the_controls_are_two_nulls_and_a_scale(snapshots):
    controls = controls_of(snapshots, seed=3)
    assert {name: (each.null, each.scale, each.seed) for name, each in controls.items()} == {
        "labels": ("labels", 1, 3),
        "units": ("units", 1, 3),
        "tripled": ("none", 3, 0),
    }
