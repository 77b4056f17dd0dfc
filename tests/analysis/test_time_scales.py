"""Time scales on curves that have or lack them, and their alignment on made-up steps."""

import numpy as np
import pandas as pd
import pytest

from grokking_phases.analysis.alignment import aligned, alignment, in_words
from grokking_phases.analysis.events import ABSENT, FOUND, NOT_REACHED, TOO_FEW, Levels
from grokking_phases.analysis.time_scales import (
    Rule,
    compression,
    find,
    in_last_layer,
    is_unfinished,
    reached,
    second_descent,
    settling,
    turning_point,
)

STEPS = np.unique(np.geomspace(1, 10_000, 120).round().astype(int))
RULE = Rule()


def curve(function, steps=STEPS):
    return pd.Series([function(np.log(step)) for step in steps], index=steps, dtype=float)


def bump(at, width=0.8, height=1.0):
    """Return a peak that is symmetric in ln step, so that smoothing leaves its top where it is."""
    return curve(lambda x: height * np.exp(-0.5 * ((x - np.log(at)) / width) ** 2))


def near(step, at):
    """Return whether two steps are at most a snapshot apart; snapshots are 8 % apart."""
    return abs(np.log(step / at)) < 0.1


@pytest.mark.parametrize("at", [20, 300, 2000])
def test_a_peak_is_found_where_it_is(at):
    assert near(turning_point(bump(at)), at)
    assert near(turning_point(3 * bump(at) - 7), at)


@pytest.mark.parametrize(
    "function",
    [lambda x: x, lambda x: -x, lambda x: 1.0, lambda x: x + 0.02 * np.sin(4 * x), lambda x: np.nan],
)
def test_no_peak_is_found_where_there_is_none(function):
    """The curves rise, fall, are constant, have ripples below a twentieth of the range, or have no value."""
    assert turning_point(curve(function)) is None


def test_step_0_is_left_out():
    with_start = pd.concat([pd.Series([50.0], index=[0]), bump(300)])
    assert near(turning_point(with_start), 300)


def test_the_second_descent_begins_after_the_first_minimum():
    # The loss falls from 5 to a minimum near step 30, has a top at 1,000 below its start, and falls again.
    loss = curve(lambda x: 5 * np.exp(-x)) + bump(1000)
    assert loss[1] > loss.loc[100:].max()
    assert near(second_descent(loss), 1000)
    assert second_descent(curve(lambda x: -x)) is None
    assert second_descent(curve(lambda x: abs(x - 4))) is None  # rises to the last step


def test_a_wiggle_before_the_descent_hides_no_second_descent():
    """The curve is like that of division: a plateau with a wiggle near step 10, then a fall.

    Its minimum is near step 300, and a low top near 3,000.
    """
    fall = curve(lambda x: 4 / (1 + np.exp(3 * (x - np.log(100)))))
    wiggle = bump(10, width=0.3, height=0.1)
    loss = fall + wiggle + 0.5 * bump(3000)
    assert loss.loc[5:20].idxmax() in range(9, 12)
    assert near(second_descent(loss), 3000)
    assert second_descent(fall + wiggle) is None


def test_an_accuracy_is_reached_once_it_stays_there():
    accuracy = pd.Series([0.1, 0.99, 0.5, 0.98, 0.985, 0.99, 0.3, 1.0], index=[0, 1, 2, 3, 5, 8, 13, 21])
    assert reached(accuracy, 0.98) == 3
    assert reached(accuracy, 0.98, Rule(successive=1)) == 1
    assert reached(accuracy, 0.985) is None


def test_information_settles_after_its_peak():
    information = curve(lambda x: np.exp(-0.5 * (x - np.log(100)) ** 2))
    assert near(settling(information, 100), 100 * np.exp(np.sqrt(2 * np.log(20))))
    assert settling(information, None) is None
    assert settling(curve(lambda x: -x), 10) is not None
    assert settling(pd.Series([1.0], index=[0]), 0) is None
    falling_to_the_end = curve(lambda x: -np.exp(x))
    assert settling(falling_to_the_end, 10) is None or settling(falling_to_the_end, 10) > 8_000


