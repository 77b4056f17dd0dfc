"""Linear regions over steps: counts agree with the geometry, and the polygons tile the square."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import torch

from grokking_phases.analysis.region_rows import boundaries, polygons
from grokking_phases.data.module_hooks import chain, preactivations, rest_after
from grokking_phases.datasets import checkerboard, modular_addition
from grokking_phases.metrics import linear_regions, partition
from grokking_phases.models import mlp, relu_mlp
from grokking_phases.regions.partition import Slice
from grokking_phases.regions.partition import partition as partition_of
from grokking_phases.regions.polygons import area
from grokking_phases.regions.relu_chains import hidden_layers
from grokking_phases.storage.tidy_rows import tidy
from grokking_phases.threads import use_threads

CHANGES = ["disappearance", "merging", "alignment"]


class Moving:
    """Snapshots of one network whose weights move at random."""

    def __init__(self, network, inputs, n_steps=5):
        self.inputs, self.steps, torch_rng = inputs, list(range(n_steps)), torch.Generator().manual_seed(0)
        self.snapshots = []
        for step in self.steps:
            moved = {
                name: p + 0.1 * step * torch.randn(p.shape, generator=torch_rng)
                for name, p in network.named_parameters()
            }
            self.snapshots.append((step, moved))
        self.network = network

    def __iter__(self):
        for step, weights in self.snapshots:
            self.network.load_state_dict(weights)
            yield SimpleNamespace(step=step, network=self.network)


@pytest.fixture
def plane():
    torch.manual_seed(1)
    return Moving(
        relu_mlp.build(n_tokens=8, n_classes=2, width=6, depth=2), checkerboard.make(side=8, squares=2).inputs
    )


@pytest.fixture
def slices():
    torch.manual_seed(1)
    return Moving(mlp.build(n_tokens=7, n_classes=7, width=20), modular_addition.make(p=7).inputs)


def wide(snapshots, **options):
    """Return the counts of `linear_regions` as a table, with a row for each layer and step."""
    rows = pd.DataFrame(linear_regions.compute(snapshots, **options))
    rows = rows[~rows["metric"].str.startswith("example")]
    return rows.pivot(index=["layer", "step"], columns="metric", values="value")


@pytest.mark.parametrize("which", ["plane", "slices"])
def test_regions_of_the_first_layer_change_with_its_lines_and_crossings(which, request):
    found = wide(request.getfixturevalue(which))
    first = found.loc[found.index.levels[0][0]]
    assert (first["arcs"] == first["boundaries"]).all()
    assert (first["regions"].diff() == first["boundaries"].diff() + first["crossings"].diff())[1:].all()
    assert (first["closed"] == 0).all()
    assert first["regions"].nunique() > 1


def test_mechanisms_add_up_to_the_change_in_regions(plane):
    for _, layer in wide(plane).groupby(level="layer"):
        changed = layer["born"] - layer[CHANGES].sum(axis=1)
        assert changed.iloc[1:].tolist() == layer["regions_resolved"].diff().iloc[1:].tolist()


def test_weights_that_are_not_finite_give_nan_and_no_mechanism(plane):
    plane.snapshots[2][1]["preactivation_1.weight"][0, 0] = torch.nan
    rows = pd.DataFrame(linear_regions.compute(plane)).set_index(["layer", "step"])
    broken = rows.loc[[("hidden_1", 2)]]
    assert broken["metric"].tolist() == ["n_undefined", "regions"]
    assert broken["value"].iloc[0] == 1 and np.isnan(broken["value"].iloc[1])
    undefined = rows[rows["metric"] == "n_undefined"]["value"]
    assert undefined.loc["hidden_2"].tolist() == [0, 0, 1, 0, 0]
    assert "born" not in rows.loc[("hidden_1", 3), "metric"].tolist()
    assert "born" in rows.loc[("hidden_1", 4), "metric"].tolist()


@pytest.mark.parametrize("step", [0, 2])
@pytest.mark.parametrize("weight", ["preactivation_1.weight", "readout.bias"])
def test_a_drawn_network_that_is_not_finite_has_only_its_flag(plane, step, weight):
    """The square is that of the first network with finite weights."""
    plane.snapshots[step][1][weight][...] = torch.inf
    with use_threads(1):  # set once, not for each row
        rows = pd.DataFrame(partition.compute(plane))
    assert set(rows[rows["step"] == step]["metric"]) == {"n_undefined"}
    assert set(rows[rows["metric"] == "n_undefined"].query("value == 1")["step"]) == {step}
    assert set(rows["step"]) == set(plane.steps)


def test_a_network_too_large_to_draw_raises():
    many = Moving(mlp.build(n_tokens=7, n_classes=7, width=101), modular_addition.make(p=7).inputs)
    with pytest.raises(ValueError, match="101 neurons.*linear_regions"):
        list(partition.compute(many))


def test_no_boundaries_merge_at_distance_zero(plane):
    found = wide(plane, together=0.0)
    assert (found["regions"] == found["regions_resolved"] + found["closed"]).all()
    assert (found["merging"].dropna() == 0).all()


def test_a_slice_goes_through_three_samples_drawn_by_the_seed(slices):
    network = next(iter(slices)).network
    points = network.embedding(torch.from_numpy(slices.inputs)).double().numpy()
    square = Slice.of_samples(points, seed=3)
    chosen = points[np.random.default_rng(3).choice(len(points), 3, replace=False)]
    u = (chosen - square.origin) @ square.axes.T
    assert np.allclose(square.at(u), chosen)
    last = wide(slices, seed=3)["regions"].iloc[-1]  # iterating left the network at its last step
    assert last == len(partition_of(list(hidden_layers(chain(network)).values()), square).regions)


def test_polygons_tile_the_square_and_their_patterns_differ(plane):
    rows = pd.DataFrame(partition.compute(plane))
    counted = wide(plane)["regions"]
    for (layer, step), drawn in rows[rows["layer"] != "readout"].groupby(["layer", "step"]):
        regions = polygons(drawn)
        assert len(regions) == counted[layer, step]
        assert sum(map(area, regions.values())) == pytest.approx(4)  # the square from -1 to 1


def test_neurons_are_zero_on_their_boundaries(plane):
    rows = pd.DataFrame(partition.compute(plane))
    for snapshot in plane:
        rest = rest_after(snapshot.network, "embedding", torch.from_numpy(plane.inputs))
        for i, layer in enumerate(["hidden_1", "hidden_2"]):
            for neuron, pieces in boundaries(
                rows[(rows["step"] == snapshot.step) & (rows["layer"] == layer)]
            ).items():
                ends = torch.from_numpy(np.concatenate(pieces)).float()
                values = preactivations(snapshot.network, ends, rest)[layer][:, neuron - 6 * i]
                assert values.abs().max() < 1e-4


def test_weight_rows_hold_the_weights_of_the_network(plane):
    rows = pd.DataFrame(partition.compute(plane))
    snapshot = next(iter(plane))
    weights = rows[(rows["metric"] == "weight") & (rows["layer"] == "readout") & (rows["step"] == 0)]
    weight = snapshot.network.readout.weight
    assert [weight[neuron, source].item() for source, neuron in weights["units"]] == weights["value"].tolist()
    assert len(weights) == weight.numel()


@pytest.mark.parametrize("metric", [linear_regions, partition])
def test_rows_are_tidy(plane, metric):
    """Regions at one step have several corners, and the `units` of a row say which region it belongs to."""
    rows = list(metric.compute(plane))
    pd.testing.assert_frame_equal(tidy(rows, "mine.py"), pd.DataFrame(rows))
