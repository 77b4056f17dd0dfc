"""Quantities of claims, on made-up studies whose values are known."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from test_orders import FLAT
from test_phases import FIVE, REDUNDANCY, SLOW, STEPS, SYNERGY, TEST_ACCURACY, THREE, TWO_PEAKS, series

from grokking_phases.analysis import (
    curve_quantities,
    emergence_quantities,
    prediction_quantities,
    region_quantities,
    two_phase_quantities,
)
from grokking_phases.analysis.phases import find
from grokking_phases.analysis.study_tables import BITS, NotMeasured, StudyTables
from grokking_phases.storage.headers import write_parquet
from grokking_phases.storage.tables import write_events, write_table

SEEDS = [0, 100, 200, 300, 400]
MEMORISED = {1: 0.01, 20: 1, 4000: 1}
SIZE = {1: 50, 40: 50, 150: 100, 600: 20, 4000: 20}
LOSS = {1: 4, 8: 4, 80: 9, 600: 0.1, 4000: 0.1}


def tidy(run, seed, layer=None, **curves):
    parts = [
        pd.DataFrame(
            {"step": STEPS, "metric": name, "value": series(curve) if isinstance(curve, dict) else curve}
        )
        for name, curve in curves.items()
    ]
    return pd.concat(parts, ignore_index=True).assign(run=run, seed=seed, layer=layer)


def write(study, run, seed, name, rows):
    path = study / run / str(seed) / f"{name}.parquet"
    path.parent.mkdir(parents=True, exist_ok=True)
    write_table(path, rows, {})


def write_run(study, run, synergy=SYNERGY, accuracy=TEST_ACCURACY, seeds=SEEDS, **curves):
    """Write curves, O-information (`synergy` in bits) and phases of a run whose seeds are all alike."""
    evaluated, measured = [], []
    for seed in seeds:
        curves = {"train_accuracy": MEMORISED, "test_accuracy": accuracy, "test_loss": LOSS} | curves
        evaluated.append(tidy(run, seed, **curves))
        information = {
            "synergy": -series(synergy) / BITS,
            "redundancy": series(REDUNDANCY) / BITS,
            "synergy_size": SIZE,
        }
        measured.append(tidy(run, seed, "hidden", **information))
        write(study, run, seed, "curves", evaluated[-1])
        write(study, run, seed, "metrics/o_information", measured[-1])
    phases = find(pd.concat(evaluated), pd.concat(measured)).assign(source="o_information")
    write_events(study / run / "phases.parquet", phases, {})


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    """Return a study of two runs: three phases in `three`, five in `five`."""
    folder = tmp_path_factory.mktemp("study")
    write_run(folder, "three")
    write_run(folder, "five", TWO_PEAKS, SLOW)
    return StudyTables(folder)


def all_seeds(values):
    """Return the value that all seeds share."""
    assert list(values.index) == SEEDS and values.nunique(dropna=False) == 1
    return values.iloc[0]


def near(step):
    """Return approximately a step: snapshots are 7 % apart, the smoothing has 15 %."""
    return pytest.approx(step, rel=0.16)


def test_steps_of_memorising_and_generalising(study):
    generalised = all_seeds(curve_quantities.generalised(study, run="three"))
    memorised = all_seeds(curve_quantities.memorised(study, run="three"))
    assert (memorised, generalised) == (near(20), near(600))
    assert all_seeds(curve_quantities.gap(study, run="three")) == generalised - memorised
    assert all_seeds(curve_quantities.delay(study, run="three")) == generalised / memorised
    assert all_seeds(curve_quantities.generalises(study, run="three")) == 1


def test_the_rise_of_test_accuracy_in_steps_and_in_log_step(study):
    """In ln step, test accuracy rises evenly from 150 to 600: from 0.1 to 0.9 by a factor of 4 ** 0.8."""
    assert all_seeds(curve_quantities.rise(study, run="three", in_log_step=True)) == near(0.8 * np.log(4))
    assert all_seeds(curve_quantities.rise(study, run="three")) == near(150 * (4**0.91 - 4**0.09))


def test_a_network_that_never_generalises_is_infinitely_late(tmp_path):
    write_run(tmp_path, "never", accuracy={1: 0.01, 4000: 0.05})
    tables = StudyTables(tmp_path)
    assert all_seeds(curve_quantities.generalised(tables, run="never")) == np.inf
    assert all_seeds(curve_quantities.generalises(tables, run="never")) == 0
    assert np.isnan(all_seeds(curve_quantities.rise(tables, run="never")))
    assert np.isnan(all_seeds(emergence_quantities.peak_before_generalising(tables, run="never")))
    assert np.isnan(
        all_seeds(emergence_quantities.change_after_convergence(tables, run="never", measure="synergy"))
    )


def test_the_last_value_and_the_value_between_two_evaluations(study):
    assert all_seeds(curve_quantities.final(study, run="three", metric="test_accuracy")) == 1
    value = all_seeds(curve_quantities.value_at(study, run="three", metric="test_loss", step=200))
    assert value == pytest.approx(np.interp(200, STEPS, series(LOSS)))


@pytest.mark.parametrize(
    ("run", "phases", "value"),
    [
        ("three", list(THREE), 1),
        ("five", list(FIVE), 1),
        ("three", ["divergence"], 0),
        ("three", list(FIVE), 0),
    ],
)
def test_phases_of_the_mean_curve(study, run, phases, value):
    found = emergence_quantities.phases_found(study, run=run, phases=phases)
    assert (found.value, found.low, found.high, found.n_seeds) == (value, value, value, 5)


def test_a_phase_of_some_resamples_is_neither_there_nor_absent(tmp_path):
    """A share of 0.9 of the resamples stands for seeds of which some have no Emergence."""
    write_run(tmp_path, "r")
    rows = pd.read_parquet(tmp_path / "r/phases.parquet")
    write_events(
        tmp_path / "r/phases.parquet", rows.assign(share=rows["share"].where(rows["share"] != 1, 0.9)), {}
    )
    found = emergence_quantities.phases_found(StudyTables(tmp_path), run="r", phases=["emergence"])
    assert (found.value, found.low, found.high) == (1, 0, 1)


def test_one_seed_has_no_share(tmp_path):
    write_run(tmp_path, "one", seeds=[0])
    found = emergence_quantities.phases_found(StudyTables(tmp_path), run="one", phases=["emergence"])
    assert (found.value, found.low, found.high, found.n_seeds) == (1, 0, 1, 1)


def test_what_happens_in_a_phase_is_a_part_of_the_range(study):
    options = {"run": "three", "phase": "emergence"}
    change = {
        measure: all_seeds(emergence_quantities.change_in_phase(study, measure=measure, **options))
        for measure in ("synergy", "redundancy", "synergy_size", "test_accuracy")
    }
    assert change["synergy"] == pytest.approx(4 / 4.5, abs=0.1)
    assert change["redundancy"] == pytest.approx(-1, abs=0.1)
    assert change["synergy_size"] == pytest.approx(50 / 80, abs=0.1)
    assert change["test_accuracy"] == pytest.approx(0, abs=0.05)


def test_the_level_in_a_phase_and_the_value_at_its_end(study):
    low = emergence_quantities.level_in_phase(study, run="three", phase="feature_learning", measure="synergy")
    high = emergence_quantities.level_in_phase(
        study, run="three", phase="feature_learning", measure="redundancy"
    )
    assert all_seeds(low) < 0.3 and all_seeds(high) > 0.9
    peak = emergence_quantities.value_at_end(study, run="three", phase="emergence", measure="synergy")
    assert all_seeds(peak) == pytest.approx(5, rel=0.1)


def test_nothing_is_said_of_an_absent_phase(study):
    absent = {"run": "three", "phase": "divergence"}
    for measure in (
        emergence_quantities.level_in_phase,
        emergence_quantities.change_in_phase,
        emergence_quantities.value_at_end,
    ):
        assert np.isnan(all_seeds(measure(study, measure="synergy", **absent)))
    assert np.isnan(all_seeds(emergence_quantities.loss_peaks_in_phase(study, **absent)))


def test_a_constant_has_no_parts(tmp_path):
    write_run(tmp_path, "r")
    flat = tidy(
        "r", 0, "hidden", synergy=-series(SYNERGY), redundancy=series(REDUNDANCY), synergy_size={1: 7, 9: 7}
    )
    write(tmp_path, "r", 0, "metrics/o_information", flat)
    change = emergence_quantities.change_in_phase(
        StudyTables(tmp_path), run="r", phase="emergence", measure="synergy_size"
    )
    assert np.isnan(change[0]) and change.notna().sum() == 4


def test_the_peak_of_the_test_loss_lies_in_one_phase(study):
    where = {
        phase: all_seeds(emergence_quantities.loss_peaks_in_phase(study, run="three", phase=phase))
        for phase in THREE
    }
    assert where == {"feature_learning": 0, "emergence": 1, "decoupling": 0}
    within = {"run": "three", "phase": "emergence"}
    assert all_seeds(emergence_quantities.loss_peaks_in_phase(study, **within, peak="any")) == 1
    assert all_seeds(emergence_quantities.loss_peaks_in_phase(study, **within, peak="lesser")) == 0


def test_the_highest_peak_of_the_test_loss_is_no_lesser_one(tmp_path):
    write_run(tmp_path, "r", test_loss={1: 1, 80: 9, 200: 2, 400: 4, 4000: 1})
    tables = StudyTables(tmp_path)
    for phase, peak in {"emergence": "any", "decoupling": "lesser"}.items():
        found = emergence_quantities.loss_peaks_in_phase(tables, run="r", phase=phase, peak=peak)
        assert all_seeds(found) == 1
    found = emergence_quantities.loss_peaks_in_phase(tables, run="r", phase="emergence", peak="lesser")
    assert all_seeds(found) == 0


def test_nothing_is_measured_in_a_phase_that_few_resamples_have(tmp_path):
    for seed, synergy in zip(SEEDS, [SYNERGY, SYNERGY, FLAT, FLAT, FLAT], strict=True):
        write_run(tmp_path / str(seed), "r", synergy, seeds=[seed])
        (tmp_path / "r").mkdir(exist_ok=True)
        (tmp_path / str(seed) / "r" / str(seed)).rename(tmp_path / "r" / str(seed))
    tables = StudyTables(tmp_path)
    phases = find(tables.of_run("r", "curves"), tables.of_run("r", "o_information"))
    write_events(tmp_path / "r/phases.parquet", phases.assign(source="o_information"), {})
    events = tables.mean_phases("r")
    assert events.loc["emergence.start", "status"] == "found"
    assert events.loc["emergence.start", "share"] < 0.975
    level = emergence_quantities.level_in_phase(tables, run="r", phase="emergence", measure="synergy")
    assert level.isna().all()


def test_phases_are_found_and_others_are_absent(study):
    def found(run, phases, absent=()):
        return emergence_quantities.phases_found(study, run=run, phases=phases, absent=absent)

    both = ["divergence", "delayed_emergence"]
    for run, value in {"three": 1, "five": 0}.items():
        measured = found(run, ["emergence"], both)
        assert (measured.value, measured.low, measured.high) == (value, value, value)
    assert found("five", both).low == 1
    assert found("three", both).high == 0


@pytest.mark.parametrize(("shares", "low"), [([0.98, 0.98, 1], 0), ([0.99, 0.99, 1], 1)])
def test_shares_of_several_phases_add_up_what_they_lack(monkeypatch, study, shares, low):
    names = ["feature_learning", "emergence", "decoupling"]
    events = study.mean_phases("three")
    events.loc[[f"{name}.start" for name in names], "share"] = shares
    monkeypatch.setattr(StudyTables, "mean_phases", lambda self, run: events)
    assert emergence_quantities.phases_found(study, run="three", phases=names).low == low


def test_the_synergy_of_the_start_up_is_no_peak_before_generalising(tmp_path):
    write_run(tmp_path, "falls", {1: 9, 8: 9, 15: 2, 40: 1, 4000: 1})
    largest = emergence_quantities.largest_before_generalising(StudyTables(tmp_path), run="falls")
    assert all_seeds(largest) < 3


def test_the_end_of_emergence_is_the_last_one(study):
    ends = {run: emergence_quantities.end_of_emergence(study, run=run) for run in ("three", "five")}
    assert all_seeds(ends["three"]) == pytest.approx(150, rel=0.2)
    assert all_seeds(ends["five"]) == study.mean_phases("five").loc["delayed_emergence.end", "step"]


def test_synergy_before_generalising(study):
    assert all_seeds(emergence_quantities.peak_before_generalising(study, run="three")) == 1
    assert all_seeds(emergence_quantities.largest_before_generalising(study, run="three")) == pytest.approx(
        5, rel=0.1
    )
    assert all_seeds(emergence_quantities.largest_before_generalising(study, run="five")) == pytest.approx(
        6, rel=0.1
    )
    assert all_seeds(emergence_quantities.largest_synergy(study, run="five")) == pytest.approx(6, rel=0.1)


def test_a_peak_after_generalising_is_none_before(tmp_path):
    write_run(tmp_path, "late", {1: 9, 3: 1, 700: 1, 1500: 5, 4000: 1})
    assert all_seeds(emergence_quantities.peak_before_generalising(StudyTables(tmp_path), run="late")) == 0


def test_synergy_that_rises_with_the_drop_of_redundancy_has_no_lag(study):
    assert all_seeds(emergence_quantities.lag_of_synergy(study, run="three")) == pytest.approx(0, abs=0.05)


def test_what_rests_after_convergence(study):
    rests = emergence_quantities.change_after_convergence(study, run="three", measure="synergy")
    assert all_seeds(rests) < 0.05


def test_what_moves_after_convergence(tmp_path):
    write_run(tmp_path, "r", {1: 9, 3: 1, 8: 2, 16: 1, 40: 1, 150: 5, 1000: 1, 4000: 3})
    moves = emergence_quantities.change_after_convergence(StudyTables(tmp_path), run="r", measure="synergy")
    assert all_seeds(moves) == pytest.approx(0.5, abs=0.1)


@pytest.mark.parametrize(
    ("synergy", "part"),
    [
        (SYNERGY, 0.47),  # it rises by 4 of 8.5, although it falls again
        ({1: 9, 10: 1, 4000: 5}, 0.5),
        ({1: 9, 10: 1, 4000: 0.9}, 0),
    ],
)
def test_recovery_is_a_part_of_the_fall(tmp_path, synergy, part):
    write_run(tmp_path, "r", synergy)
    tables = StudyTables(tmp_path)
    assert all_seeds(emergence_quantities.recovery(tables, run="r")) == pytest.approx(part, abs=0.08)
    assert all_seeds(emergence_quantities.half_fallen(tables, run="r")) < 10


def test_synergy_that_only_rises_neither_falls_nor_recovers(tmp_path):
    write_run(tmp_path, "r", {1: 1, 4000: 5})
    tables = StudyTables(tmp_path)
    assert emergence_quantities.recovery(tables, run="r").isna().all()
    assert emergence_quantities.half_fallen(tables, run="r").isna().all()


def test_sub_networks_are_compared_with_random_ones(tmp_path):
    write_run(tmp_path, "r")
    for seed in SEEDS:
        sooner, later = ({1: 0.01, 100: 0.01, end: 1, 4000: 1} for end in (300, 600))
        write(tmp_path, "r", seed, "retrain/synergistic.activation", tidy("r", seed, test_accuracy=sooner))
        for draw in (1, 2):
            write(
                tmp_path, "r", seed, f"retrain/random_{draw}.activation", tidy("r", seed, test_accuracy=later)
            )
    options = {"run": "r", "network": "synergistic.activation", "draws": 2}
    assert all_seeds(emergence_quantities.step_among_random(StudyTables(tmp_path), **options)) == near(0.5)
    assert all_seeds(emergence_quantities.accuracy_among_random(StudyTables(tmp_path), **options)) == 0
    with pytest.raises(NotMeasured):
        emergence_quantities.step_among_random(StudyTables(tmp_path), **options | {"draws": 3})
    with pytest.raises(NotMeasured):
        curve_quantities.generalised(
            StudyTables(tmp_path, step_0=True), run="r", network="synergistic.activation"
        )


def test_a_seed_without_the_sub_network_has_no_value(tmp_path):
    write_run(tmp_path, "r")
    for seed in SEEDS:
        rows = tidy("r", seed, test_accuracy=TEST_ACCURACY)
        write(tmp_path, "r", seed, "retrain/delayed.weights", rows if seed else rows.iloc[:0])
    values = curve_quantities.generalised(StudyTables(tmp_path), run="r", network="delayed.weights")
    assert np.isnan(values[0]) and values.notna().sum() == 4


def test_random_orders_are_read_one_by_one(tmp_path):
    write_run(tmp_path, "r")
    for seed in SEEDS:
        metrics = {"synergy": -series(SYNERGY), "redundancy": series(REDUNDANCY)}
        for order, factor in ((1, 2), (2, 3)):
            metrics[f"synergy_order_{order}"] = -factor * series(SYNERGY) / BITS
            metrics[f"redundancy_order_{order}"] = series(REDUNDANCY)
        write(tmp_path, "r", seed, "metrics/o_information_orders", tidy("r", seed, "hidden", **metrics))
    tables = StudyTables(tmp_path)
    for order, factor in ((1, 2), (2, 3)):
        largest = emergence_quantities.largest_synergy(tables.in_order(order), run="r")
        assert all_seeds(largest) == pytest.approx(5 * factor, rel=0.1)
        assert (
            emergence_quantities.phases_found(tables.in_order(order), run="r", phases=["emergence"]).low == 1
        )
    with pytest.raises(NotMeasured):
        emergence_quantities.largest_synergy(tables.in_order(3), run="r")


def information(**changed):
    """Return metrics of an information plane: I(T;X) turns at 100, I(T;Y) rises until then."""
    curves = {
        "information_x": {1: 2, 100: 6, 1000: 3, 4000: 3},
        "information_y": {1: 0, 20: 1, 100: 2, 4000: 2},
        "ceiling_x": {1: 8, 4000: 8},
        "ceiling_y": {1: 2, 4000: 2},
    }
    return curves | changed


@pytest.fixture(scope="module")
def plane(tmp_path_factory):
    """Return a study of one run with an information plane in two layers, and complexities."""
    folder = tmp_path_factory.mktemp("plane")
    write_run(folder, "r")
    for seed in SEEDS:
        later = information(information_x={1: 2, 200: 6, 1000: 3, 4000: 3})
        rows = [tidy("r", seed, "block_1", **information()), tidy("r", seed, "block_2", **later)]
        write(folder, "r", seed, "metrics/information", pd.concat(rows))
        full = information(information_x={1: 2, 100: 7.9, 1000: 7.9, 4000: 7.9})
        write(folder, "r", seed, "metrics/at_ceiling", tidy("r", seed, "block_2", **full))
        always = information(information_x={1: 7.9, 4000: 7.9})
        write(folder, "r", seed, "metrics/always_full", tidy("r", seed, "block_2", **always))
        counts = {"regions": {1: 10, 20: 100, 4000: 50}, "merging": {1: 3, 4000: 3}}
        counts |= {"alignment": {1: 1, 4000: 1}, "disappearance": {1: 0, 4000: 0}}
        write(folder, "r", seed, "metrics/linear_regions", tidy("r", seed, "hidden", **counts))
    return StudyTables(folder)


def test_time_scales_of_curves_and_of_each_layer(plane):
    assert all_seeds(two_phase_quantities.time_scale(plane, run="r", event="fit")) == near(20)
    for layer, step in (("block_1", 100), ("block_2", 200), (None, 200)):
        turn = two_phase_quantities.time_scale(
            plane, run="r", event="compress", metric="information", layer=layer
        )
        assert all_seeds(turn) == near(step)
    with pytest.raises(NotMeasured):
        two_phase_quantities.time_scale(
            plane, run="r", event="compress", metric="information", layer="block_9"
        )


def test_information_at_its_ceiling_shows_neither_a_turn_nor_its_absence(plane):
    options = {"run": "r", "event": "compress"}
    assert all_seeds(two_phase_quantities.has_time_scale(plane, metric="information", **options)) == 1
    assert np.isnan(all_seeds(two_phase_quantities.has_time_scale(plane, metric="at_ceiling", **options)))
    for measure in (two_phase_quantities.change_after_fit, two_phase_quantities.rise_while_fitting):
        for variable in ("x", "y"):
            known = measure(plane, run="r", metric="information", variable=variable)
            assert known.notna().all()
    at_both = {"run": "r", "metric": "always_full", "variable": "y"}
    assert two_phase_quantities.change_after_fit(plane, **at_both).isna().all()
    assert two_phase_quantities.rise_while_fitting(plane, **at_both).isna().all()


@pytest.mark.parametrize(
    ("loss", "there"),
    [
        ({1: 4, 8: 2, 80: 9, 600: 1, 4000: 1}, 1),
        ({1: 4, 80: 2, 4000: 1}, 0),
        ({1: 4, 80: 2, 4000: 9}, None),  # it may turn later
        ({1: 1, 4000: 9}, None),
    ],
)
def test_a_loss_that_rises_to_the_end_may_still_descend(tmp_path, loss, there):
    write_run(tmp_path, "r", test_loss=loss)
    found = two_phase_quantities.has_time_scale(StudyTables(tmp_path), run="r", event="peak")
    assert found.isna().all() if there is None else all_seeds(found) == there


def test_the_plateau_of_test_accuracy_may_be_below_any_level(tmp_path):
    write_run(tmp_path, "r", accuracy={1: 0, 100: 0.1, 1000: 0.7, 4000: 0.7})
    write_run(tmp_path, "rising", accuracy={1: 0, 100: 0.1, 4000: 0.7})
    found = {run: two_phase_quantities.plateau(StudyTables(tmp_path), run=run) for run in ("r", "rising")}
    assert all_seeds(found["r"]) == pytest.approx(1000, rel=0.1)
    assert found["rising"].isna().all()


def test_information_rises_while_fitting_and_falls_after_its_turn(plane):
    options = {"run": "r", "metric": "information"}
    rise = two_phase_quantities.rise_while_fitting(plane, variable="y", **options)
    assert all_seeds(rise) == pytest.approx(0.5, abs=0.1)
    fall = two_phase_quantities.change_after_turn(plane, variable="x", **options)
    assert all_seeds(fall) == pytest.approx(-3 / 8, abs=0.05)
    assert all_seeds(two_phase_quantities.change_after_turn(plane, variable="y", **options)) == pytest.approx(
        0, abs=0.03
    )


def test_how_long_compression_takes(plane):
    """Smoothed I(T;X) of the last layer turns at 200, and stays within 5 % of its range from 1,000 on."""
    options = {"run": "r", "metric": "information"}
    assert all_seeds(two_phase_quantities.end_of_compression(plane, **options)) == pytest.approx(5, rel=0.3)
    length = two_phase_quantities.length_of_compression(plane, **options)
    assert all_seeds(length) == pytest.approx(800, rel=0.3)


def test_information_that_falls_while_accuracy_rises_is_correlated_with_it(plane):
    values = two_phase_quantities.rank_correlation_after_fit(plane, run="r", metric="information")
    assert -1 <= all_seeds(values) < 0


def test_few_snapshots_have_no_rank_correlation(plane, monkeypatch):
    monkeypatch.setattr(two_phase_quantities, "LEAST_RANKED", len(STEPS) + 1)
    assert two_phase_quantities.rank_correlation_after_fit(plane, run="r", metric="information").isna().all()


def test_information_falls_from_fitting_to_the_end(plane):
    """I(T;X) of the last layer is 2 + 4 ln 20 / ln 200 when the network has fitted, and 3 at the end."""
    fall = two_phase_quantities.change_after_fit(plane, run="r", metric="information", variable="x")
    assert all_seeds(fall) == pytest.approx((3 - 2 - 4 * np.log(20) / np.log(200)) / 8, abs=0.03)


def test_a_measure_at_fitting_and_after_it(plane):
    options = {"run": "r", "metric": "linear_regions", "name": "regions"}
    assert all_seeds(two_phase_quantities.at_fit(plane, **options)) == near(100)
    assert all_seeds(two_phase_quantities.after_fit(plane, **options)) == near(0.5)
    assert all_seeds(
        two_phase_quantities.after_fit(plane, **options | {"name": "regions / merging"})
    ) == near(0.5)


@pytest.mark.parametrize(
    ("course", "step"),
    [
        ({1: 2, 20: 5, 600: 1, 4000: 3}, 600),
        ({1: 0.5, 20: 5, 600: 1, 4000: 3}, 600),  # what came before fitting does not count
        ({1: 2, 20: 5, 4000: 1}, np.nan),
        ({1: 2, 4000: 2}, np.nan),
    ],
    ids=["turns", "lower before fitting", "falls until the end", "constant"],
)
def test_where_a_measure_is_lowest_after_fitting(tmp_path, course, step):
    write_run(tmp_path, "r")
    for seed in SEEDS:
        write(tmp_path, "r", seed, "metrics/m", tidy("r", seed, "block_1", m=course))
    tables = StudyTables(tmp_path)
    found = two_phase_quantities.lowest_over_generalising(tables, run="r", metric="m", name="m")
    generalised = two_phase_quantities.time_scale(tables, run="r", event="gen_0.98")
    assert all_seeds(found * generalised) == pytest.approx(step, rel=0.16, nan_ok=True)


def test_the_tables_of_another_study_lie_in_its_folder(tmp_path):
    write_run(tmp_path / "paper", "r")
    tables = StudyTables(tmp_path, study="paper")
    assert tables.seeds("r") == SEEDS
    assert all_seeds(two_phase_quantities.time_scale(tables, run="r", event="fit")) == near(20)
    with pytest.raises(NotMeasured):
        StudyTables(tmp_path).seeds("r")


def test_the_mechanisms_share_the_regions_that_vanished(plane):
    shares = {
        name: all_seeds(region_quantities.share_of_vanished(plane, run="r", mechanism=name))
        for name in ("merging", "alignment", "disappearance")
    }
    assert shares == {"merging": 0.75, "alignment": 0.25, "disappearance": 0}


QUARTERS = {  # of a square, cut by neuron 1 at x = 0 and by neuron 2 at y = 0
    (): [(-1, -1), (0, -1), (0, 0), (-1, 0)],
    (1,): [(0, -1), (1, -1), (1, 0), (0, 0)],
    (2,): [(-1, 0), (-1e-12, -0.0), (0, 1), (-1, 1)],
    (1, 2): [(0, 0), (1, 0), (1, 1), (0, 1)],
}
COINCIDENT = {  # both neurons cut at x = 0
    (): [(-1, -1), (0, -1), (0, 1), (-1, 1)],
    (1, 2): [(0, -1), (1, -1), (1, 1), (0, 1)],
}


@pytest.mark.parametrize(
    ("regions", "share"),
    [(QUARTERS, 1), (COINCIDENT, 0), ({(1,): QUARTERS[()]}, np.nan)],
    ids=["one neuron a boundary", "two neurons a boundary", "one region"],
)
def test_neighbouring_regions_share_a_side(tmp_path, regions, share):
    rows = [
        {"run": "r", "seed": 0, "step": step, "layer": layer, "metric": f"corner_{axis}"}
        | {"value": float(corner[axis - 1]), "units": list(active)}
        for step in (0, 10)
        for layer, drawn in (("hidden_1", COINCIDENT), ("hidden_2", regions))
        for active, corners in drawn.items()
        for corner in corners
        for axis in (1, 2)
    ]
    rows.append(rows[0] | {"layer": "readout", "metric": "weight"})
    write_run(tmp_path, "r", seeds=[0])
    write(tmp_path, "r", 0, "metrics/partition", pd.DataFrame(rows))
    found = region_quantities.share_one_apart(StudyTables(tmp_path), run="r")
    assert found.to_dict() == pytest.approx({0: share}, nan_ok=True)
    with pytest.raises(NotMeasured):
        region_quantities.share_one_apart(StudyTables(tmp_path), run="absent")


def test_networks_that_are_late_in_emergence_are_late_in_generalising(tmp_path):
    """One network that generalises has no Emergence, and one with an Emergence never generalises."""

    def later(curve, factor):
        return {step if step == 1 else min(step * factor, STEPS[-1]): value for step, value in curve.items()}

    sweep = tmp_path / "prediction"
    for factor in (0.6, 0.8, 1, 1.25, 1.6):
        synergy, accuracy = later(SYNERGY, factor), later(TEST_ACCURACY, factor)
        write_run(sweep, f"x{factor}", synergy, accuracy, seeds=[0])
    write_run(sweep, "flat", FLAT, seeds=[0])
    write_run(sweep, "never", accuracy={1: 0.01, 4000: 0.5}, seeds=[0])
    runs = [path.name for path in sweep.iterdir()]
    table = pd.DataFrame({"run": runs * 2, "kind": ["run", "summary"] * 7, "estimate": "o_information"})
    (sweep / "tables").mkdir()
    write_parquet(sweep / "tables/prediction.parquet", pa.Table.from_pandas(table), {})
    found = prediction_quantities.anticipation(StudyTables(tmp_path))
    assert (found.value, found.n_seeds, found.n_all) == (pytest.approx(1), 5, 6)
    with pytest.raises(NotMeasured):
        prediction_quantities.anticipation(StudyTables(tmp_path, suffix="_float32"))


def test_a_run_that_was_not_made_is_not_measured(study):
    for call in (
        lambda: curve_quantities.generalised(study, run="other"),
        lambda: curve_quantities.generalised(StudyTables(study.results, suffix="_float32"), run="three"),
        lambda: emergence_quantities.largest_synergy(StudyTables(study.results, source="other"), run="three"),
        lambda: emergence_quantities.phases_found(
            StudyTables(study.results, source="other"), run="three", phases=["emergence"]
        ),
        lambda: prediction_quantities.early_peak_auc(study),
        lambda: prediction_quantities.anticipation(study),
    ):
        with pytest.raises(NotMeasured):
            call()