def tidy(wide, layer, seeds=(0, 1)):
    """Return {metric: values by step} as tidy rows, equal for each seed."""
    rows = pd.DataFrame(wide).rename_axis("step").reset_index().melt(id_vars="step", var_name="metric")
    return pd.concat([rows.assign(run="r", seed=seed, layer=layer) for seed in seeds], ignore_index=True)


def tables(ceiling=5.0):
    curves = {
        "train_accuracy": curve(lambda x: float(x > np.log(100))),
        "test_accuracy": curve(lambda x: float(x > np.log(3000))),
        "test_loss": curve(lambda x: 5 * np.exp(-x)) + bump(500),
    }
    information = {
        "information_x": bump(200),
        "information_x_tripled": curve(lambda x: x),
        "ceiling_x": curve(lambda x: ceiling),
    }
    measured = {
        "kde": pd.concat(
            [
                tidy({"information_x": bump(20), "ceiling_x": bump(20)}, "block_1"),
                tidy(information, "block_2"),
            ]
        ),
        "other": tidy({"information_x": bump(1000), "ceiling_x": curve(lambda x: 5.0)}, "block_2"),
        "lmn": tidy({"linear_mapping_number": bump(80)}, "block_1"),
        "lc": tidy({"local_complexity_train": curve(lambda x: -x)}, "block_2"),
    }
    return tidy(curves, None), measured


def test_every_time_scale_has_a_step_or_a_status():
    events = find(*tables())
    for rows in (events[events["seed"] == 1], events[events["seed"].isna()]):
        assert len(rows) == 13
        rows = in_last_layer(rows)
        found = rows.set_index(["source", "event"])
        assert len(found) == len(rows) == 11
        for at, place in {
            100: (np.nan, "fit"),
            500: (np.nan, "peak"),
            3000: (np.nan, "gen_0.98"),
            200: ("kde", "compress"),
            1000: ("other", "compress"),
            80: ("lmn", "lmn"),
        }.items():
            row = rows[(rows["source"] == place[0]) | (rows["source"].isna() & pd.isna(place[0]))]
            row = row[row["event"] == place[1]].iloc[0]
            assert row["status"] == FOUND and near(row["step"], at)
        for source, event in (("lc", "lc"), ("kde", "compress_tripled")):
            assert found.loc[(source, event), "status"] == ABSENT and np.isnan(
                found.loc[(source, event), "step"]
            )
        assert found.loc[("kde", "fixed"), "step"] > found.loc[("kde", "compress"), "step"]


@pytest.mark.parametrize(("top", "turns"), [(0.9, True), (0.99, False)])
def test_one_snapshot_below_the_ceiling_makes_no_turn_and_one_at_it_hides_none(top, turns):
    information, ceiling = bump(300, height=top), curve(lambda x: 1.0)
    assert (compression(information, ceiling) is not None) == turns
    highest = information.idxmax()
    information[highest] = 0.979 if not turns else 0.99
    assert turning_point(information) == highest
    assert (compression(information, ceiling) is not None) == turns


def test_a_constant_with_rounding_is_highest_nowhere():
    rng = np.random.default_rng(0)
    for _ in range(50):
        assert not is_unfinished(1 + 1e-15 * pd.Series(rng.standard_normal(len(STEPS)), STEPS), "compress")
    assert is_unfinished(curve(lambda x: x), "compress")


