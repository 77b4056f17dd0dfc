"""The figures of any study draw the tables' numbers, and their captions speak of no paper."""

import numpy as np
import pandas as pd
import pytest
from made_up import SEEDS, curves, curves_in, o_information, phases, run_with, said, table
from matplotlib.figure import Figure

from grokking_phases.figures.emergence import fig2
from grokking_phases.figures.study import compare, information_plane, progress, synergy_redundancy
from grokking_phases.figures.study._words import phases_words
from grokking_phases.figures.two_phase import fig5

OWN = {
    "source": "own/{seed}",
    "seeds": list(SEEDS),
    "note": "MLP on digits, my own loop",
    "recorded": {
        "by": "Recorder",
        "network": "Sequential",
        "n_probe": 400,
        "n_test": 9,
        "taken": [0, 1, 10, 100],
    },
    "snapshots": {"layers": ["hidden"], "steps": [0, 1, 10, 100]},
}
METRICS = {
    "o_information": {"module": "o_information", "n_bins": 6, "variables": "union", "ties": "average"},
    "mutual_information": {
        "module": "mutual_information",
        "estimator": "kernel_density",
        "noise": 0.35,
        "noise_scale": "relative",
    },
    "mine": {"module": "mine", "threshold": 0.5},
}
INFORMATION = {
    "information_x": lambda seed, step: 3 / (1 + step),
    "information_y": lambda seed, step: step / 100,
    "ceiling_x": lambda seed, step: 3.5,
    "ceiling_y": lambda seed, step: 0.5,
}
STUDY = {
    "runs": {"own": OWN, "wd2": run_with(weight_decay=2)},
    "metrics": METRICS,
    "subnetworks": {},
    "levels": {},
}
EVENTS = {
    "generalised": 10.0,
    "memorised": np.nan,
    "emergence.start": 2.0,
    "emergence.end": 50.0,
    "divergence.start": np.nan,
}


def tables(*runs):
    rows = []
    for run in runs:
        measured = o_information(run)
        mine = {"activity": lambda seed, step: step + seed, "n_left_out": lambda seed, step: 0}
        events = phases(run, EVENTS)
        rows += [
            curves(run),
            measured[measured["table"] == "o_information"],
            table(run, INFORMATION).assign(table="mutual_information"),
            table(run, mine).assign(table="mine"),
            events[events["source"] == "o_information"],
        ]
    return pd.concat(rows, ignore_index=True)


def drawn(figure, *runs):
    """Return the pages of a figure of these runs, from the tables and metrics that it draws."""
    rows, kinds = tables(*runs), getattr(figure, "DRAWS", None) or ["curves", "phases", *METRICS]
    metrics = {name: entry for name, entry in METRICS.items() if name in kinds}
    study = STUDY | {"runs": {run: STUDY["runs"][run] for run in runs}, "metrics": metrics}
    return figure.draw(figure.select(rows[rows["table"].isin(kinds)], {"panel": list(runs)}), study)


def mean(factor=1):
    return factor * np.array([np.mean([step + seed for seed in SEEDS]) for step in (1, 10, 100)])


def axes(figure):
    return {ax.get_ylabel(): ax for page in figure for ax in page.axes if ax.get_ylabel()}


def test_progress_draws_every_measure_and_the_phases():
    found = axes(drawn(progress, "own"))
    assert set(found) >= {"loss", "accuracy", "I(T;X) (nats)", "activity"}
    assert not any("left" in name for name in found)
    synergy = next(ax for name, ax in found.items() if name.startswith("synergy"))
    np.testing.assert_allclose(curves_in(synergy)[0].get_ydata(), mean())  # bits, upwards
    np.testing.assert_allclose(curves_in(found["activity"])[0].get_ydata(), mean())
    assert [line.get_xdata()[0] for line in synergy.lines if len(set(line.get_xdata())) == 1] == [10.0]
    assert any("emergence" in str(patch.get_label()) for patch in synergy.patches)


def test_a_run_without_a_step_is_drawn_empty():
    """The first loss of its training was not finite, so that it ended at step 0."""
    rows = tables("own")
    begun = rows[(rows["table"] == "curves") & (rows["step"] == 0)].astype({"value": object})
    numbers = progress.select(begun if len(begun) else rows.iloc[:0], {"panel": ["own"]})
    assert numbers.empty
    for page in progress.draw(numbers, STUDY | {"runs": {"own": OWN}}):
        assert not [line for ax in page.axes for line in curves_in(ax)]


def test_the_caption_says_what_note_and_header_say():
    for figure in (progress, information_plane, synergy_redundancy, compare):
        for page in drawn(figure, "own"):
            caption = said(page)
            for fact in ("MLP on digits, my own loop", "Sequential", "400", "2 seeds", "4 snapshots"):
                assert fact in caption
            assert "paper" not in caption.lower()
    assert "divergence (absent)" in said(drawn(progress, "own")[0])


def test_the_caption_names_no_mark_that_is_not_drawn():
    assert "bands" not in said(drawn(information_plane, "own")[0])
    words = said(drawn(progress, "own")[0])
    assert "Shaded" in words and "Dotted: generalised (" in words
    events = pd.DataFrame({"event": ["memorised", "emergence.start"], "step": np.nan, "status": "absent"})
    words = phases_words(events)
    assert words.caption == [] and "Without: memorised, emergence (absent)." in words.notes


def test_rounding_is_not_stretched_over_an_axis():
    for size, stretched in ((1e-6, False), (1e-2, True)):
        ax = Figure().subplots()
        rows = pd.DataFrame({"step": [1, 10], "metric": "number", "drawn": [1, 1 + size]})
        progress.draw_panel(ax, rows, {"number": "number"}, "linear mapping number")
        low, high = ax.get_ylim()
        assert (size > 0.5 * (high - low)) == stretched


@pytest.mark.parametrize("figure", [fig2, fig5])
def test_figures_of_the_papers_say_nothing_of_the_papers_about_a_run_of_ones_own(figure):
    own, trained = (said(drawn(figure, run)[0]) for run in ("own", "wd2"))
    assert "paper's text" not in own and "The paper names" not in own
    assert "paper's text" in trained or "The paper names" in trained


def test_the_information_plane_has_hollow_points_above_a_ceiling():
    page = drawn(information_plane, "own")[0]
    points = page.axes[0].collections[0]
    np.testing.assert_allclose(points.get_offsets()[0], [1.5, 0.01])
    assert [bool(colour[3]) for colour in points.get_facecolors()] == [True, True, False]


def test_synergy_is_drawn_against_redundancy():
    left, right = drawn(synergy_redundancy, "own")[0].axes[:2]
    np.testing.assert_allclose(left.lines[0].get_ydata(), mean())
    np.testing.assert_allclose(right.collections[0].get_offsets()[:, 0], mean(2))


def test_runs_that_were_trained_here_lie_behind_those_of_ones_own():
    looks = compare.looks_of(STUDY["runs"])
    assert looks["own"]["zorder"] > looks["wd2"]["zorder"]
    assert len(set(looks["wd2"]["color"])) == 1 < len(set(looks["own"]["color"]))
    only = compare.looks_of({"wd2": STUDY["runs"]["wd2"]})
    assert len(set(only["wd2"]["color"])) > 1
    found = axes(drawn(compare, "own", "wd2"))
    labels = [line.get_label() for line in found["test accuracy"].lines]
    assert labels == ["own", "wd2"]
