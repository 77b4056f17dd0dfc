"""Figures of accuracies from made-up tables: the emergence paper's Figures 1, 8, 9, and initialisation."""

import numpy as np
import pandas as pd
import pytest
from made_up import curves, curves_in, named_in, o_information, phases, run_with

from grokking_phases.analysis.intervals import median_interval
from grokking_phases.figures.emergence import fig1, fig8, fig9, initialisation
from grokking_phases.figures.emergence._boundaries import interval_of_median
from grokking_phases.plotting.recipes import broken, held, stopped

RUNS = {
    "wd0.1": run_with(weight_decay=0.1),
    "wd50": run_with(weight_decay=50),
    "alpha8": run_with(alpha=8, constrain_norm="weights", zero_last_layer=True),
}
STUDY = {"runs": RUNS, "metrics": {}}
PANELS = {"weight decay": ["wd50", "wd0.1"], "initialisation": ["alpha8"]}


def tables(*runs):
    return pd.concat([curves(run) for run in runs], ignore_index=True)


def legend_of(figure):
    return [entry.get_text() for entry in figure.subfigs[0].legends[0].get_texts()]


def test_only_accuracies_after_step_0_are_selected_in_the_order_of_panels():
    everything = pd.concat([tables(*RUNS), o_information("wd0.1")])
    numbers = fig8.select(everything, PANELS)
    assert list(numbers["run"].unique()) == ["wd50", "wd0.1", "alpha8"]
    assert set(numbers["split"]) == {"train", "test"}
    assert set(numbers["step"]) == {1, 10, 100}
    test = numbers[numbers["split"] == "test"]
    np.testing.assert_allclose(test["value"], test["step"] / 100)
    assert len(numbers) == 3 * 2 * 2 * 3  # runs, splits, seeds, steps


def test_a_sweep_has_train_and_test_side_by_side_and_a_line_for_each_run():
    [figure] = fig8.draw(fig8.select(tables(*RUNS), PANELS), STUDY)
    axes = figure.subfigs[0].axes
    assert len(axes) == 2 * len(PANELS)
    for ax, title in zip(
        axes, ["weight decay", "weight decay", "initialisation", "initialisation"], strict=True
    ):
        assert ax.get_title().startswith(title)
    assert [len(curves_in(ax)) for ax in axes] == [2, 2, 1, 1]
    train, test = (curves_in(ax)[0] for ax in axes[:2])
    np.testing.assert_allclose(train.get_xydata(), [[1, 1], [10, 1], [100, 1]])
    np.testing.assert_allclose(test.get_xydata(), [[1, 0.01], [10, 0.1], [100, 1]])
    assert [[name in entry for name in ("0.1", "50", "8")] for entry in legend_of(figure)] == np.eye(
        3
    ).tolist()


def test_runs_of_one_strength_share_a_line_unless_a_panel_has_both_types_of_the_loss():
    runs = RUNS | {"again": run_with(weight_decay=0.1, loss_dtype="float32")}
    numbers = fig8.select(tables("wd0.1", "wd50", "again"), {"a": ["wd0.1", "wd50"], "b": ["again"]})
    [figure] = fig8.draw(numbers, {"runs": runs, "metrics": {}})
    assert legend_of(figure) == ["weight decay 0.1", "weight decay 50"]
    (first, _), (again,) = (curves_in(figure.subfigs[0].axes[place]) for place in (0, 2))
    assert first.get_color() == again.get_color() and first.get_linestyle() == again.get_linestyle()
    [both] = fig8.draw(numbers.assign(panel="a"), {"runs": runs, "metrics": {}})
    assert legend_of(both)[:2] == ["weight decay 0.1", "weight decay 0.1, loss in float32"]


def test_runs_that_are_not_points_of_the_sweep_are_named():
    """The factor of wd50 is 1 - 0.03 x 50 a step; only alpha8 holds its norm."""
    [figure] = fig8.draw(fig8.select(tables(*RUNS), PANELS), STUDY)
    assert named_in(figure, -0.5) == [-0.5]
    assert len(broken(RUNS)) == 1 and broken({"wd0.1": RUNS["wd0.1"]}) == []
    assert len(held(fig8.select(tables(*RUNS), PANELS), RUNS)) == 1


