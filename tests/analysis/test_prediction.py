"""The early-peak rule on made-up runs: what it may see, which runs it leaves out, and how it is scored."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml

from grokking_phases.analysis import prediction
from grokking_phases.analysis.prediction import COLUMNS, null_of, peaks_so_far, predictions, prominence
from grokking_phases.recipe import Recipe
from study.resolve import inherited

NAN = np.nan
STEPS = 4000  # q is step 400, and the rule looks from step 100 on at learning rate 0.01
SNAPSHOTS = [0, 1, 3, 10, 30, 60, *range(100, 401, 20), 800, 1600, 4000]
EVALUATED = [0, *range(100, 4001, 100)]


def bump(height, centre=200.0, width=0.3, base=1.0):
    """Return S as a function of step: a Gaussian in ln step."""
    return lambda step: base + height * np.exp(-0.5 * (np.log(step / centre) / width) ** 2)


def curve(function, steps=range(10, 1001, 10)):
    return pd.Series([function(step) for step in steps], list(steps), dtype=float)


def made(run, seed, S, generalised_at=NAN, weight_norm=10.0, train_loss=0.1):
    """Return the rows of curves and the rows of O-information for one run and seed; see `named`."""
    run = named(run, seed)
    values = {
        "test_accuracy": lambda step: 0.99 if step >= generalised_at else 0.5,
        "weight_norm": lambda step: weight_norm,
        "train_loss": lambda step: train_loss,
    }
    curves = [
        (run, seed, step, metric, float(value(step)))
        for step in EVALUATED
        for metric, value in values.items()
    ]
    synergy = [(run, seed, step, "synergy", -float(S(max(step, 0.5)))) for step in SNAPSHOTS]
    columns = ["run", "seed", "step", "metric", "value"]
    return pd.DataFrame(curves, columns=columns), pd.DataFrame(synergy, columns=columns)


def named(run, seed):
    """Return the name of a run: with seed 0, it is one on which the rule is calibrated."""
    return run if seed else f"{run}_calibration"


def study(*trials):
    curves, synergy = zip(*trials, strict=True)
    return pd.concat(curves, ignore_index=True), pd.concat(synergy, ignore_index=True)


def entries(weight_decay):
    """Return the runs of a config, with those on which the rule is calibrated."""
    return {
        named(run, seed): {"training": {"steps": STEPS, "learning_rate": 0.01, "weight_decay": decay}}
        for run, decay in weight_decay.items()
        for seed in (0, 1)
    }


RUNS = entries({"peaked": 1, "late": 1, "flat": 0, "falling": 0, "crushed": 50})
CALIBRATION = [run for run in RUNS if run.endswith("_calibration")]


@pytest.fixture
def tables():
    """Return tables in which runs with a peak and a small norm generalise; those of seed 0 calibrate."""
    trials = []
    for seed in range(3):
        trials += [
            made("peaked", seed, bump(5 + seed), 1000 + 100 * seed, weight_norm=10 + seed, train_loss=0.1),
            made("late", seed, bump(4, centre=170), 3000, weight_norm=20, train_loss=0.1),
            made("flat", seed, bump(0), weight_norm=30, train_loss=0.1),
            made("falling", seed, lambda step: 40 / step, weight_norm=31, train_loss=0.1),
            made("crushed", seed, lambda step: -2 - step / 1000, weight_norm=40, train_loss=4.6),
        ]
    return study(*trials)


def predicted(tables, runs=RUNS):
    curves, synergy = tables
    return predictions(curves, {"o_information": synergy}, {}, runs, calibration=CALIBRATION)


def selected(table, kind, predictor="synergy_peak", **columns):
    """Return the rows of a kind and predictor with these column values."""
    rows = table[(table["kind"] == kind) & (table["predictor"] == predictor)]
    for column, value in columns.items():
        rows = rows[rows[column] == value]
    return rows


def summary(table, predictor="synergy_peak", subset="all"):
    [row] = selected(table, "summary", predictor, subset=subset).to_dict("records")
    return row


# The score of a curve


def test_the_prominence_of_a_peak_is_its_height_after_smoothing():
    """A Gaussian of width 0.3 smoothed by one of 0.15 falls in height by 0.3 / sqrt(0.3^2 + 0.15^2)."""
    steps = np.unique(np.geomspace(10, 4000, 400).round())
    expected = 5 * 0.3 / np.hypot(0.3, 0.15)
    assert prominence(curve(bump(5), steps)) == pytest.approx(expected, rel=0.02)


@pytest.mark.parametrize("S", [lambda step: 3.0, lambda step: 0.0, np.log, lambda step: 30 / step])
def test_a_curve_without_a_peak_has_no_prominence(S):
    assert prominence(curve(S)) == pytest.approx(0, abs=1e-12)


def test_the_most_prominent_peak_counts_not_the_highest():
    def small_on_a_slope_and_large_below(step):
        return 20 - 3 * np.log(step) + bump(1, 40, 0.2, 0)(step) + bump(4, 400, 0.2, 0)(step)

    def alone(step):
        return 20 - 3 * np.log(step) + bump(4, 400, 0.2, 0)(step)

    steps = np.unique(np.geomspace(10, 2000, 300).round())
    both, one = (prominence(curve(S, steps)) for S in (small_on_a_slope_and_large_below, alone))
    assert both == pytest.approx(one, rel=0.02)
    assert one > 1


def asked_of(S, **null):
    """Return `peaks_so_far` of a curve of synergy from step 10 on, with that of chance.

    null: `at_34=2.0` is the synergy that chance gives at step 34, in nats.
    """
    table = pd.DataFrame({"synergy": -S}).reindex([0, *S.index])
    for at, height in null.items():
        step = table.index[table.index >= int(at.removeprefix("at_"))][0]
        table.loc[step, "synergy_shuffled_low"] = -height
    return peaks_so_far(table.loc[10:, "synergy"], null_of(table))


def test_a_peak_is_known_only_when_it_is_over():
    steps = np.unique(np.geomspace(10, 1000, 60).round())
    asked = asked_of(curve(bump(5), steps))
    assert (asked[asked.index < 190] < 1e-6).all()
    assert (asked[asked.index > 300] > 1).all()
    assert asked.is_monotonic_increasing


def test_later_values_change_no_answer():
    steps = np.unique(np.geomspace(10, 1000, 60).round())
    S = curve(bump(5), steps)
    changed = S.where(S.index <= 300, 100.0)
    asked, again = asked_of(S, at_34=0.1), asked_of(changed, at_34=0.1)
    of_null = asked_of(S, at_34=0.1, at_400=5.0)
    pd.testing.assert_series_equal(asked[asked.index <= 300], again[again.index <= 300])
    pd.testing.assert_series_equal(asked[asked.index < 400], of_null[of_null.index < 400])
    assert asked_of(S, at_34=5.0).iloc[-1] < asked.iloc[-1] - 2


def test_chance_counts_from_step_0_on():
    """A null that is first measured late in the window cannot take back what was scored without it."""
    steps = np.unique(np.geomspace(10, 1000, 60).round())
    S = curve(bump(5), steps)
    late, from_0 = asked_of(S, at_400=5.0), asked_of(S, at_0=5.0, at_400=4.0)
    assert from_0.iloc[-1] < late.iloc[-1] - 2


# What a rule may see


def test_values_after_q_and_in_the_first_steps_change_no_score(tables):
    before = predicted(tables)
    curves, synergy = (rows.copy() for rows in tables)
    random = np.random.default_rng(0)
    for rows in (curves, synergy):
        late = (rows["step"] > 400) & (rows["metric"] != "test_accuracy")
        rows.loc[late, "value"] = random.normal(size=late.sum())
    first = synergy["step"] < 100
    synergy.loc[first, "value"] = -100 * random.random(first.sum())
    pd.testing.assert_frame_equal(before, predicted((curves, synergy)))


def test_the_step_of_generalisation_after_q_changes_only_the_lead(tables):
    before = predicted(tables)
    curves, synergy = tables
    later = curves.copy()
    later.loc[(later["metric"] == "test_accuracy") & later["step"].between(500, 3500), "value"] = 0.5
    after = predicted((later, synergy))
    unchanged = ["run", "seed", "value", "score", "threshold", "outcome", "known_at", "left_out"]
    pd.testing.assert_frame_equal(
        before[before["kind"] == "run"][unchanged], after[after["kind"] == "run"][unchanged]
    )
    leads = selected(after, "run", run="peaked")["lead"] - selected(before, "run", run="peaked")["lead"]
    assert leads.tolist() == [2500, 2400]


def test_scored_runs_fix_neither_direction_nor_threshold(tables):
    curves, synergy = (rows.copy() for rows in tables)
    for rows in (curves, synergy):
        rows.loc[rows["seed"] > 0, "value"] = rows.loc[rows["seed"] > 0, "value"].to_numpy()[::-1]
    fixed = ["direction", "threshold"]
    for predictor in prediction.PREDICTORS:
        before, after = (summary(predicted(data), predictor) for data in (tables, (curves, synergy)))
        assert [before[key] for key in fixed] == [after[key] for key in fixed]


def test_a_peak_counts_only_where_omega_is_negative():
    """If every multiplet is redundant, a peak of -Omega is not a peak of synergy."""
    trials = [made("peaked", 1, bump(5, base=-6)), made("flat", 1, bump(5, base=-2))]
    values = selected(predicted(study(*trials)), "run").set_index("run")["value"]
    assert values["peaked"] == 0
    assert 0 < values["flat"] < 3


def test_a_null_lowers_a_peak_by_the_synergy_of_chance():
    curves, synergy = study(made("flat", 0, bump(5, base=1)))
    null = synergy[synergy["step"].isin([100, 400])].assign(metric="synergy_shuffled_low", value=-4.0)
    null = pd.concat([null, synergy])  # its table has the observed value too
    late = null.assign(step=800, value=-50.0).drop_duplicates(["step", "metric"])
    values = [
        selected(predictions(curves, {"a": synergy}, nulls, RUNS, calibration=CALIBRATION), "run")[
            "value"
        ].item()
        for nulls in ({}, {"a": null}, {"a": pd.concat([null, late])}, {"b": null})
    ]
    assert values[1] < values[0] - 2
    assert values[2:] == [values[1], values[0]]


# Runs that are left out


def left_out(*trials):
    rows = selected(predicted(study(*trials)), "run")
    assert (
        rows.loc[rows["left_out"].notna(), ["value", "score", "outcome", "known_at", "lead"]]
        .isna()
        .all(axis=None)
    )
    return {
        row.run.removesuffix("_calibration"): None if pd.isna(row.left_out) else row.left_out
        for row in rows.itertuples()
    }


def test_runs_that_have_generalised_by_q_are_left_out():
    assert left_out(made("peaked", 0, bump(5), 400), made("late", 0, bump(5), 500)) == {
        "peaked": "generalised already",
        "late": None,
    }


def test_a_diverged_run_is_left_out_with_or_without_snapshots():
    curves, synergy = made("flat", 0, bump(0), train_loss=np.inf)
    reasons = left_out((curves[curves["step"] <= 100], synergy.iloc[:0]), made("peaked", 0, bump(5), 1000))
    assert reasons == {"flat": "diverged", "peaked": None}


@pytest.mark.parametrize(
    ("fraction", "reason"), [(0.3, None), (0.7, "synergy undefined"), (1.0, "synergy undefined")]
)
def test_a_run_with_too_much_undefined_synergy_is_left_out(fraction, reason):
    curves, synergy = made("peaked", 0, bump(5), 1000)
    early = synergy.index[synergy["step"].between(100, 400)]
    chosen = np.random.default_rng(0).permutation(early)[: round(fraction * len(early))]
    synergy.loc[chosen, "value"] = NAN
    assert left_out((curves, synergy)) == {"peaked": reason}


def test_a_run_that_never_memorises_is_kept():
    assert left_out(made("flat", 0, bump(0), train_loss=4.6)) == {"flat": None}


# The score of the rule


def test_a_rule_that_is_always_right_has_only_hits_and_correct_rejections(tables):
    said = summary(predicted(tables))
    assert {key: said[key] for key in ["n", "n_left_out", *prediction.COUNTS.values()]} == {
        "n": 10,
        "n_left_out": 0,
        "hits": 4,
        "misses": 0,
        "false_alarms": 0,
        "correct_rejections": 6,
    }
    assert said["auc"] == said["auc_low"] == said["auc_high"] == 1
    assert said["gain"] == 0
    assert summary(predicted(tables), subset="weight decay < 10")["n"] == 8


def test_a_baseline_finds_its_direction_and_its_lead_begins_at_q(tables):
    table = predicted(tables)
    said = summary(table, "weight_norm")
    assert (said["direction"], said["auc"], said["threshold"]) == (-1, 1, -20)
    hits = selected(table, "run", "weight_norm", outcome="hit").sort_values(["seed", "run"])
    assert hits["lead"].tolist() == [2600, 600] + [2600, 700] + [2600, 800]


def test_train_loss_predicts_nothing_without_the_hopeless_runs(tables):
    table = predicted(tables)
    assert summary(table, "train_loss")["auc"] == pytest.approx((4 * 4 / 2 + 4 * 2) / (4 * 6))
    without = summary(table, "train_loss", "weight decay < 10")
    assert (without["auc"], without["gain"]) == (0.5, 0.5)


def test_misses_and_false_alarms_are_told_apart():
    trials = [made("peaked", seed, bump(5), 1000) for seed in (0, 1)]
    trials += [made("flat", seed, bump(0)) for seed in (0, 1)]
    trials += [made("late", 1, bump(0), 1000), made("falling", 1, bump(5))]
    table = predicted(study(*trials))
    said = selected(table, "run", role="scored").set_index("run")
    outcomes = {"falling": "false alarm", "flat": "correct rejection", "late": "miss", "peaked": "hit"}
    assert said["outcome"].to_dict() == outcomes
    assert said["known_at"].notna().to_dict() == {
        "falling": True,
        "flat": False,
        "late": False,
        "peaked": True,
    }
    assert said["lead"].notna().to_dict() == {"falling": False, "flat": False, "late": False, "peaked": True}
    assert summary(table)["auc"] == 0.5  # of four pairs, one is won, one lost, two are tied
    points = selected(table, "roc", subset="all")[["false_alarm_rate", "hit_rate"]].to_numpy().tolist()
    assert points == [[0, 0], [0.5, 0.5], [1, 1]]


def test_the_lead_counts_from_the_end_of_the_peak(tables):
    rows = selected(predicted(tables), "run", run="peaked")
    assert ((rows["known_at"] > 200) & (rows["known_at"] <= 400)).all()
    assert (rows["lead"] == rows["generalised_at"] - rows["known_at"]).all()
    said = summary(predicted(tables))
    assert said["lead_median_low"] <= said["lead_median"] <= said["lead_median_high"]


@pytest.mark.parametrize("generalised_at", [1000, NAN])
def test_one_class_alone_has_no_area_and_a_reason(generalised_at):
    word = "all" if generalised_at == 1000 else "none"
    trials = [made("peaked", seed, bump(5 + seed), generalised_at) for seed in range(3)]
    table = predicted(study(*trials))
    for predictor in prediction.PREDICTORS:
        said = summary(table, predictor)
        assert np.isnan([said["auc"], said["auc_low"], said["threshold"], said["lead_median"]]).all()
        assert said["undefined"].startswith(f"{word} of the scored runs generalise")
        assert said["hits"] == said["correct_rejections"] == 0


def test_a_calibration_of_one_class_gives_no_outcome():
    trials = [made("peaked", seed, bump(5), 1000) for seed in (0, 1)] + [made("flat", 1, bump(0))]
    table = predicted(study(*trials))
    assert selected(table, "run")["outcome"].isna().all()
    assert summary(table)["auc"] == 1  # it needs no threshold
    assert np.isnan(summary(table, "weight_norm")["auc"])  # it needs a direction
    assert summary(table)["undefined"] == "all of the calibration runs generalise"


def test_a_study_without_any_run_left_is_no_error():
    table = predicted(study(*(made("peaked", seed, bump(5), 200) for seed in (0, 1))))
    assert summary(table)["n"] == 0
    assert summary(table)["n_left_out"] == 1
    assert summary(table)["undefined"] == "none of the scored runs is left"


def test_the_order_of_rows_changes_no_bit(tables):
    shuffled = tuple(rows.sample(frac=1, random_state=1) for rows in tables)
    pd.testing.assert_frame_equal(predicted(tables), predicted(shuffled), check_exact=True)


def test_several_estimates_are_in_one_table(tables, tmp_path):
    curves, synergy = tables
    reversed_sign = synergy.assign(value=-synergy["value"])
    both = predictions(curves, {"a": synergy, "b": reversed_sign}, {}, RUNS, calibration=CALIBRATION)
    pd.testing.assert_frame_equal(
        both[both["estimate"] == "a"].drop(columns="estimate"), predicted(tables).drop(columns="estimate")
    )
    assert set(both["estimate"]) == {"a", "b"}
    both.to_parquet(tmp_path / "prediction.parquet")
    pd.testing.assert_frame_equal(pd.read_parquet(tmp_path / "prediction.parquet"), both)
    assert both.columns.tolist() == list(COLUMNS)


# The sweep


@pytest.fixture(scope="module")
def sweep():
    """Return the runs of the sweep, its overlay, and the runs of the default study, from the config."""
    root = Path(__file__).parents[2]
    base, overlay = (
        yaml.safe_load((root / name).read_text()) for name in ("config.yaml", "config/prediction.yaml")
    )
    runs = base["runs"] | overlay["runs"]
    complete = {name: inherited(runs, name, []) for name in runs}
    return (
        {name: complete[name] for name in overlay["runs"]},
        overlay,
        {name: complete[name] for name in base["runs"]},
    )


def test_the_sweep_is_large_and_shares_no_seed_with_the_default_study_or_within_itself(sweep):
    runs, overlay, seen = sweep
    calibration = overlay["prediction"]["calibration"]
    assert len(runs) - len(calibration) >= 60
    seeds = [seed for run in runs.values() for seed in run["seeds"]]
    assert len(set(seeds)) == len(seeds) == len(runs)
    assert not any("split_seed" in run["dataset"] for run in runs.values())  # a seed has a split of its own
    assert not set(seeds) & {
        seed for name, run in seen.items() if name.startswith("addition") for seed in run["seeds"]
    }


def test_the_calibration_has_every_level_of_the_sweep(sweep):
    runs, overlay, _ = sweep
    chosen = [runs[name] for name in overlay["prediction"]["calibration"]]
    grid = [run for run in runs.values() if run["training"].get("alpha", 1) == 1]
    for levels in (
        lambda run: run["dataset"]["train_fraction"],
        lambda run: run["training"]["learning_rate"],
        lambda run: run["training"]["weight_decay"],
    ):
        assert {*map(levels, grid)} - {10, 50} == {*map(levels, chosen)}


def test_runs_of_the_sweep_differ_and_each_is_in_one_panel(sweep):
    runs, overlay, _ = sweep
    assert sorted(
        run for panel in overlay["figures"]["emergence/prediction"]["panels"].values() for run in panel
    ) == sorted(runs)
    settings = [
        (run["dataset"]["train_fraction"], *map(str, run["training"].items())) for run in runs.values()
    ]
    assert len(set(settings)) == len(settings)


def test_snapshots_in_the_window_are_closer_than_the_smoothing(sweep):
    for run in sweep[0].values():
        recipe = Recipe(**run["training"])
        first, last = prediction.FORGOTTEN / recipe.learning_rate, prediction.EARLY * recipe.steps
        early = [step for step in run["snapshots"]["steps"] if first <= step <= last]
        assert np.diff(np.log([first, *early, last])).max() < prediction.SMOOTHING
