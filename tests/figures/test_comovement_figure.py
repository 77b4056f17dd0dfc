"""The figure of co-movement from made-up runs: the points drawn, and what a caption must count."""

import numpy as np
import pandas as pd
import pytest
from made_up import named_in

from grokking_phases.analysis.comovement import COLUMNS, compared
from grokking_phases.figures.two_phase import comovement as figure

PANELS = {"first task": [f"r{i}" for i in range(6)], "second task": [f"r{i}" for i in range(6, 12)]}
FILLED = ("o", "s")  # the tasks
STEPS = {"half_fit": 100.0, "fit": 1000.0, "peak": 1200.0, "compress": 1500.0, "gen_0.98": 5000.0}


def table():
    """Return the table of 12 settings of 2 seeds.

    Seed 1 of r0 does not reach its turn, that of r1 neither its turn nor generalising; that of r2 has none.
    """
    rows = [
        {"task": task, "run": run, "seed": seed, "event": event, "step": step * 1.1 ** (i + seed)}
        for task, runs in PANELS.items()
        for i, run in enumerate(runs)
        for seed in (0, 1)
        for event, step in STEPS.items()
    ]
    runs = pd.DataFrame(rows).assign(kind="run", status="found", censored=False, source=None)
    runs.loc[runs["event"] == "compress", "source"] = "kde"
    of_r = {name: (runs["run"] == name) & (runs["seed"] == 1) for name in ("r0", "r1")}
    lost = runs["event"] == "compress"
    runs.loc[of_r["r0"] & lost, ["step", "censored", "status"]] = [9000.0, True, "not reached"]
    lost |= runs["event"] == "gen_0.98"
    runs.loc[of_r["r1"] & lost, ["step", "censored", "status"]] = [9000.0, True, "not reached"]
    absent = (runs["run"] == "r2") & (runs["seed"] == 1) & (runs["event"] == "compress")
    runs.loc[absent, ["step", "censored", "status"]] = [1.0, True, "absent"]
    pairs = compared(runs).assign(kind="pair")
    return pd.concat([runs, pairs]).reindex(columns=list(COLUMNS)).astype(COLUMNS).assign(table="comovement")


@pytest.fixture(scope="module")
def page():
    numbers = figure.select(table(), PANELS)
    [page] = figure.draw(numbers, {"runs": {}})
    return page


def points(ax, *markers):
    """Return the (x, y) of all points with one of the markers."""
    drawn = [line.get_xydata() for line in ax.lines if line.get_marker() in markers]
    return np.concatenate(drawn) if drawn else np.empty((0, 2))


def test_there_is_a_column_for_each_primary_pair(page):
    above = page.subfigs[0].axes[:3]
    assert [(ax.get_xlabel(), ax.get_ylabel()) for ax in above] == [
        ("fitted (step)", "top of the test loss (step)"),
        ("fitted (step)", "turn of I(T;X) (step)"),
        ("turn of I(T;X) (step)", "generalised (step)"),
    ]


def test_censored_runs_are_drawn_where_they_end(page):
    _, turns, last = page.subfigs[0].axes[:3]
    assert len(points(turns, *FILLED)) == 21
    up = points(turns, "^")
    assert sorted(up[:, 1]) == [9000, 9000] and up[:, 0].max() < 2000
    assert points(last, ">")[:, 0].tolist() == [9000]  # only the turn is missing
    assert points(last, "P").tolist() == [[9000, 9000]]  # both are


def test_a_run_without_a_time_scale_is_not_drawn_and_stretches_no_axis(page):
    for ax in page.subfigs[0].axes[1:3]:
        drawn = np.concatenate([line.get_xydata() for line in ax.lines])
        assert len(drawn) == 23
        assert min(*ax.get_xlim(), *ax.get_ylim()) > 500


@pytest.mark.parametrize("least, most, has_median", [(0.1, 0.1, True), (0.1, np.inf, False)])
def test_a_distance_that_hangs_on_unknown_steps_is_only_an_interval(least, most, has_median):
    numbers = figure.select(table(), PANELS)
    numbers.loc[numbers["kind"] == "pair", ["least", "most"]] = [least, most]
    [page] = figure.draw(numbers, {"runs": {}})
    assert ("distance 0.10 [" in page.subfigs[0].axes[0].get_title(loc="left")) == has_median


def test_below_are_deviations_from_the_mean_of_a_setting(page):
    below = page.subfigs[0].axes[3:]
    for ax in below:
        drawn = points(ax, *FILLED)
        np.testing.assert_allclose(np.abs(drawn), np.log10(1.1) / 2)
        np.testing.assert_allclose(drawn[:, 0], drawn[:, 1])
    assert [len(points(ax, *FILLED)) for ax in below] == [24, 18, 18]


def test_the_caption_counts_what_is_censored(page):
    assert named_in(page, "3 of 24", "1 of 24", "0 of 24") == ["3 of 24", "1 of 24", "0 of 24"]


def test_runs_of_no_panel_are_left_out_and_all_pairs_are_kept():
    numbers = figure.select(table(), {"first task": ["r0"]})
    assert set(numbers["run"].dropna()) == {"r0"}
    assert (numbers["kind"] == "pair").sum() == 6