def test_seeds_that_diverged_and_runs_with_one_seed_are_named():
    short = curves("wd50")
    short = short[(short["seed"] == 0) | (short["step"] <= 10)]
    alone = curves("wd0.1")
    rows = pd.concat([short, alone[alone["seed"] == 1]], ignore_index=True)
    panels = {"weight decay": ["wd50", "wd0.1"]}
    numbers, runs = fig9.select(rows, panels), {run: RUNS[run] for run in panels["weight decay"]}
    assert stopped(numbers, runs) == [("wd50, seed 1", "10")]
    assert numbers.groupby("run")["seed"].unique().map(list).to_dict() == {"wd0.1": [1], "wd50": [0, 1]}
    [figure] = fig9.draw(numbers, STUDY | {"runs": runs})
    assert named_in(figure, "wd50, seed 1", "wd0.1, seed 1") == ["wd50, seed 1"]
    bands = [len(collection.get_paths()) for collection in figure.subfigs[0].axes[0].collections]
    assert bands == [0, 1]
    assert named_in(figure, "wd0.1") == ["wd0.1"]  # its only seed has no band


def test_generalisation_is_marked_if_phases_are_given():
    steps = {"alpha8": np.nan, "wd0.1": 50.0, "wd50": 50.0}
    rows = [
        phases(run, {"memorised": 1.0, "generalised": step}, ["stated", "other"])
        for run, step in steps.items()
    ]
    numbers = fig1.select(pd.concat([tables(*RUNS), *rows], ignore_index=True), PANELS)
    events = numbers[numbers["event"].notna()]
    assert list(events["run"]) == ["wd50", "wd0.1", "alpha8"]  # each once, though found in each table
    assert list(events["step"].dropna()) == [50, 50]
    [figure] = fig1.draw(numbers, STUDY)
    marks = [[line for line in ax.lines if line.get_linestyle() == ":"] for ax in figure.subfigs[0].axes]
    assert list(map(len, marks)) == [2, 0]
    assert set(marks[0][0].get_xdata()) == {50}
    assert named_in(figure, "alpha8") == ["alpha8"]  # it never generalises
    assert named_in(figure, "the range of the 2 seeds", "50 of 100") == [
        "the range of the 2 seeds",
        "50 of 100",
    ]


def test_an_interval_is_called_the_range_of_the_seeds_where_it_is():
    for n in range(2, 12):
        _, *ends = median_interval(np.arange(n))
        said = interval_of_median(pd.DataFrame({"n_seeds": [n, n]}))
        assert (ends == [0, n - 1]) == said.startswith("the range")


def test_without_phases_nothing_is_marked():
    numbers = fig1.select(tables(*RUNS), PANELS)
    assert numbers["event"].isna().all()
    [figure] = fig1.draw(numbers, STUDY)
    assert not [line for ax in figure.subfigs[0].axes for line in ax.lines if line.get_linestyle() == ":"]
    assert legend_of(figure)[-2:] == ["test", "train"]
    assert named_in(figure, "alpha8") == []


@pytest.fixture
def starts():
    """Return two runs that differ in how the last layer starts, without snapshots."""
    runs = {
        "zero": run_with(alpha=8, constrain_norm="all", zero_last_layer=True),
        "drawn": run_with(alpha=8, constrain_norm="all"),
    }
    return {name: {key: run[key] for key in run if key != "snapshots"} for name, run in runs.items()}


def test_initialisation_tells_starts_apart_by_line_style(starts):
    panels = {"α = 8, norm of all held": ["zero", "drawn"], "again": ["drawn"]}
    numbers = initialisation.select(tables("zero", "drawn"), panels)
    [figure] = initialisation.draw(numbers, {"runs": starts, "metrics": {}})
    assert [ax.get_title() for ax in figure.subfigs[0].axes] == list(panels)
    assert legend_of(figure)[:2] == ["train", "test"]
    dashes = {
        ax.get_title(): len({line.get_linestyle() for line in curves_in(ax)}) for ax in figure.subfigs[0].axes
    }
    assert dashes == {"α = 8, norm of all held": 2, "again": 1}
    assert named_in(figure, 0) == [0]  # the weight decay of all runs


def test_initialisation_raises_an_error_if_two_runs_would_be_one_line(starts):
    starts["again"] = starts["zero"]
    numbers = initialisation.select(tables(*starts), {"title": list(starts)})
    with pytest.raises(ValueError, match="title.*zero.*again"):
        initialisation.draw(numbers, {"runs": starts, "metrics": {}})
