"""Figure of the early-peak rule from made-up scores: the numbers selected, and the contents of pages."""

from dataclasses import asdict

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from made_up import O_INFORMATION, said

from grokking_phases.analysis.prediction import predictions
from grokking_phases.figures.emergence import prediction as figure
from grokking_phases.plotting import pages
from grokking_phases.recipe import Recipe

PANELS = {"weight decay": ["wd50", "wd1", "wd0"], "initialisation": ["alpha8"]}


def run_with(**training):
    return {
        "seeds": [1, 2, 3],
        "dataset": {"module": "modular_addition", "p": 11, "train_fraction": 0.4},
        "model": {"module": "mlp"},
        "training": asdict(Recipe(steps=1000, learning_rate=0.1, **training)),
        "snapshots": {"layers": ["hidden"], "steps": {"log": 40}},
    }


RUNS = {
    "wd0": run_with(weight_decay=0),
    "wd1": run_with(weight_decay=1),
    "wd50": run_with(weight_decay=50),
    "alpha8": run_with(alpha=8, constrain_norm="weights"),
}
GENERALISED_AT = {"wd1": 600, "alpha8": 300}


def table(generalised_at=GENERALISED_AT):
    """Return predictions in which each run that generalises has a peak at step 30.

    One seed of alpha8 has generalised by then.
    """
    curves, synergy = [], []
    for run in RUNS:
        for seed in RUNS[run]["seeds"]:
            at = 50 if (run, seed) == ("alpha8", 3) else generalised_at.get(run, np.inf)
            for step in range(0, 1001, 50):
                values = {
                    "test_accuracy": float(step >= at),
                    "weight_norm": 10.0 + seed,
                    "train_loss": 1 / (1 + step),
                }
                curves += [(run, seed, step, metric, value) for metric, value in values.items()]
            for step in range(10, 101, 5):
                peak = 5 * (run in GENERALISED_AT) * np.exp(-10 * np.log(step / 30) ** 2)
                synergy.append((run, seed, step, "synergy", -1.0 - peak))
    columns = ["run", "seed", "step", "metric", "value"]
    curves, synergy = (pd.DataFrame(rows, columns=columns) for rows in (curves, synergy))
    estimates = {"o_information_paper": synergy.assign(value=0.0), "o_information": synergy}
    return predictions(curves, estimates, {}, RUNS, calibration=["alpha8", "wd50"]).assign(table="prediction")


@pytest.fixture(scope="module")
def drawn():
    numbers = figure.select(table(), PANELS)
    return numbers, figure.draw(numbers, {"runs": RUNS, "metrics": {}})


def axes(page):
    """Return the panels by their place: two ROC curves, leads, and a panel of scores for each predictor."""
    [part] = page.subfigs
    above, below = part.subfigs
    return [*above.axes, *below.axes]


def test_runs_are_selected_in_the_order_of_panels_with_their_summaries(drawn):
    numbers, _ = drawn
    runs = numbers[numbers["kind"] == "run"]
    assert list(runs["run"].unique()) == ["wd50", "wd1", "wd0", "alpha8"]
    assert set(runs.loc[runs["panel"] == "initialisation", "run"]) == {"alpha8"}
    assert len(runs) == 12 * 3 * 2  # seeds of runs, predictors, estimates
    assert numbers["kind"].value_counts()["summary"] == 3 * 2 * 2


def test_each_estimate_has_a_page(drawn):
    _, drawn_pages = drawn
    titles = [page.get_suptitle() for page in drawn_pages]
    assert [title.rsplit(" ", 1)[1] for title in titles] == ["o_information_paper", "o_information"]


def test_a_title_names_the_treatment_of_ties_if_it_is_known(drawn):
    numbers, _ = drawn
    pages = figure.draw(numbers, {"runs": RUNS, "metrics": O_INFORMATION})
    endings = [page.get_suptitle().rsplit(": ", 1)[1] for page in pages]
    assert endings == ["ties as published", "ties at their mean rank"]


