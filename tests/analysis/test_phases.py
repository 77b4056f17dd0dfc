"""Phases in curves with known boundaries, straight in ln step between the corners that a test names."""

from dataclasses import fields, replace

import numpy as np
import pandas as pd
import pytest
from rates import emergence_rate, five_rate

from grokking_phases.analysis.events import Levels
from grokking_phases.analysis.phases import COLUMNS, EVENTS, PHASES, STATED, find, find_all_variants
from grokking_phases.steps import steps_of

STEPS = steps_of({"log": 120}, 4000)
SYNERGY = {1: 9, 3: 1, 8: 2, 16: 1, 40: 1, 150: 5, 600: 0.5, 4000: 0.5}
REDUNDANCY = {1: 2, 8: 10, 40: 10, 150: 3, 600: 8, 4000: 8}
TEST_ACCURACY = {1: 0.01, 150: 0.01, 600: 1, 4000: 1}
THREE = {"feature_learning": (8, 40), "emergence": (40, 150), "decoupling": (150, 600)}

TWO_PEAKS = {1: 9, 3: 1, 8: 2, 12: 1, 30: 1, 80: 5, 250: 2, 700: 6, 2000: 0.5, 4000: 0.5}
SLOW = {1: 0.01, 700: 0.01, 2000: 1, 4000: 1}
FIVE = {
    "feature_learning": (8, 30),
    "emergence": (30, 80),
    "divergence": (80, 250),
    "delayed_emergence": (250, 700),
    "decoupling": (700, 2000),
}


def series(corners):
    """Return values at `STEPS`; `corners` maps a few steps to values."""
    log_steps = np.log(np.maximum(STEPS, 1))
    return np.interp(log_steps, np.log(list(corners)), list(corners.values()))


def rows(seed=0, **curves):
    """Return tidy rows at `STEPS`; a curve is given by its corners, or by its values."""
    tables = [
        pd.DataFrame(
            {"step": STEPS, "metric": metric, "value": series(curve) if isinstance(curve, dict) else curve}
        )
        for metric, curve in curves.items()
    ]
    return pd.concat(tables, ignore_index=True).assign(run="r", seed=seed, layer=None)


def tables(synergy=SYNERGY, redundancy=REDUNDANCY, test_accuracy=TEST_ACCURACY, seed=0):
    """Return curves and O-information of one seed; `synergy` is S, the negative of the metric."""
    S = series(synergy) if isinstance(synergy, dict) else synergy
    curves = rows(seed, train_accuracy={1: 0.01, 20: 1, 4000: 1}, test_accuracy=test_accuracy)
    return curves, rows(seed, synergy=-S, redundancy=redundancy)


def joined(*pairs):
    """Return the tables of several seeds as one pair."""
    return tuple(pd.concat(parts, ignore_index=True) for parts in zip(*pairs, strict=True))


def events(table, column="step", seed=0, curve="median"):
    """Return a column by event, for one seed or over seeds (None): the median, or on the mean curve."""
    over = table["seed"].isna() & (table["curve"] == curve)
    return table[over if seed is None else table["seed"] == seed].set_index("event")[column]


def boundaries(*pair, rule=STATED):
    """Return {phase: (start, end)} for the phases that are found."""
    table = find(*pair, rule)
    status, step = events(table, "status"), events(table)
    assert (step.notna() == (status == "found")).all()
    return {
        phase: (step[f"{phase}.start"], step[f"{phase}.end"])
        for phase in PHASES
        if status[f"{phase}.start"] == "found"
    }


def assert_within_the_smoothing(found, expected):
    assert found.keys() == expected.keys()
    for phase, ends in expected.items():
        np.testing.assert_allclose(np.log(found[phase]), np.log(ends), atol=STATED.smoothing, err_msg=phase)


def noise(size=1.0):
    return size * np.random.default_rng(0).normal(size=len(STEPS))


def test_three_phases():
    assert_within_the_smoothing(boundaries(*tables()), THREE)