def test_a_time_scale_that_is_not_found_has_no_step():
    curves, measured = tables(ceiling=0.9)
    curves.loc[curves["metric"] == "test_accuracy", "value"] = 0.5
    found = find(curves, measured).dropna(subset="seed").set_index(["event"])
    assert (found.loc[["gen_0.9"], "status"] == NOT_REACHED).all()
    kde = found[(found["source"] == "kde") & (found["layer"] == "block_2")]
    assert (kde.loc[["compress", "fixed"], "status"] == ABSENT).all()  # information is at its ceiling


def test_a_low_peak_in_few_snapshots_is_not_decided():
    """It is four times the noise, which could be autocorrelated as well."""
    steps = np.unique(np.geomspace(1, 10_000, 24).round().astype(int))
    low = curve(lambda x: 4 * np.exp(-0.5 * (x - np.log(300)) ** 2), steps)
    noise = np.random.default_rng(0).standard_normal(len(steps))
    curves, measured = tables()
    measured["lmn"] = tidy({"linear_mapping_number": low + noise}, "block_1")
    found = find(curves, measured).set_index("event")
    assert (found.loc["lmn", "status"] == TOO_FEW).all() and found.loc["lmn", "step"].isna().all()
    measured["lmn"] = tidy({"linear_mapping_number": 5 * low + noise}, "block_1")
    assert (find(curves, measured).set_index("event").loc["lmn", "status"] == FOUND).all()


def test_the_first_source_of_information_is_aligned_and_described():
    events = find(*tables())
    table = aligned(events).set_index(["first", "second"])
    assert near(10 ** table.loc["fit", "compress"]["difference"], 2)
    assert table.loc["fit", "lc"]["missing"] == "lc absent"
    assert table["missing"].isna().sum() == 21  # pairs of the seven that are found
    words = in_words(events).loc["r"]
    assert list(words.index) == ["fit", "peak", "compress", "fixed", "gen_0.9", "gen_0.98", "lmn", "lc"]
    assert words["lc"] == "absent" and words["fit"].endswith(", 2 of 2")


def test_aligned_time_scales_are_nearer_within_a_seed_than_across():
    rng = np.random.default_rng(0)
    fit = 10 ** rng.uniform(2, 4, 12)
    steps = pd.DataFrame(
        {"fit": fit, "peak": 2 * fit * 10 ** rng.normal(0, 0.02, 12), "lmn": 10 ** rng.uniform(2, 4, 12)}
    )
    table = alignment(steps).set_index(["first", "second"])
    aligned = table.loc["fit", "peak"]
    assert aligned["low"] < np.log10(2) < aligned["high"]
    assert aligned["high"] - aligned["low"] < 0.05
    assert aligned["distance"] == pytest.approx(np.log10(2), abs=0.03) and aligned["distance_shuffled"] > 0.4
    unrelated = table.loc["fit", "lmn"]
    assert unrelated["distance"] == pytest.approx(unrelated["distance_shuffled"], abs=0.3)
    assert (table["n"] == 12).all() and len(table) == 3


def test_seeds_without_both_time_scales_are_left_out():
    steps = pd.DataFrame({"fit": [100.0, 200.0, 400.0], "peak": [1000.0, np.nan, np.nan], "lc": [np.nan] * 3})
    table = alignment(steps).set_index(["first", "second"])
    assert table.loc["fit", "peak"][["n", "difference"]].tolist() == [1, 1]
    assert np.isnan(table.loc["fit", "peak"][["low", "high", "distance_shuffled"]].astype(float)).all()
    assert table.loc["fit", "lc"]["n"] == 0 and np.isnan(table.loc["fit", "lc"]["difference"])


def test_an_event_at_step_0_has_no_logarithm():
    """An accuracy that is met at once is left out of the differences, and is not infinitely far away."""
    steps = pd.DataFrame({"fit": [0.0, 100.0, 200.0], "peak": [1000.0, 1000.0, 2000.0]})
    table = alignment(steps).set_index(["first", "second"]).loc["fit", "peak"]
    assert table["n"] == 2 and table["difference"] == pytest.approx(1)
    curves, measured = tables()
    curves.loc[curves["metric"] == "train_accuracy", "value"] = 1.0
    start = curves[curves["step"] == 1].assign(step=0)
    table = aligned(find(pd.concat([start, curves]), measured)).set_index(["first", "second"])
    assert table.loc["fit", "peak"]["missing"] == "fit at step 0"
    assert np.isnan(table.loc["fit", "peak"]["difference"])


