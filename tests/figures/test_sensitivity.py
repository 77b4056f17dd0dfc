"""Figures of what an estimate of synergy depends on, from made-up tables: ties, bins, nulls, dead units."""

import numpy as np
import pandas as pd
import pytest
from made_up import is_named, named_in, run_with, table

from grokking_phases.figures.emergence import bins, dead, null, ties
from grokking_phases.figures.emergence._factors import factors, left_out, reference
from grokking_phases.figures.emergence.ties import spreads
from grokking_phases.plotting.recipes import labels

RUNS = {"wd2": run_with(weight_decay=2), "alpha8": run_with(alpha=8, constrain_norm="weights")}
PANELS = {"weight decay": ["wd2"], "initialisation": ["alpha8"]}
DEFAULT = {
    "module": "o_information",
    "n_bins": 10,
    "variables": "union",
    "linkage": "ward",
    "ties": "average",
}
LN2 = np.log(2)


def estimate(name, scale=1.0, runs=RUNS, layer="hidden", **changed):
    """Return a synergy of `scale` times step + seed bits."""
    values = {
        "synergy": lambda seed, step: -LN2 * scale * (step + seed),
        "n_constant": lambda seed, step: 0,
        "n_duplicate": lambda seed, step: 0,
        "n_failed": lambda seed, step: 0,
    }
    return pd.concat([table(run, values | changed, layer=layer).assign(table=name) for run in runs])


def study(**metrics):
    return {"runs": RUNS, "metrics": {name: DEFAULT | changed for name, changed in metrics.items()}}


def legend_of(figure):
    return [entry.get_text() for entry in figure.subfigs[0].legends[0].get_texts()]


def texts(legend):
    return [entry.get_text() for entry in legend.get_texts()]


TIES = study(mean_rank={}, published={"ties": "paper"}, before={"layers": ["preactivation"]})


def test_ties_are_lines_in_the_order_of_the_config_with_a_layer_that_has_none():
    rows = pd.concat(
        [estimate("published", 3), estimate("before", 50, layer="preactivation"), estimate("mean_rank")]
    )
    numbers = ties.select(rows, PANELS)
    one = numbers[(numbers["estimate"] == "published") & (numbers["run"] == "wd2") & (numbers["seed"] == 1)]
    np.testing.assert_allclose(one["bits"], [6, 33, 303])
    np.testing.assert_allclose(one["value"], -LN2 * one["bits"])
    [figure] = ties.draw(numbers, TIES)
    assert [entry.split(",")[0] for entry in legend_of(figure)] == ["hidden", "hidden", "preactivation"]
    assert len(set(legend_of(figure))) == 3
    lines = [line for line in figure.subfigs[0].axes[0].lines if len(line.get_xdata()) == 3]
    for line, scale in zip(lines, [1, 3, 50], strict=True):
        np.testing.assert_allclose(line.get_ydata(), scale * np.array([1.5, 10.5, 100.5]))  # means over seeds
    assert [ax.get_title() for ax in figure.subfigs[0].axes] == list(PANELS)
    assert figure.subfigs[0].axes[0].get_yscale() == "symlog"


def test_runs_that_share_a_panel_in_the_config_get_panels_with_their_labels():
    numbers = ties.select(estimate("mean_rank"), {"both": ["wd2", "alpha8"]})
    [figure] = ties.draw(numbers, TIES)
    named = [f"both: {name}" for name in labels(TIES["runs"], ["wd2", "alpha8"])]
    assert [ax.get_title().replace("\n", " ") for ax in figure.subfigs[0].axes] == named


def test_the_distances_of_treatments_and_of_seeds_are_known():
    """At the median step 10, means over seeds are 10.5 and 31.5 bits.

    Seeds differ by 1 and 3 bits there, which are standard deviations of 0.71 and 2.1.
    """
    rows = pd.concat(
        [estimate("published", 3), estimate("before", 50, layer="preactivation"), estimate("mean_rank")]
    )
    numbers = ties.select(rows, PANELS)
    one = numbers[(numbers["run"] == "wd2") & (numbers["layer"] == "hidden")]
    assert spreads(one.assign(treatment=one["estimate"])) == pytest.approx((21, 2**0.5))
    [figure] = ties.draw(numbers, TIES)
    assert named_in(figure, *PANELS, 21, 1.4) == [*PANELS, 21, 1.4]


