"""The emergence paper's Figures 2 to 4 from made-up tables: the numbers selected, and the phases drawn."""

import numpy as np
import pandas as pd
import pytest
from made_up import O_INFORMATION, curves, is_named, named_in, o_information, phases, run_with, said

from grokking_phases.figures.emergence import fig2, fig3, fig4
from grokking_phases.figures.emergence._boundaries import missing
from grokking_phases.figures.emergence._pareto import thinned
from grokking_phases.plotting.phase_looks import phases_at, spans, worded

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


def test_marks_that_would_lie_on_each_other_are_left_out():
    points = np.array([[0, 0], [0.05, 0.05], [0.05, 5], [10, 10], [9.9, 9.9]])
    assert thinned(points, range(5), (0.1, 0.1)) == [0, 2, 3]
    assert thinned(points, [1, 0], (0.1, 0.1)) == [1]


def drawn(figure=fig2, **changed):
    return figure.draw(figure.select(tables(**changed), PANELS), STUDY)


def test_synergy_is_drawn_upwards_and_synergy_and_redundancy_in_bits():
    numbers = fig2.select(tables(), PANELS)
    by_metric = dict(list(numbers.groupby("metric")))
    assert set(by_metric) == {"synergy", "redundancy", "synergy_size", "train_loss", "test_loss"}
    for metric, (nats, bits) in {"synergy": (-np.log(2), 1), "redundancy": (2 * np.log(2), 2)}.items():
        rows = by_metric[metric]
        assert set(rows["estimate"]) == set(O_INFORMATION)
        np.testing.assert_allclose(rows["value"], nats * (rows["step"] + rows["seed"]))
        np.testing.assert_allclose(rows["bits"], bits * (rows["step"] + rows["seed"]))
        assert rows["normalised"].between(0, 1).all()
    assert by_metric["test_loss"]["bits"].isna().all()
    assert set(by_metric["test_loss"]["step"]) == {1, 10, 100}


def test_boundaries_are_over_seeds_and_under_the_stated_rule():
    boundaries = fig2.select(tables(), PANELS).dropna(subset="event")
    assert len(boundaries) == len(FOUND) * len(O_INFORMATION)
    assert set(boundaries["rule"]) == {"stated"}
    assert boundaries["seed"].isna().all()


def test_each_treatment_of_ties_has_a_page_with_spans_and_both_scales():
    figures = drawn()
    assert len({figure.get_suptitle() for figure in figures}) == len(figures) == len(O_INFORMATION)
    axes = {(ax.get_xlabel(), ax.get_ylabel()): ax for ax in figures[0].axes}
    assert {("", "synergy\n(bits)"), ("step", "redundancy\n(bits)")} <= set(axes)
    assert ("redundancy (normalised)", "synergy (normalised)") in axes
    assert [span.get_x() for span in axes["", "normalised"].patches] == [1, 10, 100]
    end = axes["redundancy (bits)", "synergy (bits)"].lines[-1]
    np.testing.assert_allclose(
        [end.get_xdata()[0], end.get_ydata()[0]], [201, 100.5]
    )  # means over seeds, last step


def test_a_phase_that_is_not_found_is_named_in_the_caption_and_in_its_row():
    boundaries = fig3.select(tables(), PANELS).dropna(subset="event")
    one = boundaries[boundaries["estimate"] == "o_information"].set_index("event")
    assert (one["status"] == "absent").to_dict() == {
        event: event.startswith(("div", "delay")) for event in FOUND
    }
    assert list(one.index[one["status"] == "not reached"]) == ["generalised", "decoupling.end"]
    [figure, _] = drawn(fig3)
    assert [entry.get_text() for entry in figure.axes[0].texts] == ["not reached", "absent", "absent"]
    lacking = ["divergence", "delayed emergence", "generalised", "end of decoupling"]
    said = " ".join(missing(one.reset_index()))
    assert [name for name in map(worded, FOUND) if is_named(name, said)] == [
        name for name in map(worded, FOUND) if name in lacking or name in ("emergence", "decoupling")
    ]  # these two are words of `delayed emergence` and `end of decoupling`
    assert named_in(figure, *lacking) == lacking


@pytest.mark.parametrize("figure", [fig2, fig3, fig4])
def test_phases_that_the_paper_names_are_named(figure):
    names = [worded(phase) for phase in figure.NAMED]
    assert named_in(drawn(figure)[0], *names) == names


