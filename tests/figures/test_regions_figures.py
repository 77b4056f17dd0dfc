"""Figures of circuits, partitions and mechanisms, which must show what was measured."""

import re
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import torch
from made_up import curves, named_in, run_with, said

from grokking_phases.analysis.region_rows import polygons
from grokking_phases.analysis.summary import normalised
from grokking_phases.datasets.checkerboard import make
from grokking_phases.figures.two_phase import fig1, fig2, fig6, mechanisms
from grokking_phases.metrics import linear_regions, partition
from grokking_phases.models.relu_mlp import build
from grokking_phases.regions.polygons import area

PANELS = {"board": ["a"]}
# Neurons of the first layer: at the last step, the line of one joins that of another, and a third leaves.
JOINS, JOINED, LEAVES = 0, 6, 3
STUDY = {"runs": {"a": run_with()}, "metrics": {"linear_regions": {"together": 0.05}}}


class Drifting:
    """Snapshots at steps 0, 1, 10 and 100.

    At the last, one line has left the square, and one has joined another.
    """

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
    """Return the rows without the last region of the last step and layer."""
    last = rows[
        (rows["step"] == 100) & (rows["layer"] == "hidden_2") & rows["metric"].str.startswith("corner")
    ]
    return rows.drop(index=last.index[last["units"].map(str) == str(last["units"].iloc[-1])])


@pytest.fixture(scope="module")
def tables():
    return pd.concat([curves("a"), rows_of(linear_regions), rows_of(partition)], ignore_index=True)


def test_neighbouring_circuits_differ_by_one_neuron(tables):
    numbers = fig1.select(tables, PANELS)
    assert numbers["step"].unique().tolist() == [100]
    regions = polygons(numbers)
    here = max(regions, key=len)
    assert len(set(here) ^ set(fig1.across(regions, here))) == 1
    (figure,) = fig1.draw(numbers, STUDY)
    *_, circuit, neighbour = figure.subfigs[0].axes
    for ax in (circuit, neighbour):
        # The last four collections are the layers.
        rims = np.concatenate([points.get_linewidths() for points in ax.collections[-4:]])
        assert (rims == rims.max()).sum() == 1 and rims.max() > 1
    assert named_in(figure, 1) == [1]


def test_a_square_without_boundaries_raises_an_error():
    with pytest.raises(ValueError, match="^partition"):
        fig1.across({(): np.array([[0, 0], [1, 0], [1, 1], [0, 1.0]])}, ())


def test_every_layer_is_drawn_with_its_regions_and_their_number(tables):
    numbers = fig2.select(tables, PANELS)
    (figure,) = fig2.draw(numbers, STUDY)
    titles = [ax.get_title() for ax in figure.subfigs[0].axes[:2]]
    last = tables[(tables["step"] == 100) & (tables["metric"] == "regions")].set_index("layer")["value"]
    for title, layer in zip(titles, ["hidden_1", "hidden_2"], strict=True):
        rows = numbers[numbers["layer"] == layer]
        assert len(polygons(rows)) == last[layer]
        assert f"{last[layer]:,.0f}" in title
        assert sum(map(area, polygons(rows).values())) == pytest.approx(square(numbers), rel=1e-12)
    broken = fig2.select(without_the_last_region(tables), PANELS)
    assert sum(map(area, polygons(broken[broken["layer"] == "hidden_2"]).values())) < 0.9999 * square(numbers)
    assert named_in(figure, "1e-15") == ["1e-15"]
    assert named_in(fig2.draw(broken, STUDY)[0], "1e-15") == []  # the areas no longer add up


def test_layers_come_by_their_number(tables):
    """`hidden_10` follows `hidden_9`, although it is the first of them in the alphabet."""
    deep = tables.assign(layer=tables["layer"].replace({"hidden_1": "hidden_9", "hidden_2": "hidden_10"}))
    for figure in (fig2, fig6, mechanisms):
        (shallow,) = figure.draw(figure.select(tables, PANELS), STUDY)
        (page,) = figure.draw(figure.select(deep, PANELS), STUDY)
        drawn = [
            [len(ax.collections) + len(ax.lines) for ax in each.subfigs[0].axes] for each in (shallow, page)
        ]
        assert drawn[0] == drawn[1]
        numbers = [
            re.findall(r"(?:hidden|layer) (?:layer )?(\d+)", title_of(each)) for each in (shallow, page)
        ]
        assert numbers[1] == [{"1": "9", "2": "10"}[number] for number in numbers[0]]


def title_of(page):
    return " ".join(ax.get_title() for ax in page.subfigs[0].axes)


def square(numbers):
    """Return the area of the square that the regions fill."""
    corners = [numbers.loc[numbers["metric"] == f"corner_{axis}", "value"] for axis in (1, 2)]
    return np.prod([np.ptp(values) for values in corners])


