"""Both papers' Figure 5 from made-up tables: the numbers selected, and the contents of the pages."""

import numpy as np
import pandas as pd
import pytest
from made_up import O_INFORMATION, named_in, run_with, said, table
from matplotlib.text import Annotation

from grokking_phases.figures.emergence import fig5 as emergence
from grokking_phases.figures.two_phase import fig5 as two_phase
from grokking_phases.plotting import pages
from grokking_phases.steps import steps_of

RUNS = {
    "wd2": run_with(weight_decay=2),
    "wd50": run_with(weight_decay=50),
    "alpha8": run_with(alpha=8, constrain_norm="weights"),
}


STUDY = {"runs": RUNS, "metrics": O_INFORMATION}


def synergy_tables():
    values = {
        "synergy": lambda seed, step: -np.log(2) * (step + seed) if step < 100 else np.nan,
        "n_constant": lambda seed, step: step,
        "n_duplicate": lambda seed, step: 0,
        "n_failed": lambda seed, step: 0,
    }
    return pd.concat(
        [
            table(run, values).assign(table=name)
            for run in RUNS
            for name in ("o_information_paper", "o_information")
        ]
    )


@pytest.fixture
def drawn():
    numbers = emergence.select(
        synergy_tables(), {"weight decay": ["wd50", "wd2"], "initialisation": ["alpha8"]}
    )
    return numbers, emergence.draw(numbers, STUDY)


def test_emergence_selects_synergy_in_bits_after_step_0_in_the_order_of_panels(drawn):
    numbers, _ = drawn
    assert set(numbers["step"]) == {1, 10, 100}
    known = numbers[numbers["step"] < 100]
    np.testing.assert_allclose(known["bits"], known["step"] + known["seed"])
    assert list(numbers["n_constant"]) == list(numbers["step"])
    assert list(numbers["run"].unique()) == ["wd50", "wd2", "alpha8"]
    assert set(numbers.loc[numbers["panel"] == "initialisation", "run"]) == {"alpha8"}


def test_a_panel_with_two_runs_of_one_strength_says_over_which_runs_it_is_scaled():
    runs = RUNS | {"wd50": run_with(weight_decay=2, loss_dtype="float32")}
    panels = {"weight decay": ["wd50", "wd2"], "initialisation": ["alpha8"]}
    numbers = emergence.select(synergy_tables(), panels)
    for drawn_runs, found in ((runs, True), (RUNS, False)):
        page, _ = emergence.draw(numbers, STUDY | {"runs": drawn_runs})
        assert ("the scale is over weight decay 2, loss in float32; weight decay 2." in said(page)) == found


def test_a_panel_is_scaled_together_and_each_seed_is_averaged_on_its_own():
    """Synergies of 0 to 8 and of 2 to 4 bits: the second reaches from 1/4 to 1/2 of the panel's range."""
    values = {"wd2": [0.0, 8.0, 4.0], "wd50": [2.0, 4.0, 4.0], "alpha8": [1.0, 2.0, 3.0]}
    counts = dict.fromkeys(("n_constant", "n_duplicate", "n_failed"), lambda seed, step: 0)
    tables = [
        table(
            run, {"synergy": lambda seed, step, bits=bits: -bits[[1, 10, 100].index(step or 1)]} | counts
        ).assign(table="o_information")
        for run, bits in values.items()
    ]
    panels = {"weight decay": ["wd2", "wd50"], "initialisation": ["alpha8"]}
    numbers = emergence.select(pd.concat(tables), panels)
    expected = {
        "wd2": [0, 0.1 * 1, 0.1 * 0.5 + 0.9 * 0.1],
        "wd50": [0.25, 0.1 * 0.5 + 0.9 * 0.25, 0.1 * 0.5 + 0.9 * 0.275],
        "alpha8": [0, 0.1 * 0.5, 0.1 * 1 + 0.9 * 0.05],
    }
    for (run, _), rows in numbers.groupby(["run", "seed"]):
        np.testing.assert_allclose(rows.sort_values("step")["normalised"], expected[run], atol=1e-12)


def test_emergence_draws_a_page_for_each_treatment_of_ties(drawn):
    numbers, figures = drawn
    assert len({figure.get_suptitle() for figure in figures}) == len(figures) == len(O_INFORMATION)
    labels = [line.get_text() for line in figures[0].axes[0].get_legend().get_texts()]
    assert [[decay in label for decay in ("50", "2")] for label in labels] == [[True, False], [False, True]]
    upper, _, left, right = figures[0].axes
    # The last line of a panel is that of 0.
    shown = [line for ax in (left, right) for line in ax.lines[:-1] if len(line.get_xdata())]
    bands = [band for ax in (left, right) for band in ax.collections]
    for line, band, run in zip(shown, bands, ["wd50", "wd2", "alpha8"], strict=True):
        rows = numbers[(numbers["run"] == run) & (numbers["estimate"] == "o_information_paper")]
        bits = rows.groupby("step")["bits"]
        np.testing.assert_allclose(line.get_xydata(), bits.mean().dropna().reset_index().to_numpy())
        highest = (bits.mean() + bits.sem()).max()
        np.testing.assert_allclose(band.get_paths()[0].vertices[:, 1].max(), highest)
    assert len([line for line in upper.lines if len(line.get_xdata())]) == 2


