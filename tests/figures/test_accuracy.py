"""Figures of accuracies from made-up tables: Figures 1, 8 and 9 of the emergence paper, and initialisation."""

import numpy as np
import pandas as pd
import pytest
from made_up import curves, o_information, phases, run_with

from grokking_phases.figures.emergence import fig1, fig8, fig9, initialisation

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


def test_accuracies_after_step_0_in_the_panels_order_and_nothing_else():
    everything = pd.concat([tables(*RUNS), o_information("wd0.1")])
    numbers = fig8.select(everything, PANELS)
    assert list(numbers["run"].unique()) == ["wd50", "wd0.1", "alpha8"]
    assert set(numbers["split"]) == {"train", "test"}
    assert set(numbers["step"]) == {1, 10, 100}
    of_test = numbers[numbers["split"] == "test"]
    np.testing.assert_allclose(of_test["value"], of_test["step"] / 100)
    assert len(numbers) == 3 * 2 * 2 * 3  # runs, splits, seeds, steps


def test_a_sweep_has_train_and_test_side_by_side_and_a_line_a_run():
    [figure] = fig8.draw(fig8.select(tables(*RUNS), PANELS), STUDY)
    titles = [ax.get_title() for ax in figure.subfigs[0].axes]
    assert titles == ["weight decay, train", "weight decay, test", "initialisation, train", "initialisation, test"]
    assert legend_of(figure) == ["weight decay 0.1", "weight decay 50", "α = 8"]
    text = figure.get_supxlabel()
    assert "evaluations every 5 steps" in text
    assert "multiplies every weight by -0.5 a step: a broken regime" in text
    assert "norm of the weights held constant, last layer zero at first" in text
    assert "Lines: mean over seeds; bands: standard error." in text


def test_seeds_that_diverged_and_seeds_that_stand_alone_are_named():
    short = curves("wd50")
    short = short[(short["seed"] == 0) | (short["step"] <= 10)]
    alone = curves("wd0.1")
    rows = pd.concat([short, alone[alone["seed"] == 1]], ignore_index=True)
    panels = {"weight decay": ["wd50", "wd0.1"]}
    [figure] = fig9.draw(
        fig9.select(rows, panels), STUDY | {"runs": {run: RUNS[run] for run in panels["weight decay"]}}
    )
    text = figure.get_supxlabel()
    assert "wd50, seed 1: loss not finite at step 10, where it ends." in text
    assert "wd0.1, seed" not in text
    assert "bands: standard error (none for wd0.1: one seed)" in text


def test_generalisation_is_marked_where_phases_are_given():
    steps = {"alpha8": np.nan, "wd0.1": 50.0, "wd50": 50.0}
    rows = [phases(run, {"memorised": 1.0, "generalised": step}, ["stated", "other"]) for run, step in steps.items()]
    numbers = fig1.select(pd.concat([tables(*RUNS), *rows], ignore_index=True), PANELS)
    events = numbers[numbers["event"].notna()]
    assert list(events["run"]) == ["wd50", "wd0.1", "alpha8"]  # once, though found in each table
    assert list(events["step"].dropna()) == [50, 50]
    [figure] = fig1.draw(numbers, STUDY)
    marks = [[line for line in ax.lines if line.get_linestyle() == ":"] for ax in figure.subfigs[0].axes]
    assert list(map(len, marks)) == [2, 0]
    assert set(marks[0][0].get_xdata()) == {50}
    text = figure.get_supxlabel()
    assert "Dotted: step of generalisation" in text
    assert "Generalisation of alpha8: not reached." in text


def test_without_phases_nothing_is_marked_or_said_of_them():
    [figure] = fig1.draw(fig1.select(tables(*RUNS), PANELS), STUDY)
    assert legend_of(figure) == ["weight decay 0.1", "weight decay 50", "α = 8", "test", "train"]
    assert "eneralisation" not in figure.get_supxlabel()


@pytest.fixture
def starts():
    """Two runs that differ in how the last layer starts, without snapshots."""
    runs = {
        "zero": run_with(alpha=8, constrain_norm="all", zero_last_layer=True),
        "drawn": run_with(alpha=8, constrain_norm="all"),
    }
    return {name: {key: run[key] for key in run if key != "snapshots"} for name, run in runs.items()}


def test_initialisation_tells_starts_by_line_style_and_variants_in_words(starts):
    panels = {"α = 8, norm of all held": ["zero", "drawn"], "again": ["drawn"]}
    numbers = initialisation.select(tables("zero", "drawn"), panels)
    [figure] = initialisation.draw(numbers, {"runs": starts, "metrics": {}})
    assert [ax.get_title() for ax in figure.subfigs[0].axes] == list(panels)
    assert legend_of(figure) == ["train", "test", "last layer as drawn", "last layer zero at first"]
    text = figure.get_supxlabel()
    assert "Weight decay 0." in text
    assert "Omnigrok (arXiv 2210.01117) does the first two with all parameters" in text


def test_initialisation_never_draws_two_runs_as_one_line(starts):
    starts["again"] = starts["zero"]
    numbers = initialisation.select(tables(*starts), {"title": list(starts)})
    with pytest.raises(ValueError, match="Panel 'title': zero and again both"):
        initialisation.draw(numbers, {"runs": starts, "metrics": {}})