def test_five_phases():
    assert_within_the_smoothing(boundaries(*tables(TWO_PEAKS, test_accuracy=SLOW)), FIVE)


@pytest.mark.parametrize(
    "synergy, accuracy, expected", [(SYNERGY, TEST_ACCURACY, THREE), (TWO_PEAKS, SLOW, FIVE)]
)
def test_noise_hides_no_phase_and_makes_none(synergy, accuracy, expected):
    """The noise has a standard deviation of 0.3, and the rise is 4.

    Corners at the lows are too blunt for a bound as narrow as that of the peaks.
    """
    found = boundaries(*tables(series(synergy) + noise(0.3), test_accuracy=accuracy))
    assert found.keys() == expected.keys()
    for phase in found.keys() - {"feature_learning", "decoupling"}:
        assert np.log(found[phase][1] / expected[phase][1]) == pytest.approx(0, abs=2 * STATED.smoothing)


def test_each_phase_starts_where_the_previous_one_ends():
    found = list(boundaries(*tables(TWO_PEAKS, test_accuracy=SLOW)).values())
    assert len(found) == 5
    assert [end for _, end in found[:-1]] == [start for start, _ in found[1:]]


def test_values_before_the_first_step_change_nothing():
    before = np.array(STEPS) < STATED.first_step
    synergy = np.where(before, 1000.0, series(SYNERGY))
    assert boundaries(*tables(synergy)) == boundaries(*tables())
    assert boundaries(*tables())["feature_learning"][0] == 8
    assert boundaries(*tables(), rule=replace(STATED, first_step=3))["feature_learning"][0] == 3


@pytest.mark.parametrize(
    "synergy",
    [
        pytest.param({1: 3, 4000: 1}, id="falls"),
        pytest.param({1: 1, 4000: 3}, id="rises"),
        pytest.param({1: 1, 100: 1, 1000: 3, 4000: 3}, id="rises and stays"),
        pytest.param({1: 1.3, 4000: 1.3}, id="constant"),
        pytest.param({1: 0, 4000: 0}, id="zero"),
        pytest.param(5 + noise(), id="noise"),
        pytest.param(np.full(len(STEPS), np.nan), id="not measured"),
        pytest.param(np.where(np.array(STEPS) < 3000, np.nan, series(SYNERGY)), id="hardly measured"),
    ],
)
def test_without_a_peak_there_are_no_phases(synergy):
    table = find(*tables(synergy))
    S = series(synergy) if isinstance(synergy, dict) else synergy
    measured = np.isfinite(S).sum()
    assert (events(table, "status")[2:] == ("absent" if measured > 30 else "too few snapshots")).all()
    assert (events(table, "status")[:2] == "found").all()


def test_a_peak_at_which_redundancy_is_not_lower_is_no_emergence():
    assert boundaries(*tables(redundancy={1: 3, 40: 3, 150: 10, 600: 12, 4000: 12})) == {}


def test_emergence_is_the_first_peak_at_which_redundancy_is_lower():
    redundancy = {1: 4, 30: 4, 80: 8, 250: 8, 700: 3, 2000: 9, 4000: 9}
    found = boundaries(*tables(TWO_PEAKS, redundancy, SLOW))
    assert_within_the_smoothing({"emergence": found.pop("emergence")}, {"emergence": (30, 700)})
    assert found.keys() == {"feature_learning", "decoupling"}


def test_synergy_that_rises_from_the_first_step_has_no_feature_learning():
    found = boundaries(*tables({1: 0.5, 150: 5, 600: 0.5, 4000: 0.5}, {1: 10, 150: 3, 600: 8, 4000: 8}))
    assert found.keys() == {"emergence", "decoupling"}
    assert found["emergence"][0] == 8