def test_emergence_names_undefined_snapshots_and_runs_that_are_not_points_of_the_sweep(drawn):
    """The last of three snapshots of two seeds has no value.

    The factor of wd50 is 1 - 0.03 x 50 a step.
    """
    numbers, [figure, _] = drawn
    lacking = numbers[numbers["value"].isna() & (numbers["estimate"] == "o_information")]
    assert lacking.groupby("run").size().to_dict() == dict.fromkeys(RUNS, 2)
    assert named_in(figure, "wd2", "wd50", "alpha8", "2 of 6", -0.5) == [
        "wd2",
        "wd50",
        "alpha8",
        "2 of 6",
        -0.5,
    ]


def test_the_same_numbers_give_the_same_files(drawn, tmp_path):
    numbers, _ = drawn
    for name in ("a", "b"):
        pages.write_pdf(tmp_path / f"{name}.pdf", emergence.draw(numbers, STUDY))
        pages.write_png(tmp_path / f"{name}.png", emergence.draw(numbers, STUDY))
    assert (tmp_path / "a.pdf").read_bytes() == (tmp_path / "b.pdf").read_bytes()
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()


def test_two_phase_draws_values_near_their_ceiling_hollow():
    values = {
        "information_x": lambda seed, step: 7.9 if step == 1 else 5.0,
        "information_y": lambda seed, step: 1.0,
        "ceiling_x": lambda seed, step: 8.0,
        "ceiling_y": lambda seed, step: 3.0,
        "resolution": lambda seed, step: 0.1,
    }
    tables = table("division", values).assign(table="mutual_information")
    numbers = two_phase.select(tables, {"modular division": ["division"]})
    assert list(numbers["saturated"]) == [step == 1 for step in numbers["step"]]
    options = {"estimator": "kernel_density", "noise_scale": "relative", "noise": 0.35}
    study = {"runs": {"division": RUNS["wd2"]}, "metrics": {"mutual_information": options}}
    [figure] = two_phase.draw(numbers, study)
    assert "relative" in figure.get_suptitle() and "0.35" in figure.get_suptitle()
    points = figure.axes[0].collections[0]
    hollow = points.get_facecolor()[:, 3] == 0  # in the order of the first seed's steps
    assert list(hollow) == [True, False, False]


def test_an_arrow_leads_to_where_information_turns_in_the_first_seed_in_which_it_does():
    late = {step: place for place, step in enumerate(steps_of({"log": 40}, 4000))}
    values = {
        "information_x": lambda seed, step: 2 + 5 * np.exp(-((late.get(step, 0) - 20 - seed) ** 2) / 30),
        "information_y": lambda seed, step: late.get(step, 0) / 10,
        "ceiling_x": lambda seed, step: 8.0,
        "ceiling_y": lambda seed, step: 5.0,
        "resolution": lambda seed, step: 0.1,
    }
    steps = [0, *late]
    tables = table("division", values, steps=steps).assign(table="mutual_information")
    options = {"estimator": "kernel_density", "noise_scale": "relative", "noise": 0.35}
    study = {"runs": {"division": RUNS["wd2"]}, "metrics": {"mutual_information": options}}
    [figure] = two_phase.draw(two_phase.select(tables, {"modular division": ["division"]}), study)
    [arrow] = figure.axes[0].texts
    assert arrow.xy == pytest.approx((7, 2))
    first, second, *_ = sorted(tables["seed"].unique())
    assert arrow.get_text() == f"{two_phase.TURN} (seed {first})"

    still = (tables["metric"] == "information_x") & (tables["seed"] == first)
    one_flat = tables.assign(value=tables["value"].mask(still, 3.0))
    [figure] = two_phase.draw(two_phase.select(one_flat, {"modular division": ["division"]}), study)
    assert [text.get_text() for text in figure.axes[0].texts] == [f"{two_phase.TURN} (seed {second})"]

    accuracies = {
        "train_accuracy": lambda seed, step: 1.0,
        "test_accuracy": lambda seed, step: float(seed == second and step >= 1000),
        "test_loss": lambda seed, step: 1.0,
    }
    curves = table("division", accuracies, steps=list(late), layer=None).assign(table="curves")
    both = two_phase.select(pd.concat([tables, curves]), {"modular division": ["division"]})
    [figure] = two_phase.draw(both, study)
    arrows = {text.get_text(): text.xy for text in figure.axes[0].texts}
    assert list(arrows) == [f"{name} (seed {second})" for name in (two_phase.TURN, two_phase.GENERALISED)]
    assert (
        arrows[f"{two_phase.GENERALISED} (seed {second})"][1] == late[min(s for s in late if s >= 1000)] / 10
    )

    flat = tables.assign(value=tables["value"].where(tables["metric"] != "information_x", 3.0))
    [figure] = two_phase.draw(two_phase.select(flat, {"modular division": ["division"]}), study)
    assert not [text for text in figure.axes[0].texts if isinstance(text, Annotation)]  # no arrow