def test_the_level_of_fitting_is_an_option():
    curves, measured = tables()
    curves.loc[curves["metric"] == "train_accuracy", "value"] *= 0.95
    fit = find(curves, measured).set_index("event").loc["fit"]
    assert (fit["status"] == NOT_REACHED).all()
    fit = find(curves, measured, RULE, Levels(fitted=0.95)).set_index("event").loc["fit"]
    assert (fit["status"] == FOUND).all() and near(fit["step"].iloc[0], 100)


def test_each_layer_has_its_own_time_scales():
    curves, measured = tables()
    first = tidy({"information_x": bump(50), "ceiling_x": curve(lambda x: 5.0)}, "block_1")
    table = pd.concat([first, measured["other"]], ignore_index=True)
    found = find(curves, {"other": table})
    turns = found[(found["event"] == "compress") & found["seed"].isna()].set_index("layer")["step"]
    assert list(turns.index) == ["block_1", "block_2"]
    assert near(turns["block_1"], 50) and near(turns["block_2"], 1000)
    assert found.loc[found["event"] == "fit", "layer"].isna().all()
    pd.testing.assert_frame_equal(aligned(found), aligned(find(curves, {"other": measured["other"]})))


@pytest.mark.parametrize(
    ("rises", "ceiling", "status"),
    [
        (1, 12, NOT_REACHED),  # it may turn later
        (-1, 12, ABSENT),  # it is largest at its start
        (1, 9.2, ABSENT),  # it rises to its ceiling
    ],
)
def test_only_what_still_rises_may_turn_later(rises, ceiling, status):
    (curves, measured), x = tables(), curve(lambda x: rises * x)
    measured["kde"] = tidy({"information_x": x, "ceiling_x": 0 * x + ceiling}, "block_2")
    found = find(curves, measured).set_index(["source", "event"])
    assert (found.loc[("kde", "compress"), "status"] == status).all()


@pytest.mark.parametrize("spoilt", ["information_x", "ceiling_x"])
def test_step_0_and_steps_without_a_value_decide_nothing(spoilt):
    (curves, measured), rising = tables(), curve(lambda x: x)
    columns = {"information_x": rising, "ceiling_x": 0 * rising + 12}
    columns[spoilt] = columns[spoilt].where(rising.index != STEPS[40])
    at_start = pd.DataFrame({"information_x": [12.0], "ceiling_x": [12.0]}, index=[0])
    rows = tidy(pd.concat([at_start, pd.DataFrame(columns)]), "block_2")
    for each in (rows, rows[::-1], rows[(rows["step"] > 0) | (rows["metric"] == "ceiling_x")]):
        found = find(curves, measured | {"kde": each}).set_index(["source", "event"])
        wanted = NOT_REACHED if spoilt == "information_x" else ABSENT
        assert (found.loc[("kde", "compress"), "status"] == wanted).all()


def test_noise_that_shrinks_over_a_training_has_a_top_more_often_than_noise_of_one_size():
    """The rule compares a peak with one scatter for the whole curve; up to a fifth of such noise passes."""
    steps = np.unique(np.geomspace(1, 12000, 140).astype(int))
    draws = np.random.default_rng(0).standard_normal((100, len(steps)))
    size = np.where(np.arange(len(steps)) < len(steps) / 3, 10, 1)
    found = [
        np.mean([second_descent(pd.Series(y, steps)) is not None for y in noise])
        for noise in (draws, size * draws)
    ]
    assert found[0] <= 0.05 < found[1] < 0.35