def test_one_treatment_of_one_seed_has_no_distance_and_no_band():
    alone = estimate("mean_rank", runs=["wd2"])
    numbers = ties.select(alone[alone["seed"] == 0], PANELS)
    distance, deviation = spreads(numbers.assign(treatment=numbers["estimate"]))
    assert distance == 0 and np.isnan(deviation)
    [figure] = ties.draw(numbers, TIES)
    assert named_in(figure, "weight decay", 21, 1.4) == ["weight decay"]
    assert not any(path for band in figure.subfigs[0].axes[0].collections for path in band.get_paths())


def test_varied_options_are_read_from_the_estimates():
    metrics = study(
        five={"n_bins": 5},
        plain={"layers": ["hidden"]},
        mean={"variables": "mean", "seeds": [0]},
        block={"variables": "block"},
        both={"n_bins": 5, "ties": "paper"},
    )["metrics"]
    assert reference(metrics) == "plain"
    assert factors(metrics) == {
        "n_bins": {"plain": "10", "five": "5"},
        "variables": {"plain": "union", "mean": "mean", "block": "block"},
    }
    assert left_out(metrics) == ["both"]


@pytest.fixture
def page_of_bins():
    rows = pd.concat([estimate("plain"), estimate("five", 0.5), estimate("means", 0.001), estimate("both")])
    few = rows[(rows["table"] != "five") | (rows["seed"] == 0)]
    numbers = bins.select(few, {"weight decay": ["wd2"]})
    metrics = study(
        plain={}, five={"n_bins": 5}, means={"variables": "mean"}, both={"n_bins": 5, "ties": "paper"}
    )
    [figure] = bins.draw(numbers, metrics)
    return numbers, figure


def test_bins_has_a_column_for_each_option_that_varies(page_of_bins):
    numbers, figure = page_of_bins
    upper = figure.subfigs[0].axes[:2]
    assert [ax.get_legend().get_title().get_text() for ax in upper] == [
        bins.FACTORS["n_bins"],
        bins.FACTORS["variables"],
    ]
    assert [texts(ax.get_legend()) for ax in upper] == [
        ["10", "10, seed 0", "5, seed 0"],
        ["union", "mean"],
    ]
    assert set(numbers.groupby("estimate")["scaled"].agg(["min", "max"]).to_numpy().ravel()) == {0.0, 1.0}


def test_bins_names_estimates_not_drawn_sparser_estimates_and_logarithmic_axes(page_of_bins):
    numbers, figure = page_of_bins
    assert numbers.groupby("estimate")["seed"].nunique().to_dict() == {
        "both": 2,
        "five": 1,
        "means": 2,
        "plain": 2,
    }
    drawn = [len([line for line in ax.lines if len(line.get_xdata()) == 3]) for ax in figure.subfigs[0].axes]
    assert drawn == [3, 2, 3, 2]  # without `both`; the reference again for the seed of `five`
    assert named_in(figure, "both", "five", "means", 0.01) == ["both", "five", 0.01]
    assert [ax.get_yscale() for ax in figure.subfigs[0].axes[2:]] == ["linear", "symlog"]


def test_bins_is_drawn_if_an_estimate_fails_or_nothing_varies():
    failed = estimate("five", synergy=lambda seed, step: np.nan)
    rows = pd.concat([estimate("plain"), failed])
    numbers = bins.select(rows, {"weight decay": ["wd2"]})
    assert numbers["value"].isna().groupby(numbers["estimate"]).sum().to_dict() == {"five": 6, "plain": 0}
    [figure] = bins.draw(numbers, study(plain={}, five={"n_bins": 5}))
    assert named_in(figure, "6 of 6", "wd2", "five") == ["6 of 6", "wd2", "five"]
    [figure] = bins.draw(bins.select(estimate("plain"), {"weight decay": ["wd2"]}), study(plain={}))
    assert named_in(figure, "6 of 6", "five") == []


def nulls(observed, name="null", **changed):
    """Return rows of the observed synergy, in bits, and of both nulls.

    The bands are 1 to 3 bits (units shuffled) and 4 to 6 bits (random bins).
    """
    values = {"synergy": lambda seed, step: -LN2 * observed(seed, step)}
    for kind, middle in (("shuffled", 2), ("partition", 5)):
        for statistic, bits in (("low", middle + 1), ("median", middle), ("high", middle - 1)):
            values[f"synergy_{kind}_{statistic}"] = lambda seed, step, bits=bits: -LN2 * bits
        values[f"synergy_{kind}_rank"] = lambda seed, step: 0.01
        values[f"n_failed_{kind}"] = lambda seed, step: 0
    return pd.concat([table(run, values | changed).assign(table=name) for run in RUNS])