@pytest.mark.parametrize("generalised, counts", [(200, False), (700, True)])
def test_a_peak_that_rises_after_generalisation_does_not_count(generalised, counts):
    """The low between the two peaks is at step 250."""
    accuracy = {1: 0.01, 50: 0.01, generalised: 1, 4000: 1}
    synergy = {1: 1, 30: 1, 80: 5, 250: 2, 700: 3, 2000: 0.5, 4000: 0.5}
    assert ("divergence" in boundaries(*tables(synergy, test_accuracy=accuracy))) == counts


@pytest.mark.parametrize("prominence, n_phases", [(0.1, 5), (0.2, 3)])
def test_a_dip_counts_if_it_is_deep_enough_for_the_range(prominence, n_phases):
    """The dip has a depth of 0.25 in a range of 1; the smoothing takes some 0.1 off each."""
    synergy = {1: 0, 30: 0, 80: 1, 250: 0.75, 700: 1, 2000: 0, 4000: 0}
    rule = replace(STATED, prominence=prominence)
    assert len(boundaries(*tables(synergy, test_accuracy=SLOW), rule=rule)) == n_phases


def test_a_run_that_never_generalises_has_no_decoupling():
    table = find(*tables(test_accuracy={1: 0.01, 4000: 0.05}))
    status = events(table, "status")
    assert status["generalised"] == "not reached"
    assert status["memorised"] == "found"
    assert (
        status[["emergence.end", "decoupling.start", "decoupling.end"]] == ["found", "absent", "absent"]
    ).all()
    assert events(table)[status != "found"].isna().all()


@pytest.mark.parametrize("rise, there", [(0.08, False), (0.12, True)])
def test_decoupling_needs_a_rise_of_test_accuracy(rise, there):
    accuracy = {1: 0.01, 150: 0.01, 600: 0.01 + rise, 4000: 1}
    assert ("decoupling" in boundaries(*tables(test_accuracy=accuracy))) == there


def test_decoupling_needs_a_rise_of_redundancy():
    redundancy = {1: 10, 40: 10, 150: 3, 600: 2, 4000: 8}
    assert boundaries(*tables(redundancy=redundancy)).keys() == {"feature_learning", "emergence"}


@pytest.mark.parametrize("last, status", [(1500, "found"), (3900, "not reached"), (4000, "not reached")])
def test_a_fall_that_goes_on_to_the_last_step_has_no_end(last, status):
    table = find(*tables({1: 1, 40: 1, 150: 5, last: 0.5, 4001: 0.5}))
    assert events(table, "status")["decoupling.start"] == "found"
    assert events(table, "status")["decoupling.end"] == status


@pytest.mark.parametrize("tolerance", [0.02, 0.1, 0.3])
def test_the_tolerance_is_a_part_of_the_rise_and_of_the_fall(tolerance):
    """A line in ln step that is hardly smoothed has gone a tenth of its way after a tenth of its time."""
    found = boundaries(*tables(), rule=replace(STATED, tolerance=tolerance, smoothing=0.01))
    spacing = 0.07  # of snapshots, in ln step
    rise, fall = np.log(150 / 40), np.log(600 / 150)
    assert np.log(found["emergence"][0] / 40) == pytest.approx(tolerance * rise, abs=spacing)
    assert np.log(600 / found["decoupling"][1]) == pytest.approx(tolerance * fall, abs=spacing)


def test_steps_without_synergy_are_passed_over():
    """A gap between two corners changes nothing; a gap that holds the peak has it at one of its edges."""
    steps = np.array(STEPS)
    gap = np.where((steps > 60) & (steps < 90), np.nan, series(SYNERGY))
    assert_within_the_smoothing(boundaries(*tables(gap)), THREE)
    gap = np.where((steps > 140) & (steps < 160), np.nan, series(SYNERGY))
    assert boundaries(*tables(gap))["emergence"][1] in (max(steps[steps <= 140]), min(steps[steps >= 160]))


def test_a_step_without_redundancy_is_passed_over():
    steps = np.array(STEPS)
    redundancy = np.where((steps > 140) & (steps < 160), np.nan, series(REDUNDANCY))
    assert boundaries(*tables(redundancy=redundancy))["emergence"][1] in (136, 168)


