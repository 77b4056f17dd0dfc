"""The published points of Figures 3 and 4 beside our curves: differences, ranges, and the axes."""

import numpy as np
import pandas as pd
import pytest
from made_up import named_in, run_with

from grokking_phases.analysis.events import ABSENT
from grokking_phases.analysis.published_points import OURS, beside, farthest, of_figure
from grokking_phases.figures.two_phase import fig3, fig4

LAST = {"fig3": 111_200, "fig4": 604_000}


def as_published(name, seed=0, run="a", last=np.inf, **shift):
    """Return curves that go through the published points, shifted by a number for each metric."""
    points = of_figure(name)
    rows = points.assign(metric=points["series"].map(OURS), seed=seed, run=run, layer=None)
    rows["value"] += rows["metric"].map(shift).fillna(0)
    start = rows.drop_duplicates("metric").assign(step=0, value=0.0)
    return pd.concat([start, rows[rows["step"] <= last]])[["run", "seed", "step", "layer", "metric", "value"]]


@pytest.mark.parametrize("name", ["fig3", "fig4"])
def test_every_published_point_has_ours_beside_it(name):
    table = beside(as_published(name), name)
    assert len(table) == len(of_figure(name)) > 30
    np.testing.assert_allclose(table["ours"], table["published"])
    np.testing.assert_allclose(table["difference"], 0, atol=1e-12)
    assert table["outside"].isna().all()  # one seed has no range


def test_a_curve_that_is_shifted_differs_by_the_shift():
    table = beside(as_published("fig3", test_loss=0.25), "fig3").set_index("series")
    np.testing.assert_allclose(table.loc["test_loss", "difference"], 0.25)
    np.testing.assert_allclose(table.loc["test_acc", "difference"], 0, atol=1e-12)


def test_seeds_have_a_range_and_points_outside_are_that_far_away():
    seeds = [as_published("fig3", seed, test_accuracy=0.1 * (seed + 1)) for seed in range(3)]
    table = beside(pd.concat(seeds), "fig3").set_index("series")
    accuracy = table.loc["test_acc"]
    assert (accuracy["n_seeds"] == 3).all()
    np.testing.assert_allclose(accuracy["difference"], 0.2)
    np.testing.assert_allclose(accuracy["high"] - accuracy["low"], 0.2)
    np.testing.assert_allclose(accuracy["outside"], 0.1)
    np.testing.assert_allclose(table.loc["test_loss", "outside"], 0, atol=1e-12)


def test_after_the_last_step_of_a_run_there_is_nothing_to_compare():
    table = beside(as_published("fig3", last=12_000), "fig3")
    assert table["ours"].notna().equals(table["step"] <= 10_000)
    assert (table.loc[table["step"] > 10_000, "n_seeds"] == 0).all()


def test_one_seed_that_is_longer_speaks_for_itself():
    curves = pd.concat([as_published("fig3"), as_published("fig3", 1, last=12_000, test_loss=1.0)])
    table = beside(curves, "fig3").set_index(["series", "step"]).loc["test_loss"]
    assert table.loc[800, "n_seeds"] == 2 and table.loc[800, "difference"] == pytest.approx(0.5)
    assert table.loc[20_000, "n_seeds"] == 1 and table.loc[20_000, "difference"] == pytest.approx(0)


def test_values_between_evaluations_are_interpolated_in_log_step():
    curves = pd.DataFrame({"step": [0, 100, 400], "value": [0.0, 0.2, 0.6]})
    metrics = pd.concat([curves.assign(metric=metric) for metric in OURS.values()])
    table = beside(metrics.assign(run="a", seed=0), "fig3").set_index(["series", "step"])
    assert table.loc[("test_acc", 200), "ours"] == pytest.approx(0.4)  # half way from 100 to 400


def test_the_farthest_point_is_named_with_its_step():
    curves = as_published("fig4")
    curves.loc[(curves["metric"] == "test_loss") & (curves["step"] == 24_500), "value"] -= 2
    [sentence] = farthest(curves, "fig4")
    assert "test loss by -2 at step 24,500" in sentence


def tables(name):
    """Return made-up tables of one run; its information rises, and nothing has an event."""
    points = as_published(name)
    steps = sorted({*points["step"], LAST[name]} - {0})
    plane = pd.DataFrame({"step": steps, "value": np.linspace(1, 2, len(steps))})
    plane = pd.concat([plane.assign(metric=f"information_{variable}") for variable in "xy"])
    plane = plane.assign(run="a", seed=0, layer="block_2", table="kde", normalised=0.5)
    event = {"run": "a", "seed": 0, "event": "peak", "status": ABSENT, "source": None, "table": "time_scales"}
    rows = [points.assign(table="curves"), plane, pd.DataFrame([event])]
    return pd.concat(rows, ignore_index=True)


def points_in(ax):
    """Return the published points of a panel, which are hollow."""
    return [line for line in ax.lines if line.get_markerfacecolor() == "none"]


@pytest.mark.parametrize(("name", "figure"), [("fig3", fig3), ("fig4", fig4)])
def test_the_paper_s_points_lie_behind_ours_on_axes_that_hold_both(name, figure):
    study = {"runs": {"a": run_with()}, "metrics": {"kde": {"estimator": "renyi"}}}
    study["metrics"]["kde"] |= {"alpha": 1.01, "noise": 0.1, "noise_scale": "relative"}
    numbers = figure.select(tables(name), {"task": ["a"]})
    [page] = figure.draw(numbers, study, published=["task"])
    a, _, c = page.subfigs[0].axes[:3]
    for ax, letter, markers in ((a, "a", 2), (c, "c", 1)):
        hollow = points_in(ax)
        shown = of_figure(f"{name}{letter}")
        assert len(hollow) == markers and sum(len(line.get_xdata()) for line in hollow) == len(shown)
        assert all(line.get_zorder() < 1 for line in hollow)
        low, high = ax.get_xlim()
        assert low < of_figure(name)["step"].min() < 3 * low and LAST[name] < high < 2 * LAST[name]
    losses = of_figure(f"{name}c")["value"]
    assert c.get_ylim()[0] == 0 and losses.max() < c.get_ylim()[1] < 1.1 * losses.max()
    [without] = figure.draw(numbers, study)
    assert not points_in(without.subfigs[0].axes[0])
    assert named_in(page, "farthest") and not named_in(without, "farthest")


def test_a_panel_that_is_not_there_is_refused():
    numbers = fig3.select(tables("fig3"), {"task": ["a"]})
    with pytest.raises(ValueError, match="no panel 'tusk'"):
        fig3.draw(numbers, {"runs": {"a": run_with()}, "metrics": {}}, published=["tusk"])