def test_the_legend_gives_the_area_and_interval_of_each_curve(drawn):
    _, [blind, page] = drawn
    for shown, expected in (
        (page, "1.00 [1.00, 1.00]"),
        (blind, "0.50 [0.50, 0.50]"),
    ):
        [legend] = shown.subfigs[0].subfigs[0].legends
        assert legend.get_texts()[0].get_text() == "synergy peak"
        for ax in axes(shown)[:2]:
            assert ax.get_legend().get_texts()[0].get_text() == expected
    titles = [ax.get_legend().get_title().get_text() for ax in axes(page)[:2]]
    assert titles == ["AUC, all", "AUC, weight decay < 10"]


def test_scores_show_outcomes_the_threshold_and_runs_left_out(drawn):
    _, [_, page] = drawn
    ax = axes(page)[3]
    assert [label.get_text() for label in ax.get_yticklabels()][:2] == [
        "weight decay 50, rate 0.1, 40% train",
        "weight decay 1, rate 0.1, 40% train",
    ]
    assert "α 8" in ax.get_yticklabels()[3].get_text()
    assert ax.get_title(loc="left") == "hits: 3 of 3\nfalse alarms: 0 of 3"
    assert "all: 3 hits, 0 misses, 0 false alarms, 3 correct rejections" in said(page)
    [crosses] = [line for line in ax.lines if line.get_marker() == "x"]
    assert np.round(crosses.get_ydata()).tolist() == [3]
    assert min(crosses.get_xdata()) > 1 and not crosses.get_clip_on()  # outside of the panel
    assert len([line for line in ax.lines if line.get_linestyle() == "--"]) == 1


def test_leads_are_drawn_for_scored_hits(drawn):
    numbers, [_, page] = drawn
    hits = numbers[
        (numbers["estimate"] == "o_information")
        & (numbers["role"] == "scored")
        & (numbers["outcome"] == "hit")
    ]
    shown = np.sort(axes(page)[2].collections[0].get_offsets()[:, 0])
    assert shown.tolist() == sorted(hits.loc[hits["predictor"] == "synergy_peak", "lead"])


def test_the_caption_states_the_rule_the_seeds_and_runs_left_out(drawn):
    _, [_, page] = drawn
    text = said(page)
    for part in (
        "from step 1 / learning rate to 10% of training",
        "are of 2 runs (small marks), all else of 2 others",
        "Left out of 12: 1 generalised already.",
        "multiplies every weight by -4 a step",
    ):
        assert part in text


def test_if_nothing_generalises_the_legend_gives_the_reason():
    numbers = figure.select(table({}), PANELS)
    [_, page] = figure.draw(numbers, {"runs": RUNS, "metrics": {}})
    said = axes(page)[0].get_legend().get_texts()[0].get_text()
    assert said.split() == ["none", "of", "the", "scored", "runs", "generalises"]


def test_the_same_numbers_give_the_same_files(drawn, tmp_path):
    numbers, _ = drawn
    for name in ("a", "b"):
        drawn_pages = figure.draw(numbers, {"runs": RUNS, "metrics": {}})
        pages.write_pdf(tmp_path / f"{name}.pdf", drawn_pages)
        pages.write_png(tmp_path / f"{name}.png", drawn_pages)
    assert (tmp_path / "a.pdf").read_bytes() == (tmp_path / "b.pdf").read_bytes()
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()


def test_a_table_from_a_file_is_drawn_alike(drawn, tmp_path):
    """Without pandas' own types, whole numbers next to gaps come back as floats, and missing text as None."""
    _, [_, page] = drawn
    written = pa.Table.from_pandas(table().drop(columns="table")).replace_schema_metadata({})
    pq.write_table(written, tmp_path / "prediction.parquet")
    numbers = figure.select(pq.read_table(tmp_path / "prediction.parquet").to_pandas(), PANELS)
    [_, again] = figure.draw(numbers, {"runs": RUNS, "metrics": {}})
    assert said(again) == said(page)
    for ax, other in zip(axes(again), axes(page), strict=True):
        assert ax.get_title(loc="left") == other.get_title(loc="left")
        assert len(ax.collections) == len(other.collections)