def test_the_value_is_smoothed_synergy():
    """At a corner between slopes of a and -b per ln step, smoothing takes (a + b) width / sqrt(2 pi) off."""
    slopes = 4 / np.log(150 / 40) + 4.5 / np.log(600 / 150)
    value = events(find(*tables()), "value")
    assert value["emergence.end"] == pytest.approx(
        5 - slopes * STATED.smoothing / np.sqrt(2 * np.pi), abs=0.03
    )
    assert value["emergence.end"] == value["decoupling.start"]


def test_an_accuracy_must_exceed_the_threshold():
    curves, o_information = tables()
    curves = curves[curves["metric"] != "test_accuracy"]
    accuracy = np.where(np.array(STEPS) < 300, 0.98, 0.981)
    table = find(pd.concat([curves, rows(test_accuracy=accuracy)]), o_information)
    assert events(table)["generalised"] == min(step for step in STEPS if step >= 300)
    assert events(table, "value")["generalised"] == 0.981


def moved(factor, seed):
    """Return the tables of the three phases with all steps multiplied by a factor."""
    return tables(
        *({step * factor: y for step, y in c.items()} for c in (SYNERGY, REDUNDANCY, TEST_ACCURACY)),
        seed=seed,
    )


def test_a_seed_that_ends_early_does_not_end_the_mean_curve():
    """Such a seed has events of its own, and the others have the mean that they have without it."""
    pairs = [moved(factor, seed) for seed, factor in enumerate([1, 1.1, 0.9])]
    curves, measured = pairs[1]
    early = curves[curves["step"] <= 30], measured[measured["step"] <= 30]
    table, others = find(*joined(pairs[0], early, pairs[2])), find(*joined(pairs[0], pairs[2]))
    mean, alone = (each[each["curve"] == "mean curve"].reset_index(drop=True) for each in (table, others))
    pd.testing.assert_frame_equal(mean, alone)
    assert (table["seed"] == 1).any()


def test_a_seed_that_diverged_before_the_first_snapshot_has_no_phases():
    pairs = [moved(factor, seed) for seed, factor in enumerate([1, 1.1, 0.9])]
    curves, measured = joined(*pairs)
    without = find(curves, measured[measured["seed"] != 1])
    pd.testing.assert_frame_equal(without, find(*joined(pairs[0], pairs[2])))
    nothing = find_all_variants(curves, measured.iloc[:0])
    assert list(nothing) == COLUMNS and nothing.empty
    with pytest.raises(ValueError, match="curves of all seeds"):
        find(curves[curves["seed"] != 1], measured)


def test_rows_over_seeds_hold_medians():
    table = find(*joined(*(moved(factor, seed) for seed, factor in enumerate([1.3, 1, 1.2, 0.9, 1.1]))))
    for column in ("step", "value"):
        for event in [event for event in EVENTS if not event.startswith(("divergence", "delayed"))]:
            values = [events(table, column, seed)[event] for seed in range(5)]
            assert events(table, column, None)[event] == np.median(values)
    assert events(table, "n_found", None)["emergence.start"] == 5


@pytest.mark.parametrize("n_seeds, lowest, highest", [(2, 0, 1), (5, 0, 4), (7, 0, 6), (9, 1, 7)])
def test_the_interval_of_the_median_ends_at_steps_of_seeds(n_seeds, lowest, highest):
    """At most 1 of 9 coins shows heads with probability 0.02; the probability is above 0.025 for 7 and 8."""
    table = find(*joined(*(moved(1 + seed / 4, seed) for seed in range(n_seeds))))
    steps = sorted(events(table, seed=seed)["emergence.end"] for seed in range(n_seeds))
    assert len(set(steps)) == n_seeds
    ends = table[(table["curve"] == "median") & (table["event"] == "emergence.end")]
    assert ends[["low", "high"]].to_numpy().tolist() == [[steps[lowest], steps[highest]]]


