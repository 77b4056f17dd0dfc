"""Alignment and co-movement of time scales on made-up settings, in which it is known what moves what."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from grokking_phases.analysis import bootstrap, comovement
from grokking_phases.analysis.bootstrap import resamples
from grokking_phases.analysis.censored import Scale, distances, order, uncensored
from grokking_phases.analysis.comovement import (
    COLUMNS,
    EVENTS,
    PRIMARY,
    compared,
    estimated,
    found,
    holm,
    partial_slopes,
    score,
    within_settings,
)
from grokking_phases.analysis.events import ABSENT, FOUND, NOT_REACHED, TOO_FEW
from grokking_phases.analysis.verdicts import FAILS, HOLDS, UNCLEAR

TASKS, SEEDS = 3, 3
USUAL = {"half_fit": 2.5, "fit": 3.1, "peak": 3.15, "compress": 3.2, "gen_0.98": 3.7}  # log10 step
HORIZON = 5.0


def drawn(rng, between, within, n_settings):
    """Return noise of each run: one part for its setting, and one of its own."""
    setting = np.repeat(np.arange(n_settings), SEEDS)
    return rng.normal(0, between, n_settings)[setting] + rng.normal(0, within, len(setting))


def made(rng, moved, n_settings=38, horizon=HORIZON, level=0.0):
    """Return rows of runs. `moved(noise)` returns what each time scale adds to its usual log10 step.

    `level` is the size of the difference between tasks, in each time scale by itself.
    """
    setting = np.repeat(np.arange(n_settings), SEEDS)
    by_task = {event: rng.normal(0, level, TASKS)[setting % TASKS] for event in USUAL}
    shift = moved(lambda between, within: drawn(rng, between, within, n_settings))
    rows = []
    for event, usual in USUAL.items():
        x = usual + by_task[event] + shift.get(event, np.zeros(len(setting)))
        parts = {"step": 10 ** np.minimum(x, horizon), "censored": x > horizon, "event": event}
        parts |= {"source": "kde" if event == "compress" else None, "seed": np.arange(len(x)) % SEEDS}
        names = {"run": [f"r{each}" for each in setting], "task": [f"t{each % TASKS}" for each in setting]}
        rows.append(pd.DataFrame(parts | names))
    return pd.concat(rows, ignore_index=True)


def independent(noise):
    """Every time scale differs by itself, between settings and within them."""
    return {event: noise(0.1, 0.05) for event in USUAL}


def together(noise):
    """All time scales but the first have one more cause in common, beside the pace of the run."""
    pace, cause = noise(0.2, 0.05), noise(0.2, 0.1)
    return {event: pace + noise(0.03, 0.02) + cause * (event != "half_fit") for event in USUAL}


def all_earlier(noise):
    """A run that learns faster does everything earlier, by the same factor as it half fits; that is all."""
    pace = noise(0.2, 0.1)
    return {event: pace + noise(0.05, 0.05) * (event != "half_fit") for event in USUAL}


def all_earlier_by_setting(noise):
    """Give each setting a pace that no time scale tells exactly."""
    pace = noise(0.2, 0.0)
    return {event: pace + noise(0.05, 0.05) for event in USUAL}


def verdicts(rows, question="moving"):
    """Return {pair: verdict} of the primary pairs."""
    pairs = compared(rows)
    pairs = pairs[pairs["role"] == "primary"]
    return dict(zip(zip(pairs["first"], pairs["second"], strict=True), pairs[question], strict=True))


@pytest.fixture
def only_primary(monkeypatch):
    """Look at the time scales of the primary pairs alone, which saves time."""
    monkeypatch.setattr(comovement, "combinations", lambda *_: PRIMARY)


def test_planted_comovement_is_found(only_primary):
    rng = np.random.default_rng(1)
    found = [verdicts(made(rng, together, level=0.3)) for _ in range(5)]
    assert found == [dict.fromkeys(PRIMARY, HOLDS)] * 5


def test_opposite_movement_does_not_hold(only_primary):
    def apart(noise):
        cause = noise(0.2, 0.1)
        return {"fit": cause, "peak": -cause + noise(0.01, 0.01)}

    assert verdicts(made(np.random.default_rng(2), apart))["fit", "peak"] == FAILS


@pytest.mark.parametrize(
    "moved",
    [independent, all_earlier, all_earlier_by_setting],
)
@pytest.mark.parametrize("horizon", [HORIZON, 3.5])
def test_false_alarms_are_few(moved, horizon, only_primary, monkeypatch):
    """At most 5 % of draws may have any verdict; the bound leaves room for chance."""
    monkeypatch.setattr(bootstrap, "RESAMPLES", 400)  # which saves time
    rng, alarms = np.random.default_rng(3), 0
    for _ in range(60):
        alarms += {*verdicts(made(rng, moved, horizon=horizon, level=0.2)).values()} != {UNCLEAR}
    assert alarms <= 8  # of 60, where 3 are allowed: more in 0.2 % of such tests


def test_everything_earlier_shows_in_tau_and_not_in_the_slope():
    rng = np.random.default_rng(4)
    pairs = compared(made(rng, all_earlier)).set_index(["first", "second"])
    pair = pairs.loc["fit", "peak"]
    assert pair["tau_low"] > 0 and pair["slope_low"] < 0 < pair["slope_high"]
    assert pair["moving"] == UNCLEAR


def test_a_noisy_pace_of_each_seed_cannot_be_told_from_comovement(only_primary):
    """This is the limit that the plan states."""

    def noisy(noise):
        pace = noise(0.2, 0.2)
        return {event: pace + noise(0.05, 0.1) for event in USUAL}

    assert HOLDS in verdicts(made(np.random.default_rng(5), noisy)).values()


def test_near_steps_are_aligned_and_far_ones_are_not():
    said = verdicts(made(np.random.default_rng(6), together), "aligned")
    assert said == {PRIMARY[0]: HOLDS, PRIMARY[1]: HOLDS, PRIMARY[2]: FAILS}


def test_random_steps_are_not_aligned():
    def anywhere(noise):
        return {event: noise(0.0, 1.0) for event in USUAL}

    assert HOLDS not in verdicts(made(np.random.default_rng(7), anywhere), "aligned").values()


def test_what_is_never_met_is_not_aligned():
    rows = made(np.random.default_rng(8), together)
    never = rows["event"] == "compress"
    rows.loc[never, ["step", "censored"]] = [1e5, True]
    assert verdicts(rows, "aligned")["fit", "compress"] == FAILS
    assert verdicts(rows)["fit", "compress"] == UNCLEAR
    row = compared(rows).set_index(["first", "second"]).loc["fit", "compress"]
    assert row["n_both"] == row["n_settings_both"] == 0 and row["moving_lacks"]
    assert np.isinf(row["most"]) and np.isinf(row["distance_high"])


@pytest.mark.parametrize("n_settings", [1, 9])
def test_few_settings_get_no_verdict(n_settings):
    pairs = compared(made(np.random.default_rng(9), together, n_settings=n_settings))
    primary = pairs[pairs["role"] == "primary"]
    assert (primary[["aligned", "moving"]] == UNCLEAR).all(axis=None)
    assert primary[["aligned_lacks", "moving_lacks"]].all(axis=None)


def test_seeds_of_a_single_setting_are_too_few_for_a_verdict_of_movement():
    """Without pairs of seeds in other settings, no resample of tau differs from the data."""
    rows = made(np.random.default_rng(12), together, n_settings=12)
    rows = rows[(rows["seed"] == 0) | (rows["run"] == "r0")]
    primary = compared(rows).query("role == 'primary'")
    assert (primary["n_settings_both"] == 12).all() and (primary["n_settings_within"] == 1).all()
    assert primary["moving_lacks"].all() and (primary["moving"] == UNCLEAR).all()


def test_ties_everywhere_get_no_verdict_of_movement():
    rows = made(np.random.default_rng(10), lambda noise: {})
    primary = compared(rows).query("role == 'primary'")
    assert (primary["tau"] == 0).all() and primary["slope"].isna().all()
    assert (primary["moving"] == UNCLEAR).all()
    assert list(primary["aligned"]) == [HOLDS, HOLDS, FAILS]


def test_runs_that_all_go_the_same_way_have_tau_1_and_slope_1():
    def same(noise):
        cause = noise(0.2, 0.1)
        return {event: cause for event in USUAL if event != "half_fit"} | {"half_fit": noise(0.1, 0.1)}

    pairs = compared(made(np.random.default_rng(11), same)).set_index(["first", "second"])
    for second in ("peak", "compress"):
        row = pairs.loc["fit", second]
        assert row["tau"] == pytest.approx(1) and row["slope"] == pytest.approx(1)
    assert np.isnan(pairs.loc[("compress", "gen_0.98"), "slope"])  # fitting determines both


def test_other_pairs_are_exploratory_and_have_no_verdict():
    pairs = compared(made(np.random.default_rng(12), together))
    others = pairs[pairs["role"] == "exploratory"]
    assert len(others) == 3
    assert others[["aligned", "moving", "p_aligned_holm", "p_moving_holm"]].isna().all(axis=None)
    assert others[["p_aligned", "p_moving"]].notna().all(axis=None)


def test_another_estimate_of_information_is_exploratory():
    rows = made(np.random.default_rng(13), together)
    rows = pd.concat([rows, rows[rows["event"] == "compress"].assign(source="bins")])
    pairs = compared(rows)
    assert len(pairs[pairs["role"] == "primary"]) == 3
    assert set(pairs.loc[pairs["source"] == "bins", "role"]) == {"exploratory"}
    assert (pairs.loc[pairs["source"] == "bins", ["first", "second"]] == "compress").any(axis=1).all()


def test_the_order_of_rows_changes_nothing():
    rows = made(np.random.default_rng(14), together)
    shuffled = rows.sample(frac=1, random_state=0)
    # The first source is the headline; there is one here.
    pd.testing.assert_frame_equal(compared(rows), compared(shuffled))


def scale(x, censored=()):
    return Scale(np.array(x, dtype=float), np.isin(np.arange(len(x)), censored))


def test_distances_of_censored_steps_are_bounds():
    first, second = scale([1, 1, 3, 2, 2], [2, 3, 4]), scale([1.5, 3, 1, 3, 2], [1, 3])
    least, most = distances(first, second)
    # Both found; second after 3; first after 3; both unknown; first after 2, where the second is.
    np.testing.assert_allclose(least, [0.5, 2, 2, 0, 0])
    np.testing.assert_allclose(most, [0.5, np.inf, np.inf, np.inf, np.inf])
    # A second after 2 may be at 3, where the first is.
    assert distances(scale([3]), scale([2], [0]))[0] == 0


def test_an_order_is_known_unless_censoring_hides_it():
    x = scale([1, 2, 2, 2, 3], [3, 4])
    assert order(x)[0].tolist() == [0, -1, -1, -1, -1]
    assert order(x)[3].tolist() == [1, 1, 1, 0, 0]  # after 2: later than what happened at 2
    assert order(x)[4].tolist() == [1, 1, 1, 0, 0]
    np.testing.assert_array_equal(order(x), -order(x).T)


def test_tau_is_that_of_kendall_without_censoring():
    rng = np.random.default_rng(15)
    a, b = rng.normal(size=(2, 8))
    runs = np.array(["r"] * 8)
    assert within_settings(scale(a), scale(b), runs, np.ones((1, 8)))[0] == pytest.approx(
        stats.kendalltau(a, b)[0]
    )


def test_tau_compares_no_runs_of_different_settings():
    runs = np.array(["r", "r", "s", "s"])
    x, y = scale([1, 2, 11, 12]), scale([12, 11, 22, 21])
    assert within_settings(x, y, runs, np.ones((1, 4)))[0] == -1
    assert np.isnan(within_settings(x, y, np.arange(4), np.ones((1, 4)))[0])


def test_an_interval_is_student_s_for_what_the_coefficients_leave():
    """Resamples that spread by 1 about an estimate of 3, of 10 settings and 6 coefficients."""
    spread = np.tile([2.0, 4.0], 100)
    value, low, high, above, below = estimated(np.array([3.0, *spread]), 10, 6)
    error = np.sqrt(10 / 4)
    assert value == 3 and (high - low) / 2 == pytest.approx(stats.t.ppf(0.975, 4) * error)
    assert above == pytest.approx(2 * stats.t.sf(3 / error, 4)) and below == 1


@pytest.mark.parametrize("value", [0.0, np.nan])
def test_what_never_varies_from_0_or_is_undefined_is_no_evidence(value):
    assert estimated(np.full(101, value), 20, 1)[3:] == (1, 1)


def test_too_few_settings_for_the_coefficients_have_no_interval():
    assert np.isnan(estimated(np.ones(101), 5, 5)[1:3]).all() and estimated(np.ones(101), 5, 5)[3:] == (1, 1)


def test_the_slope_is_that_of_least_squares():
    rng = np.random.default_rng(16)
    a, g, h, noise = rng.normal(size=(4, 60))
    tasks = np.arange(60) % 3
    b = 0.7 * a - 0.4 * g + h + 5 * tasks + noise
    X = np.column_stack([a, g, h, *(tasks == task for task in range(3))])
    weights = rng.integers(0, 4, size=(5, 60)).astype(float)
    found = partial_slopes(scale(a), scale(b), [scale(g), scale(h)], tasks, weights)
    for w, slope in zip(np.sqrt(weights), found, strict=True):
        assert slope == pytest.approx(np.linalg.lstsq(X * w[:, None], b * w, rcond=None)[0][0])


def test_censored_steps_are_replaced_by_what_the_others_lead_one_to_expect():
    """Half of a normal variable is beyond its mean, by sqrt(2 / pi) on average."""
    rng = np.random.default_rng(17)
    g = rng.normal(size=4000)
    x = 2 * g + 0.5 * rng.normal(size=4000) + 7
    bound = 2 * g + 7
    censored = x > bound
    seen = Scale(np.where(censored, bound, x), censored)
    y = uncensored(seen, np.zeros(4000), [g])
    np.testing.assert_allclose(y[~censored], x[~censored])
    assert np.mean((y - bound)[censored]) == pytest.approx(0.5 * np.sqrt(2 / np.pi), rel=0.03)
    slope = np.polyfit(g, y, 1)
    np.testing.assert_allclose(slope, [2, 7], atol=0.03)


def test_where_most_turns_are_absent_the_slope_is_pulled_towards_0():
    """An absent turn may be at any step. So an interval tests 0, and excludes no other slope."""
    rng = np.random.default_rng(0)
    fitted = rng.normal(3.1, 0.3, 114)
    turn, absent = fitted + rng.normal(0, 0.02, 114), rng.random(114) < 0.75
    tasks, weights = np.arange(114) % 3, rng.multinomial(114, np.full(114, 1 / 114), size=200).astype(float)
    known = partial_slopes(scale(fitted), scale(turn), [], tasks, weights)
    seen = Scale(np.where(absent, 0.0, turn), absent)
    found = partial_slopes(scale(fitted), seen, [], tasks, weights)
    assert np.quantile(known, 0.025) > 0.9
    assert np.quantile(found, 0.975) < 0.7  # with a slope of 1


def test_a_scale_that_is_hardly_ever_found_is_undefined():
    assert np.isnan(uncensored(scale([1, 2, 3], [1, 2]), np.zeros(3), [np.arange(3.0)])).all()


def test_with_a_control_that_is_never_found_nothing_is_defined():
    never, some = scale([2.0] * 12, range(12)), scale(np.arange(12.0), [3, 8])
    found = scale(np.arange(12.0) ** 1.1)
    slopes = partial_slopes(found, some, [never], np.zeros(12), np.ones((2, 12)))
    assert np.isnan(slopes).all()


def test_steps_without_noise_are_replaced_by_their_bounds():
    g = np.arange(6.0)
    y = uncensored(scale([0, 1, 2, 3, 4, 4.5], [5]), np.zeros(6), [g])
    assert y[5] == pytest.approx(5, abs=0.1)


def test_holm_is_stepwise_and_monotone():
    np.testing.assert_allclose(holm(np.array([0.01, 0.04, 0.03])), [0.03, 0.06, 0.06])
    np.testing.assert_allclose(holm(np.array([0.5, 0.4, 0.001])), [0.8, 0.8, 0.003])
    assert len(holm(np.array([]))) == 0


def test_resamples_take_whole_settings():
    weights = resamples(pd.Series(["r", "r", "s"]))
    assert (weights[:, 0] == weights[:, 1]).all() and (weights[:, 0] + weights[:, 2] == 2).all()


def events(run, seed, **steps):
    """Return rows as of `time_scales.find`; a step may be a status instead."""
    rows = []
    for event, step in steps.items():
        status, step = (step, np.nan) if isinstance(step, str) else (FOUND, float(step))
        source, layer = ("kde", "block_2") if event in ("compress", "fixed") else (None, None)
        rows.append((run, seed, source, layer, event.replace("gen_", "gen_0."), status, step))
    return pd.DataFrame(rows, columns=["run", "seed", "source", "layer", "event", "status", "step"])


def curves(run, seed, half_at, last):
    steps = [0, 1, 10, 100, 1000, last]
    values = [1.0 if half_at is not None and step >= half_at else 0.2 for step in steps]
    return pd.DataFrame(
        {"run": run, "seed": seed, "step": steps, "metric": "train_accuracy", "value": values}
    )


def test_missing_time_scales_are_later_than_the_last_step_of_their_run():
    scales = pd.concat(
        [
            events("r", 0, fit=0, peak=NOT_REACHED, compress=TOO_FEW, gen_98=NOT_REACHED),
            events("r", 1, fit=20, peak=ABSENT, compress=100, gen_98=1000),
        ]
    )
    rows = found(scales, pd.concat([curves("r", 0, 10, 5000), curves("r", 1, None, 2000)]))
    rows = rows.set_index(["seed", "event"])
    assert rows.loc[(0, "peak"), "step"] == rows.loc[(0, "gen_0.98"), "step"] == 5000
    assert rows.loc[(0, "compress"), "step"] == rows.loc[(1, "peak"), "step"] == 1  # nothing is known
    assert rows.loc[(0, "fit"), "step"] == 1  # step 0 has no logarithm
    assert rows.loc[(0, "half_fit"), "step"] == 10 and not rows.loc[(0, "half_fit"), "censored"]
    assert rows.loc[(1, "half_fit"), "step"] == 2000 and rows.loc[(1, "half_fit"), "censored"]
    assert rows.loc[0, "censored"].sum() == 3 and rows.loc[1, "censored"].sum() == 2


def test_a_study_is_scored_with_its_runs_in_the_table():
    scales = pd.concat(
        [
            events(f"r{i}", seed, fit=100 + i, peak=120 + i, compress=130 + seed, gen_98=1000)
            for i in range(12)
            for seed in (0, 1)
        ]
    )
    evaluated = pd.concat([curves(f"r{i}", seed, 10, 5000) for i in range(12) for seed in (0, 1)])
    table = score(scales, evaluated, {f"r{i}": "task" for i in range(12)})
    assert list(table) == list(COLUMNS)
    runs = table[table["kind"] == "run"]
    assert len(runs) == 24 * 5 and set(runs["task"]) == {"task"}
    primary = table[table["role"] == "primary"]
    assert len(primary) == 3 and set(primary["moving"]) == {UNCLEAR}  # seeds tie
    assert set(EVENTS) >= {event for pair in PRIMARY for event in pair}


def test_without_an_estimate_of_information_one_primary_pair_is_left():
    rows = made(np.random.default_rng(18), together).query("event != 'compress'")
    pairs = compared(rows)
    assert pairs.query("role == 'primary'")[["first", "second"]].to_numpy().tolist() == [["fit", "peak"]]
