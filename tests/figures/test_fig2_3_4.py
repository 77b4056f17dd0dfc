"""The emergence paper's Figures 2 to 4 from made-up tables: what is selected, and what is said of the phases."""

import numpy as np
import pandas as pd
import pytest
from made_up import O_INFORMATION, curves, o_information, phases, run_with

from grokking_phases.figures.emergence import fig2, fig3, fig4
from grokking_phases.figures.emergence._boundaries import phases_at, spans

PANELS = {"weight decay 0.1": ["wd0.1"]}
STUDY = {"runs": {"wd0.1": run_with(weight_decay=0.1)}, "metrics": O_INFORMATION}
FOUND = {
    "memorised": 1.0,
    "generalised": np.nan,
    "feature_learning.start": 1.0,
    "feature_learning.end": 10.0,
    "emergence.start": 10.0,
    "emergence.end": 100.0,
    "divergence.start": np.nan,
    "divergence.end": np.nan,
    "delayed_emergence.start": np.nan,
    "delayed_emergence.end": np.nan,
    "decoupling.start": 100.0,
    "decoupling.end": np.nan,
}


def tables(*, found=FOUND, **changed):
    parts = [curves("wd0.1"), o_information("wd0.1", **changed)]
    if found:
        parts.append(phases("wd0.1", found, ["stated", "prominence x 2"]))
    return pd.concat(parts, ignore_index=True)


def drawn(figure=fig2, **changed):
    return figure.draw(figure.select(tables(**changed), PANELS), STUDY)


def test_synergy_is_drawn_upwards_and_both_in_bits_beside_nats():
    numbers = fig2.select(tables(), PANELS)
    of = dict(list(numbers.groupby("metric")))
    assert set(of) == {"synergy", "redundancy", "synergy_size", "train_loss", "test_loss"}
    for metric, (nats, bits) in {"synergy": (-np.log(2), 1), "redundancy": (2 * np.log(2), 2)}.items():
        rows = of[metric]
        assert set(rows["estimate"]) == set(O_INFORMATION)
        np.testing.assert_allclose(rows["value"], nats * (rows["step"] + rows["seed"]))
        np.testing.assert_allclose(rows["bits"], bits * (rows["step"] + rows["seed"]))
        assert rows["normalised"].between(0, 1).all()
    assert of["test_loss"]["bits"].isna().all()
    assert set(of["test_loss"]["step"]) == {1, 10, 100}


def test_boundaries_are_those_over_seeds_under_the_stated_rule():
    boundaries = fig2.select(tables(), PANELS).dropna(subset="event")
    assert len(boundaries) == len(FOUND) * len(O_INFORMATION)
    assert set(boundaries["rule"]) == {"stated"}
    assert boundaries["seed"].isna().all()


def test_a_page_for_each_treatment_of_ties_with_spans_and_both_scales():
    figures = drawn()
    assert ["as published" in figure.get_suptitle() for figure in figures] == [True, False]
    axes = {(ax.get_xlabel(), ax.get_ylabel()): ax for ax in figures[0].axes}
    assert {("", "synergy\n(bits)"), ("step", "redundancy\n(bits)")} <= set(axes)
    assert ("redundancy (normalised)", "synergy (normalised)") in axes
    assert [span.get_x() for span in axes["", "normalised"].patches] == [1, 10, 100]
    end = axes["redundancy (bits)", "synergy (bits)"].lines[-1]
    np.testing.assert_allclose([end.get_xdata()[0], end.get_ydata()[0]], [201, 100.5])  # means over seeds, last step


def test_phases_that_are_absent_are_named_in_the_caption_and_in_their_row():
    [figure, _] = drawn(fig3)
    text = figure.get_supxlabel()
    assert "Absent: divergence, delayed emergence." in text
    assert "Not reached: generalised, end of decoupling." in text
    assert "The paper's text names, by eye, feature learning, emergence, decoupling, finalizing." in text
    assert [entry.get_text() for entry in figure.axes[0].texts] == ["not reached", "absent", "absent"]


@pytest.mark.parametrize(
    ("events", "said"),
    [
        (["emergence.start", "emergence.end"], "In 1 of 2 seeds: emergence."),  # as often, so said once
        (["emergence.end"], "In 1 of 2 seeds: end of emergence."),
        (["divergence.start"], "In 1 of 2 seeds: divergence."),  # absent over seeds
    ],
)
def test_phases_that_some_seeds_lack_are_counted(events, said):
    rows = tables()
    rows.loc[rows["event"].isin(events), "n_found"] = 1
    [figure, _] = fig2.draw(fig2.select(rows, PANELS), STUDY)
    assert said in figure.get_supxlabel()


def test_without_phases_the_caption_says_so():
    [figure, _] = drawn(fig4, found=None)
    text = figure.get_supxlabel()
    assert "No phases are given." in text
    assert "Absent" not in text


def test_the_caption_says_what_the_lines_are():
    text = drawn()[0].get_supxlabel()
    assert "Weight decay 0.1; losses: evaluations every 5 steps and at snapshots." in text
    assert "4 log-spaced snapshots" in text
    assert "moving average of factor 0.1, which lags (the authors sample every 5 steps)" in text
    assert "Ω < 0 is synergy" in text
    assert "blind to XOR" in text


@pytest.mark.parametrize("defined", [1, 0])
def test_undefined_synergy_is_left_out_and_counted(defined):
    def synergy(seed, step):
        return -1.0 if step <= 10 * defined else np.nan

    [figure, _] = drawn(synergy=synergy)
    n = 6 - 4 * defined  # of two seeds, three steps after step 0
    assert f"Undefined in {n} of 6 snapshots of wd0.1." in figure.get_supxlabel()


def test_one_seed_has_no_band():
    rows = tables()
    numbers = fig2.select(rows[rows["seed"].isna() | (rows["seed"] == 0)], PANELS)
    assert "one seed, so no bands" in fig2.draw(numbers, STUDY)[0].get_supxlabel()


def test_a_phase_without_an_end_lasts_to_the_last_step_and_one_without_a_start_is_none():
    boundaries = pd.DataFrame({"event": list(FOUND), "step": list(FOUND.values())})
    of = spans(boundaries, 500)
    assert of == {"feature_learning": (1, 10), "emergence": (10, 100), "decoupling": (100, 500)}
    at = phases_at(pd.Index([0, 1, 50, 100, 500, 501]), of)
    assert list(at.fillna("none")) == ["none", "feature_learning", "emergence", "decoupling", "decoupling", "none"]