def test_an_event_is_found_over_seeds_if_half_of_them_have_it():
    """Two seeds have five phases, one has three, and one has none and never generalises."""
    five = [tables(TWO_PEAKS, test_accuracy=SLOW, seed=seed) for seed in (0, 1)]
    none = tables({1: 3, 4000: 1}, test_accuracy={1: 0.01, 4000: 0.05}, seed=300)
    table = find(*joined(*five, tables(seed=200), none))
    n_found, status = events(table, "n_found", None), events(table, "status", None)
    assert (events(table, "n_seeds", None) == 4).all()
    assert n_found.to_dict() == {"memorised": 4, "generalised": 3} | {
        event: 2 if event.startswith(("divergence", "delayed")) else 3 for event in EVENTS[2:]
    }
    assert (status == "found").all()  # two of four are half of them
    assert events(table, seed=None)["divergence.start"] == events(table, seed=0)["divergence.start"]

    table = find(*joined(five[0], tables(seed=200), none))
    status = events(table, "status", None)
    assert status["divergence.start"] == status["delayed_emergence.end"] == "absent"
    assert status["generalised"] == "found"
    alone = table[(table["curve"] == "median") & (table["event"] == "divergence.start")]
    assert alone[["step", "value", "low", "high"]].isna().all(axis=None)
    assert alone["n_found"].item() == 1


def test_an_event_that_most_seeds_do_not_reach_is_not_reached():
    never = [tables(test_accuracy={1: 0.01, 4000: 0.05}, seed=seed) for seed in (1, 2)]
    table = find(*joined(tables(), *never))
    assert events(table, "status", None)["generalised"] == "not reached"
    assert np.isnan(events(table, seed=None)["generalised"])


def test_the_status_over_seeds_is_the_most_common_one_of_the_others():
    falling = [tables({1: 1, 40: 1, 150: 5, 4000: 0.5}, seed=seed) for seed in (1, 2)]
    none = tables({1: 3, 4000: 1}, seed=0)
    table = find(*joined(none, *falling))
    assert [events(table, "status", seed)["decoupling.end"] for seed in (0, 1, 2)] == ["absent"] + 2 * [
        "not reached"
    ]
    assert events(table, "status", None)["decoupling.end"] == "not reached"


def test_a_run_that_ends_at_once_has_a_whole_table():
    """Nothing is found in any seed if the loss is not finite at the first step."""
    curves = rows(train_accuracy={1: 0.01, 4000: 0.01}, test_accuracy={1: 0.01, 4000: 0.01})
    measured = rows(synergy=-series(SYNERGY), redundancy=REDUNDANCY)
    for last in (0, 1, 2):
        table = find(curves[curves["step"] <= last], measured[measured["step"] <= last])
        assert list(table) == COLUMNS
        assert set(table["status"]) == {"not reached", "too few snapshots"}
        assert table[["step", "value", "low", "high"]].isna().all(axis=None)


def test_one_seed_has_no_interval():
    table = find(*tables())
    assert table[["low", "high"]].isna().all(axis=None)
    for curve in ("median", "mean curve"):
        pd.testing.assert_series_equal(events(table, seed=None, curve=curve), events(table))
    assert table["share"].isna().all()


def test_the_order_of_rows_changes_nothing():
    pair = joined(*(moved(1 + seed / 10, seed) for seed in range(3)))
    shuffled = [rows.sample(frac=1, random_state=1) for rows in pair]
    pd.testing.assert_frame_equal(find(*pair), find(*shuffled), check_exact=True)


@pytest.mark.parametrize("factor", [1e-6, 0.3, 1.4427, 1e6])
def test_the_unit_of_information_moves_no_boundary(factor):
    curves, o_information = tables(series(TWO_PEAKS) + noise(0.3), test_accuracy=SLOW)
    table = find(curves, o_information)
    scaled = find(curves, o_information.assign(value=factor * o_information["value"]))
    assert events(scaled).equals(events(table))
    assert events(table).notna().all()
    np.testing.assert_allclose(events(scaled, "value")[2:], factor * events(table, "value")[2:])