@pytest.mark.parametrize(
    ("events", "named"),
    [
        (["emergence.start", "emergence.end"], "emergence"),  # both equally often, so named once
        (["emergence.end"], "end of emergence"),
        (["divergence.start"], "divergence"),  # absent over seeds
    ],
)
def test_phases_that_some_seeds_lack_are_counted(events, named):
    rows = tables()
    rows.loc[rows["event"].isin(events), "n_found"] = 1
    boundaries = fig2.select(rows, PANELS).dropna(subset="event")
    partly = boundaries[boundaries["n_found"] < boundaries["n_seeds"]]
    assert set(partly.loc[partly["n_found"] > 0, "event"]) == set(events)
    [sentence] = [
        text for text in missing(boundaries[boundaries["estimate"] == "o_information"]) if "1" in text
    ]
    assert is_named(named, sentence) and is_named(2, sentence)
    assert ("end" in sentence) == (named == "end of emergence")
    assert sentence in said(fig2.draw(fig2.select(rows, PANELS), STUDY)[1])


def test_without_a_table_of_phases_no_phase_is_drawn():
    assert "event" not in fig4.select(tables(found=None), PANELS).dropna(axis=1, how="all")
    [figure, _] = drawn(fig4, found=None)
    assert not figure.axes[0].lines and not figure.axes[0].texts
    assert named_in(figure, "divergence", "delayed emergence", "generalised") == []


def test_the_caption_names_the_recipe_and_the_sampling():
    numbers = [0.1, 5, "4 log-spaced"]  # weight decay, steps between evaluations, number of snapshots
    assert named_in(drawn()[0], *numbers) == numbers


@pytest.mark.parametrize("defined", [1, 0])
def test_undefined_synergy_is_left_out_and_counted(defined):
    def synergy(seed, step):
        return -1.0 if step <= 10 * defined else np.nan

    numbers = fig2.select(tables(synergy=synergy), PANELS)
    one = numbers[(numbers["metric"] == "synergy") & (numbers["estimate"] == "o_information")]
    n = 6 - 4 * defined  # of two seeds, three steps after step 0
    assert one["value"].isna().sum() == n and len(one) == 6
    [figure, _] = fig2.draw(numbers, STUDY)
    assert named_in(figure, f"{n} of 6", "wd0.1") == [f"{n} of 6", "wd0.1"]
    [line] = [line for line in axes_of(figure)["synergy\n(bits)"].lines if len(line.get_xdata())] or [None]
    assert (line is not None and list(line.get_xdata())) == ([1, 10] if defined else False)


def axes_of(figure):
    return {ax.get_ylabel(): ax for ax in figure.axes}


def test_one_seed_has_no_band():
    rows = tables()
    numbers = fig2.select(rows[rows["seed"].isna() | (rows["seed"] == 0)], PANELS)
    assert set(numbers["seed"].dropna()) == {0}
    assert [bands(figure) for figure in (fig2.draw(numbers, STUDY)[0], drawn()[0])] == [0, 1]


def bands(figure):
    """Return the number of bands around the lines of synergy that have a height."""
    ax = axes_of(figure)["synergy\n(bits)"]
    return sum(
        np.ptp(path.vertices[:, 1]) > 0 and len(ax.lines) > 0
        for c in ax.collections
        for path in c.get_paths()
    )


def test_a_phase_without_an_end_lasts_to_the_last_step_and_one_without_a_start_is_not_drawn():
    boundaries = pd.DataFrame({"event": list(FOUND), "step": list(FOUND.values())})
    edges = spans(boundaries, 500)
    assert edges == {"feature_learning": (1, 10), "emergence": (10, 100), "decoupling": (100, 500)}
    names = phases_at(pd.Index([0, 1, 50, 100, 500, 501]), edges)
    assert list(names.fillna("none")) == [
        "none",
        "feature_learning",
        "emergence",
        "decoupling",
        "decoupling",
        "none",
    ]


def test_each_page_has_the_phases_of_its_own_layer():
    later = {event: 2 * step for event, step in FOUND.items()}
    before = o_information("wd0.1").assign(layer="preactivation")
    rows = [tables(), before, phases("wd0.1", later, layer="preactivation")]
    pages = drawn_from(pd.concat(rows, ignore_index=True))
    assert len(pages) == 2 * len(O_INFORMATION)
    edges = {page.get_suptitle().split("layer ")[1].split(",")[0]: emergence(page) for page in pages}
    assert edges == {"hidden": [10, 100], "preactivation": [20, 200]}


def drawn_from(rows):
    return fig2.draw(fig2.select(rows, PANELS), STUDY)


def emergence(page):
    """Return the first and last step of the broad line of Emergence."""
    [ax] = [
        ax for ax in page.axes if worded("emergence") in [label.get_text() for label in ax.get_yticklabels()]
    ]
    [line] = [line for line in ax.lines if line.get_linewidth() == 5 and set(line.get_ydata()) == {3}]
    return list(line.get_xdata())
