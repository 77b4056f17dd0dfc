"""Circuits, partitions and mechanisms are drawn as they were measured."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import torch
from made_up import curves, run_with

from grokking_phases.analysis.summary import normalised
from grokking_phases.datasets.checkerboard import make
from grokking_phases.figures.two_phase import fig1, fig2, fig6, mechanisms
from grokking_phases.figures.two_phase._squares import polygons
from grokking_phases.metrics import linear_regions, partition
from grokking_phases.models.relu_mlp import build

PANELS = {"board": ["a"]}
JOINS, JOINED, LEAVES = 0, 6, 3  # neurons of the first layer, whose lines do so at the last step
STUDY = {"runs": {"a": run_with()}, "metrics": {"linear_regions": {"together": 0.05}}}


class Drifting:
    """Snapshots at steps 0, 1, 10 and 100; at the last, one line has left the square and one has joined another."""

    def __init__(self):
        self.inputs = make(side=6, squares=2).inputs

    def __iter__(self):
        for step in (0, 1, 10, 100):
            torch.manual_seed(0)
            network = build(n_tokens=6, n_classes=2, width=8, depth=2)
            with torch.no_grad():
                for p in network.parameters():
                    p += 0.002 * step * torch.randn_like(p)
                if step == 100:
                    weight, bias = network.preactivation_1.weight, network.preactivation_1.bias
                    weight[JOINS], bias[JOINS] = weight[JOINED], bias[JOINED] + 1e-3
                    bias[LEAVES] = 10
            yield SimpleNamespace(step=step, network=network)


def rows_of(metric):
    rows = pd.DataFrame(metric.compute(Drifting())).assign(run="a", seed=0)
    return normalised(rows).assign(table=metric.__name__.rpartition(".")[2])


def without_the_last_region(rows):
    """Of the last step and layer."""
    last = rows[(rows["step"] == 100) & (rows["layer"] == "hidden_2") & rows["metric"].str.startswith("corner")]
    return rows.drop(index=last.index[last["units"].map(str) == str(last["units"].iloc[-1])])


@pytest.fixture(scope="module")
def tables():
    return pd.concat([curves("a"), rows_of(linear_regions), rows_of(partition)], ignore_index=True)


def test_neighbouring_circuits_differ_by_one_neuron_and_the_caption_says_so(tables):
    numbers = fig1.select(tables, PANELS)
    assert numbers["step"].unique().tolist() == [100]
    regions = polygons(numbers)
    here = max(regions, key=len)
    assert len(set(here) ^ set(fig1.across(regions, here))) == 1
    (figure,) = fig1.draw(numbers, STUDY)
    assert "differ by 1 neuron (heavy rim)" in figure.get_supxlabel()


def test_a_square_without_boundaries_has_no_neighbour():
    with pytest.raises(ValueError, match="one region"):
        fig1.across({(): np.array([[0, 0], [1, 0], [1, 1], [0, 1.0]])}, ())


def test_every_layer_is_cut_further_and_its_regions_are_counted(tables):
    numbers = fig2.select(tables, PANELS)
    (figure,) = fig2.draw(numbers, STUDY)
    titles = [ax.get_title() for ax in figure.subfigs[0].axes[:2]]
    last = tables[(tables["step"] == 100) & (tables["metric"] == "regions")].set_index("layer")["value"]
    assert titles == [f"hidden layer {i}: {last[f'hidden_{i}']:,.0f} regions" for i in (1, 2)]
    assert "within 1e-15 of it" in figure.get_supxlabel()
    (broken,) = fig2.draw(fig2.select(without_the_last_region(tables), PANELS), STUDY)
    assert "within 1e-15 of it" not in broken.get_supxlabel()


def test_a_partition_at_other_steps_is_refused(tables):
    early = tables[(tables["table"] != "partition") | (tables["step"] < 10)]
    with pytest.raises(ValueError, match="partition was not measured at step 10"):
        fig6.select(early, PANELS)


@pytest.mark.parametrize("figure", [fig1, fig2, fig6, mechanisms])
def test_each_run_has_a_page(tables, figure):
    other = tables.assign(run="b")
    panels, study = {"one": ["a"], "two": ["b"]}, STUDY | {"runs": {"a": run_with(), "b": run_with()}}
    pages = figure.draw(figure.select(pd.concat([tables, other], ignore_index=True), panels), study)
    assert len(pages) == 2


def test_each_mechanism_is_drawn_where_it_is_first_seen_with_its_count(tables):
    numbers = fig6.select(tables, PANELS)
    examples = numbers[numbers["metric"].str.startswith("example")]
    assert (examples["before"] < examples["step"]).all()
    (figure,) = fig6.draw(numbers, STUDY)
    assert set(examples["metric"]) == {f"example_{name}" for name in fig6.MECHANISMS}
    for ax, mechanism in zip(figure.subfigs[0].axes[:3], fig6.MECHANISMS, strict=True):
        layer = examples.loc[examples["metric"] == f"example_{mechanism}", "layer"].iloc[0]
        taken = tables.loc[(tables["metric"] == mechanism) & (tables["layer"] == layer), "value"].sum()
        assert ax.get_title() == f"{mechanism}\nlayer {layer[-1]}: {taken:,.0f} regions"
    units = dict(zip(examples["metric"], examples["units"], strict=True))
    assert set(units["example_merging"]) == {JOINS, JOINED} and units["example_disappearance"] == [LEAVES]


def test_a_network_in_which_nothing_vanishes_says_so(tables):
    still = tables[~tables["metric"].str.startswith("example")]
    (figure,) = fig6.draw(fig6.select(still, PANELS), STUDY)
    assert all(ax.get_title().endswith("not seen") for ax in figure.subfigs[0].axes[:3])


def test_mechanisms_are_summed_up_and_the_identity_is_reported(tables):
    numbers = mechanisms.select(tables, PANELS)
    born = numbers[(numbers["metric"] == "born") & (numbers["layer"] == "hidden_1")]
    assert born["so_far"].tolist() == born["value"].cumsum().tolist()
    (figure,) = mechanisms.draw(numbers, STUDY)
    assert "plus that in crossings in 2 of 2 intervals" in figure.get_supxlabel()
    wrong = numbers.assign(value=numbers["value"] + (numbers["metric"] == "crossings") * (numbers["step"] == 10))
    assert "in 0 of 2 intervals" in mechanisms.draw(wrong, STUDY)[0].get_supxlabel()
    assert [line.get_label() for line in figure.subfigs[0].axes[0].lines][:2] == [
        "exact",
        "composite boundaries as one",
    ]