def test_each_constant_is_doubled_and_halved():
    variants = STATED.variants()
    constants = [field.name for field in fields(STATED) if field.name != "name"]
    assert [rule.name for rule in variants] == [
        "stated",
        *(f"{constant} x {factor}" for constant in constants for factor in ("2", "1/2")),
    ]
    for rule in variants[1:]:
        constant, _, factor = rule.name.split()
        value = getattr(STATED, constant) * {"2": 2, "1/2": 0.5}[factor]
        assert rule == replace(STATED, **{constant: value}, name=rule.name)


def test_all_variants_are_in_one_table():
    pair = tables()
    table = find_all_variants(*pair)
    assert table["rule"].unique().tolist() == [rule.name for rule in STATED.variants()]
    for rule in STATED.variants():
        one = table[table["rule"] == rule.name].reset_index(drop=True)
        pd.testing.assert_frame_equal(one, find(*pair, rule))


def test_the_table_has_its_columns_events_seeds_and_types():
    table = find(*joined(tables(seed=100), tables(seed=0)))
    assert table.columns.tolist() == COLUMNS
    assert table["event"].tolist() == EVENTS * 4
    assert table["seed"].dtype == "Int64"
    assert table["seed"].tolist() == [0] * 12 + [100] * 12 + [pd.NA] * 24
    assert table["curve"].tolist() == ["each seed"] * 24 + ["median"] * 12 + ["mean curve"] * 12
    assert set(table["run"]) == {"r"}
    assert set(table["rule"]) == {"stated"}
    assert (table[["step", "value", "low", "high"]].dtypes == "float64").all()


@pytest.mark.parametrize(
    "spoil",
    [
        pytest.param(lambda curves, metric: (curves, metric.assign(run="another")), id="two runs"),
        pytest.param(lambda curves, metric: (curves, metric.assign(seed=1)), id="other seeds"),
        pytest.param(lambda curves, metric: (curves, pd.concat([metric, metric])), id="two values at a step"),
    ],
)
def test_tables_of_different_runs_or_seeds_raise_an_error(spoil):
    with pytest.raises(ValueError):
        find(*spoil(*tables()))


def test_each_layer_has_its_own_phases():
    """The rows of a layer are those that it has alone."""
    curves, measured = tables()
    _, other = tables(TWO_PEAKS)
    first, second = measured.assign(layer="hidden"), other.assign(layer="preactivation")
    found = find_all_variants(curves, pd.concat([first, second], ignore_index=True))
    for layer, alone in {"hidden": measured, "preactivation": other}.items():
        rows = found[found["layer"] == layer].drop(columns="layer").reset_index(drop=True)
        pd.testing.assert_frame_equal(rows, find_all_variants(curves, alone).drop(columns="layer"))


def test_two_values_at_a_step_raise_an_error_that_names_them():
    curves, measured = tables()
    with pytest.raises(ValueError, match="synergy of r seed 0 has two values at step"):
        find(curves, pd.concat([measured, measured]))


@pytest.mark.parametrize("n", (45, 60, 90, 120))
def test_white_noise_has_no_emergence(n):
    assert emergence_rate(n, 1000) <= 0.07


@pytest.mark.parametrize("phi", (0.3, 0.6, 0.9))
def test_autocorrelated_noise_has_no_emergence_at_120_snapshots(phi):
    """At 60, strong autocorrelation cannot be told from phases: docs/tables/rules.csv has the rates."""
    assert emergence_rate(120, 300, phi) <= 0.07


@pytest.mark.parametrize("n", (60, 120))
@pytest.mark.parametrize("scatter", (0.3, 0.5))
def test_five_planted_phases_are_found(n, scatter):
    """The dip between the peaks is 10 and 6 times the scatter; that of weight decay 2 is 5.7 to 6.7 times."""
    assert five_rate(n, 60, scatter) >= 0.9