NULL = study(null={"module": "o_information_null", "n_draws": 100}) | {"runs": RUNS}


def test_the_observed_synergy_is_compared_with_both_bands():
    numbers = null.select(nulls(lambda seed, step: {1: 0.5, 10: 5, 100: 7}.get(step, 0)), PANELS)
    one = numbers[(numbers["run"] == "wd2") & (numbers["seed"] == 0)]
    assert list(one["beside_shuffled"]) == ["below", "above", "above"]
    assert list(one["beside_partition"]) == ["below", "within", "above"]
    np.testing.assert_allclose(one[["bits_partition_low", "bits_partition_high"]], [[4, 6]] * 3)
    np.testing.assert_allclose(one["synergy_partition_low"], -LN2 * 6)


def test_null_counts_snapshots_outside_the_bands_and_marks_those_within():
    numbers = null.select(nulls(lambda seed, step: {1: 0.5, 10: 5, 100: 7}.get(step, 0)), PANELS)
    one = numbers[numbers["run"] == "wd2"]
    assert one["beside_shuffled"].value_counts().to_dict() == {"above": 4, "below": 2}
    assert one["beside_partition"].value_counts().to_dict() == {"above": 2, "within": 2, "below": 2}
    [figure] = null.draw(numbers, NULL)
    counts = ["4 above", "2 above", "2 below", 100]  # 100 draws
    assert named_in(figure, *counts, "24") == counts
    hollow = figure.subfigs[0].axes[0].collections[-1].get_offsets()
    np.testing.assert_allclose(hollow, [[10, 5], [10, 5]])


def test_null_counts_undefined_snapshots_and_failed_draws():
    """Two draws failed at each of three steps, two seeds and two runs."""
    rows = nulls(lambda seed, step: np.nan if step == 100 else 5, n_failed_partition=lambda seed, step: 2)
    numbers = null.select(rows, PANELS)
    assert numbers["n_failed_partition"].sum() == 24 and numbers["n_failed_shuffled"].sum() == 0
    assert numbers.loc[numbers["run"] == "wd2", "beside_partition"].notna().sum() == 4
    [figure] = null.draw(numbers, NULL)
    named = ["wd2", "alpha8", "2 of 6", 24, "of 4"]
    assert named_in(figure, *named) == named


def test_dead_units_and_failures_are_counted_and_the_largest_counts_are_named():
    counts = {"n_constant": lambda seed, step: step / 2, "n_failed": lambda seed, step: seed}
    lost = {"synergy": lambda seed, step: np.nan if step == 100 else -1.0}
    rows = pd.concat([estimate("plain", runs=["wd2"], **counts, **lost), estimate("plain", runs=["alpha8"])])
    numbers = dead.select(rows, PANELS)
    assert list(numbers.loc[numbers["run"] == "wd2", "n_constant"]) == [0.5, 5, 50] * 2
    [figure] = dead.draw(numbers, study(plain={}))
    most = numbers.groupby("run")[list(dead.ROWS)].max()
    assert most.loc["wd2"].tolist() == [50, 0, 1] and most.loc["alpha8"].tolist() == [0, 0, 0]
    named = ["wd2", "50 constant", "0 duplicate", "1 failed", "alpha8", "2 of 6", "1,013"]  # of 10 bins
    assert named_in(figure, *named) == named
    assert [ax.get_ylabel() for ax in figure.subfigs[0].axes[::2]] == list(dead.ROWS.values())
    for ax, count in zip(figure.subfigs[0].axes[::2], dead.ROWS, strict=True):
        [line] = [line for line in ax.lines if len(line.get_xdata()) == 3]
        means = numbers[numbers["run"] == "wd2"].groupby("step")[count].mean()
        np.testing.assert_allclose(line.get_ydata(), means)
    assert is_named(2, texts(figure.subfigs[0].axes[0].get_legend())[0])


def test_every_estimate_and_layer_has_its_own_page_in_the_order_of_the_config():
    rows = pd.concat([estimate("b"), estimate("a"), estimate("a", layer="preactivation")])
    pages = dead.draw(dead.select(rows, PANELS), study(a={}, b={"ties": "paper"}))
    titles = [page.get_suptitle() for page in pages]
    assert ["preactivation" in title for title in titles] == [False, True, False]
    assert len(set(titles)) == 3
    assert named_in(pages[0], *RUNS) == []  # nothing was left out or failed
