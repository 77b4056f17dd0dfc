"""Curves that a user has at hand: what cannot be read is named before anything is looked for."""

import numpy as np
import pandas as pd
import pytest
import torch

from grokking_phases import find_phases, find_time_scales
from grokking_phases.analysis.events import Levels

STEPS = np.unique(np.geomspace(1, 1000, 40).astype(int))
CURVES = {
    "step": STEPS,
    "train_accuracy": STEPS > 5.0,
    "test_accuracy": STEPS > 90.0,
    "test_loss": 1 / STEPS,
}


def tidy(**changed):
    """Return the curves as tidy rows, with columns changed."""
    return pd.DataFrame(CURVES).melt("step", var_name="metric").assign(**changed)


def with_value(metric, value):
    rows = tidy().astype({"value": object})
    rows.loc[rows.index[rows["metric"] == metric][3], "value"] = value
    return rows


TWO_SEEDS = pd.concat([tidy(seed=0), tidy(seed=1).query("metric != 'test_accuracy'")])
MASKED = CURVES | {"test_loss": np.ma.masked_less(1 / STEPS, 0.01)}


@pytest.mark.parametrize(
    ("curves", "sentence"),
    [
        (pd.concat([tidy(run="a"), tidy(run="b")]), "holds 2 runs"),
        (pd.concat([tidy(), tidy()]), "two values of train_accuracy of seed 0 at step 1"),
        (TWO_SEEDS, "of seed 1 has no test_accuracy"),
        (tidy(seed="first"), "holds the seed first, which is no whole number"),
        (tidy(seed=np.nan), "holds the seed nan, which is no whole number"),
        (with_value("test_loss", "low"), "holds 'low' as test_loss"),
        (tidy(value=1j), "holds 1j as train_accuracy"),
        (pd.concat([tidy(layer="a"), tidy(layer="b")]), "two values of train_accuracy of seed 0 at step 1"),
        (CURVES | {"test_loss": [1.0]}, r"has test_loss as a float64 array \(1,\)"),
        (tidy(step=1.5), "holds the step 1.5, which is no whole number"),
        (with_value("test_loss", np.inf), "has inf as test_loss"),
        (CURVES | {"train_accuracy": 100 * (STEPS > 5.0)}, "has 100 as train_accuracy at step .*by 100"),
        (tidy(step=-1), "holds the step -1"),
        (MASKED, "test_loss has masked values"),
    ],
    ids=[
        *("two runs", "twice", "one seed lacks a curve", "a word", "no seed", "a word as value", "complex"),
        *("two layers", "too short", "half a step", "infinite", "percent", "below 0", "masked"),
    ],
)
def test_a_table_that_cannot_be_read_is_one_sentence(curves, sentence):
    with pytest.raises(ValueError, match=f"^curves.*{sentence}"):
        find_time_scales(curves)


def test_a_gap_is_no_error():
    found = find_time_scales(with_value("test_loss", np.nan))
    assert {*found.loc[found["event"] == "fit", "status"]} == {"found"}


def test_tensors_of_any_precision_are_taken():
    tensors = {
        name: torch.tensor(values).to(torch.bfloat16) for name, values in CURVES.items() if name != "step"
    }
    pd.testing.assert_frame_equal(
        find_time_scales({"step": STEPS} | tensors),
        find_time_scales({"step": STEPS} | {name: values.double() for name, values in tensors.items()}),
    )


def test_what_was_measured_holds_something_to_look_at():
    with pytest.raises(ValueError, match="^mine has none of information_x.*it has energy"):
        find_time_scales(CURVES, {"mine": {"step": STEPS, "energy": 1 / STEPS}})


def test_information_needs_its_ceiling():
    with pytest.raises(ValueError, match="mine has information_x without ceiling_x"):
        find_time_scales(CURVES, {"mine": {"step": STEPS, "information_x": 1 / STEPS}})


def test_information_needs_its_ceiling_in_each_layer_and_at_each_step():
    information = {"step": STEPS, "information_x": np.exp(-((np.log(STEPS) - 3) ** 2))}
    known = pd.DataFrame(information | {"ceiling_x": 3.0})
    by_layer = pd.concat([known.assign(layer="a"), known.assign(layer="b")])
    rows = by_layer.melt(["layer", "step"], var_name="metric")
    assert len(find_time_scales(CURVES, {"mine": rows}))
    is_ceiling = rows["metric"] == "ceiling_x"
    with pytest.raises(ValueError, match="mine has .* without ceiling_x.* layer b"):
        find_time_scales(CURVES, {"mine": rows[~(is_ceiling & (rows["layer"] == "b"))]})
    with pytest.raises(ValueError, match="mine has .* without ceiling_x.* at step 1000"):
        find_time_scales(CURVES, {"mine": rows[~(is_ceiling & (rows["step"] == 1000))]})


def test_what_was_measured_has_the_names_of_its_sources():
    with pytest.raises(ValueError, match="^measured must be {source: curves}, not a DataFrame"):
        find_time_scales(CURVES, pd.DataFrame(CURVES))


def test_each_seed_needs_synergy_and_redundancy():
    with pytest.raises(ValueError, match="o_information has no redundancy"):
        find_phases(CURVES, {"step": STEPS, "synergy": -1 / STEPS})


def test_a_source_may_have_any_name():
    curve = pd.DataFrame({"step": STEPS, "linear_mapping_number": 1 / STEPS})
    rows = pd.concat([curve.assign(layer="a"), curve.assign(layer="b")]).melt(
        ["layer", "step"], var_name="metric"
    )
    pd.testing.assert_frame_equal(
        find_time_scales(CURVES, {"curves": rows}).drop(columns="source"),
        find_time_scales(CURVES, {"mine": rows}).drop(columns="source"),
    )


MEASURED = {"step": STEPS, "synergy": -1 / STEPS, "redundancy": 1 / STEPS}
LINES = pd.DataFrame({"step": STEPS, "linear_mapping_number": 1 / STEPS})


def test_a_table_without_a_run_takes_that_of_the_others():
    assert set(find_phases(CURVES, pd.DataFrame(MEASURED).assign(run="a"))["run"]) == {"a"}
    assert set(find_time_scales(tidy(run="a"), {"lines": LINES})["run"]) == {"a"}


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda: find_time_scales(CURVES, {"lines": LINES.assign(seed=3)}), "lines has the seed 3, of which"),
        (lambda: find_time_scales(tidy(run="a"), {"lines": LINES.assign(run="b")}), "several runs, a, b"),
        (lambda: find_phases(CURVES, MEASURED, levels={"generalised": 0.9}), "levels is a dict, and must be"),
        (lambda: find_phases(CURVES, MEASURED, levels=Levels(generalised=98)), "generalised: 98 is more"),
        (lambda: find_phases(CURVES, MEASURED, rule="stated"), r"rule is a str, and must be .*phases\.Rule"),
    ],
)
def test_what_does_not_belong_together_is_one_sentence(call, sentence):
    with pytest.raises(ValueError, match=sentence):
        call()


def test_synergy_with_the_sign_of_the_figures_is_refused():
    upwards = {"step": STEPS, "synergy": 3 + 0 * STEPS, "redundancy": 2 + 0 * STEPS}
    with pytest.raises(ValueError, match="o_information has synergy 3 above redundancy 2 at step 1"):
        find_phases(CURVES, upwards)