def test_a_partition_at_other_steps_raises_an_error(tables):
    early = tables[(tables["table"] != "partition") | (tables["step"] < 10)]
    with pytest.raises(ValueError, match="^metrics.partition: .* step 10"):
        fig6.select(early, PANELS)


@pytest.mark.parametrize("figure", [fig1, fig2, fig6, mechanisms])
def test_each_run_has_a_page(tables, figure):
    other = tables.assign(run="b")
    panels, study = {"one": ["a"], "two": ["b"]}, STUDY | {"runs": {"a": run_with(), "b": run_with()}}
    pages = figure.draw(figure.select(pd.concat([tables, other], ignore_index=True), panels), study)
    assert len(pages) == 2


def test_each_mechanism_is_drawn_in_its_first_layer_with_its_count(tables):
    numbers = fig6.select(tables, PANELS)
    examples = numbers[numbers["metric"].str.startswith("example")]
    assert (examples["before"] < examples["step"]).all()
    (figure,) = fig6.draw(numbers, STUDY)
    assert set(examples["metric"]) == {f"example_{name}" for name in fig6.MECHANISMS}
    for ax, mechanism in zip(figure.subfigs[0].axes[:3], fig6.MECHANISMS, strict=True):
        layer = examples.loc[examples["metric"] == f"example_{mechanism}", "layer"].iloc[0]
        taken = tables.loc[(tables["metric"] == mechanism) & (tables["layer"] == layer), "value"].sum()
        assert numbers.loc[numbers["metric"] == mechanism, "value"].sum() == taken > 0
        assert all(part in ax.get_title() for part in (mechanism, layer[-1], f"{taken:,.0f}"))
    units = dict(zip(examples["metric"], examples["units"], strict=True))
    assert set(units["example_merging"]) == {JOINS, JOINED} and units["example_disappearance"] == [LEAVES]


def test_a_mechanism_is_shown_after_fitting_if_it_is_seen_there(tables):
    shown = tables[tables["metric"] == "example_alignment"].iloc[[0]]
    later = shown.assign(step=tables["step"].max(), value=shown["value"] / 2)
    fits_at = {"table": "curves", "run": "a", "seed": 0, "metric": "train_accuracy"}

    def chosen(fitted):
        accuracy = pd.DataFrame(
            [{**fits_at, "step": step, "value": float(step >= fitted)} for step in range(0, 101, 5)]
        )
        numbers = fig6.select(pd.concat([tables, later, accuracy], ignore_index=True), PANELS)
        example = numbers[numbers["metric"] == "example_alignment"]
        text = said(fig6.draw(numbers, STUDY)[0])
        assert ("before the network fits" in text) == example["fitted"].eq(False).item()
        return example["step"].item()

    assert chosen(np.inf) == shown["step"].item() < later["step"].item()
    assert chosen(shown["step"].item()) == later["step"].item()


def test_a_network_in_which_nothing_vanishes_has_empty_panels(tables):
    still = tables[~tables["metric"].str.startswith("example")]
    numbers = fig6.select(still, PANELS)
    assert not set(numbers["metric"]) & {f"example_{name}" for name in fig6.MECHANISMS}
    (figure,) = fig6.draw(numbers, STUDY)
    assert not any(ax.collections for ax in figure.subfigs[0].axes)
    for ax, mechanism in zip(figure.subfigs[0].axes[:3], fig6.MECHANISMS, strict=True):
        assert mechanism in ax.get_title()


def test_changes_are_summed_and_the_identity_is_reported(tables):
    numbers = mechanisms.select(tables, PANELS)
    born = numbers[(numbers["metric"] == "born") & (numbers["layer"] == "hidden_1")]
    assert born["so_far"].tolist() == born["value"].cumsum().tolist()
    (figure,) = mechanisms.draw(numbers, STUDY)
    assert named_in(figure, "2 of 2", "0 of 2") == ["2 of 2"]
    wrong = numbers.assign(
        value=numbers["value"] + (numbers["metric"] == "crossings") * (numbers["step"] == 10)
    )
    assert named_in(mechanisms.draw(wrong, STUDY)[0], "2 of 2", "0 of 2") == ["0 of 2"]
    for line, metric in zip(figure.subfigs[0].axes[0].lines, mechanisms.COUNTS, strict=False):
        rows = numbers[(numbers["layer"] == "hidden_1") & (numbers["metric"] == metric)]
        np.testing.assert_array_equal(line.get_xydata(), rows[["step", "value"]])
    changes = numbers[(numbers["layer"] == "hidden_1") & (numbers["metric"] == "born")]
    (line,) = [line for line in figure.subfigs[0].axes[1].lines if line.get_label() == "born"]
    np.testing.assert_array_equal(line.get_ydata(), changes["so_far"])