@pytest.mark.parametrize("n", (8, 12, 20, 30))
def test_too_few_snapshots_are_said_to_be_too_few(n):
    few = set(np.unique(np.geomspace(1, 4000, n).round().astype(int)))
    curves, o_information = tables(TWO_PEAKS, test_accuracy=SLOW)
    keep = [min(STEPS, key=lambda step, wanted=wanted: abs(step - wanted)) for wanted in few]
    table = find(curves, o_information[o_information["step"].isin(keep)])
    assert set(events(table, "status")[2:]) == {"too few snapshots"}
    assert set(events(table, "status", None, "mean curve")[2:]) == {"too few snapshots"}


def test_a_rise_after_generalisation_is_no_emergence():
    """The low of S is before generalisation at step 230, but the rise to the bump at 2,000 begins later."""
    accuracy = {1: 0.01, 150: 0.01, 230: 1, 4000: 1}
    synergy = {1: 1.3, 8: 1.3, 100: 1, 1141: 1.05, 2000: 5, 4000: 1}
    redundancy = {1: 10, 1000: 10, 2000: 3, 4000: 8}
    assert boundaries(*tables(synergy, redundancy, accuracy)) == {}
    slow = {1: 0.01, 1500: 0.01, 2500: 1, 4000: 1}
    assert boundaries(*tables(synergy, redundancy, slow))["emergence"][0] == pytest.approx(1141, rel=0.2)


def test_the_mean_curve_has_phases_that_single_seeds_hide():
    """Noise of 2.5 hides the rise of 4 in most seeds, and not in the mean of 9 of them."""
    pairs = [
        tables(series(SYNERGY) + 2.5 * np.random.default_rng(seed).normal(size=len(STEPS)), seed=seed)
        for seed in range(9)
    ]
    table = find(*joined(*pairs), replace(STATED, noise=1.0))
    mean = table[table["curve"] == "mean curve"].set_index("event")
    assert mean.loc["emergence.end", "status"] == "found"
    assert mean.loc["emergence.end", "n_found"] < 9
    assert 0.5 < mean.loc["emergence.end", "share"] <= 1
    assert mean.loc["emergence.end", "low"] <= 150 * np.exp(0.3)
    assert mean.loc["emergence.end", "high"] >= 150 * np.exp(-0.3)


def test_the_share_counts_resamples_that_have_the_phase():
    """One of two seeds has Emergence, far higher than the other falls, so that every mean with it has it.

    Of the resamples of two seeds, a quarter are the other one twice.
    """
    falling = tables({1: 1, 4000: 0.9}, seed=1)
    table = find(*joined(tables(), falling))
    mean = table[table["curve"] == "mean curve"].set_index("event")
    assert mean.loc["emergence.start", "status"] == "found"
    assert mean.loc["emergence.start", "n_found"] == 1
    assert mean.loc["emergence.start", "share"] == pytest.approx(0.75, abs=0.06)
    assert mean.loc["memorised", "share"] == 1
    assert table.loc[table["curve"] != "mean curve", "share"].isna().all()


def test_the_mean_curve_is_that_of_the_steps_that_all_seeds_have():
    curves, measured = joined(tables(seed=0), tables(seed=1))
    gap = measured[(measured["seed"] == 0) | ~measured["step"].between(140, 160)]
    ends = events(find(curves, gap), seed=None, curve="mean curve")["emergence.end"]
    assert not 140 <= ends <= 160


def test_levels_move_what_is_memorised_and_generalised():
    accuracy = np.where(np.array(STEPS) < 300, 0.5, 0.9)
    pair = tables(test_accuracy=accuracy)
    assert events(find(*pair), "status")["generalised"] == "not reached"
    table = find(*pair, levels=Levels(generalised=0.85, memorised=0.3))
    assert events(table)["generalised"] == min(step for step in STEPS if step >= 300)
    assert events(table)["memorised"] < events(find(*pair))["memorised"]
