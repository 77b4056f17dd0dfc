"""The emergence paper's normalisation by hand, separately for each series."""

import numpy as np
import pandas as pd
import pytest

from grokking_phases.analysis.summary import averaged, hampel_filtered, normalised, to_unit_range

NAN = np.nan


def rows(metric, values, **columns):
    """Return a series at steps 0, 1, 2, …"""
    fixed = {"run": "r", "seed": 0, "layer": "hidden", "metric": metric} | columns
    return pd.DataFrame({"step": range(len(values)), "value": np.asarray(values, dtype=float), **fixed})


def normalised_values(table, **columns):
    """Return the normalised values, by step, of the series with these column values."""
    table = normalised(table)
    for column, value in columns.items():
        table = table[table[column] == value]
    assert table["step"].is_monotonic_increasing
    return table["normalised"].tolist()


def test_the_range_becomes_0_to_1():
    assert to_unit_range(pd.Series([2.0, 4.0, 3.0, 6.0])).tolist() == [0, 0.5, 0.25, 1]


def test_a_constant_series_is_nan():
    assert to_unit_range(pd.Series([3.0, 3.0])).isna().all()
    assert np.isnan(normalised_values(rows("redundancy", [1, 3, 3, 3]))).all()


def test_the_average_is_a_tenth_of_the_new_value_and_nine_tenths_of_the_old_average():
    assert averaged(pd.Series([1.0, 0.0, 0.0, 1.0])).tolist() == pytest.approx(
        [1, 0.9, 0.81, 0.829], abs=1e-15
    )


@pytest.mark.parametrize("metric", ["train_loss", "hidden_information"])
def test_step_0_is_left_out(metric):
    """The value at step 0 is the largest, but does not enter the range."""
    assert normalised_values(rows(metric, [100, 2, 4, 6])) == pytest.approx([NAN, 0, 0.5, 1], nan_ok=True)


def test_redundancy_is_averaged():
    expected = [NAN, 0, 0.1, 0.1 * 0.5 + 0.9 * 0.1]
    assert normalised_values(rows("redundancy", [9, 1, 3, 2])) == pytest.approx(expected, nan_ok=True)


def test_the_sign_of_synergy_is_turned_first():
    """The most negative O-information is the most synergy, 1."""
    expected = [NAN, 0, 0.1, 0.1 * 0.5 + 0.9 * 0.1]
    assert normalised_values(rows("synergy", [9, -1, -3, -2])) == pytest.approx(expected, nan_ok=True)


@pytest.mark.parametrize("metric", ["synergy_size", "redundancy_size"])
def test_a_spike_in_sizes_is_removed_before_their_range_is_taken(metric):
    smooth, spiked = [5, 1, 2, 4, 4, 5], [5, 1, 2, 1000, 4, 5]
    expected = averaged(pd.Series([0, 0.25, 0.75, 0.75, 1])).tolist()
    assert normalised_values(rows(metric, spiked))[1:] == pytest.approx(expected)
    assert normalised_values(rows(metric, smooth)) == pytest.approx(
        normalised_values(rows(metric, spiked)), nan_ok=True
    )


@pytest.mark.parametrize("spike", [1000.0, -1000.0])
def test_the_filter_replaces_one_spike_by_the_median_of_its_window(spike):
    series = pd.Series([1.0, 2, 3, spike, 5, 6, 7])
    expected = [1.0, 2, 3, 5 if spike > 0 else 3, 5, 6, 7]
    assert hampel_filtered(series).tolist() == expected


@pytest.mark.parametrize("slope", [1.0, -0.5, 0.0])
def test_the_filter_leaves_a_ramp_unchanged(slope):
    series = slope * pd.Series(np.arange(10.0))
    pd.testing.assert_series_equal(hampel_filtered(series), series)


def test_each_series_is_normalised_separately():
    """Seeds and layers have ranges of their own, and the rows are shuffled."""
    kinds = [{"seed": seed, "layer": layer} for seed in (0, 1) for layer in ("hidden", None)]
    series = [
        rows("train_loss", np.array([0, 1, 3, 2]) * 10.0**i + i, **kind) for i, kind in enumerate(kinds)
    ]
    table = normalised(pd.concat(series, ignore_index=True).sample(frac=1, random_state=0))
    assert len(table) == 16
    for _, one in table.groupby(["seed", "layer"], dropna=False):
        assert one["step"].tolist() == [0, 1, 2, 3]
        assert one["normalised"].tolist() == pytest.approx([NAN, 0, 1, 0.5], nan_ok=True)


def test_the_raw_values_are_kept():
    table = rows("synergy", [9, -1, -3, -2])
    assert normalised(table)["value"].tolist() == [9, -1, -3, -2]
    assert "normalised" not in table


def test_information_is_a_fraction_of_its_ceiling_at_the_same_step_layer_and_seed():
    parts = []
    for seed, layer, scale in [(0, "block_1", 1), (0, "block_2", 2), (1, "block_1", 4)]:
        place = {"seed": seed, "layer": layer}
        parts += [
            rows("ceiling_x", np.array([4, 8, 10]) * scale, **place),
            rows("ceiling_y", [2, 2, 2], **place),
            rows("information_x", np.array([1, 4, 10]) * scale, **place),
            rows("information_y", [0, 1, 2], **place),
            rows("information_y_shuffled", [0, 0, 0.5], **place),
        ]
    table = normalised(pd.concat(parts, ignore_index=True)).set_index(["seed", "layer", "metric"])[
        "normalised"
    ]
    for place in [(0, "block_1"), (0, "block_2"), (1, "block_1")]:
        assert table[(*place, "information_x")].tolist() == [0.25, 0.5, 1]
        assert table[(*place, "information_y")].tolist() == [0, 0.5, 1]
        assert table[(*place, "information_y_shuffled")].tolist() == [0, 0, 0.25]


def test_information_without_a_ceiling_is_nan():
    assert np.isnan(normalised_values(rows("information_x", [1, 2, 3]))).all()


def test_information_about_a_single_label_is_no_fraction():
    """Its ceiling is 0, and the estimate may be 0 but for rounding."""
    parts = [rows("ceiling_y", [0, 0, 0]), rows("information_y", [0, -1e-15, 1e-15])]
    table = pd.concat(parts, ignore_index=True)
    assert np.isnan(normalised_values(table, metric="information_y")).all()


def test_the_filter_keeps_an_extremum_of_a_smooth_curve():
    """The scatter of values is that of their own window, not of the windows beside it."""
    series = pd.Series([1.0, 2.5, 3.0, 2.0, 1.0])
    pd.testing.assert_series_equal(hampel_filtered(series), series)


def test_a_gap_stays_a_gap_and_the_average_continues_after_it():
    assert averaged(pd.Series([0.0, np.nan, 1.0])).tolist() == pytest.approx([0.0, np.nan, 0.1], nan_ok=True)
    assert hampel_filtered(pd.Series([1.0, 2.0, np.nan, 4.0, 5.0])).isna().tolist() == [
        False,
        False,
        True,
        False,
        False,
    ]
