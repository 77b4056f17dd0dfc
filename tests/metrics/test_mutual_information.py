"""Mutual information in a run, by every estimator: known values, nulls and invariances."""

from dataclasses import dataclass

import numpy as np
import pytest

from grokking_phases.estimators.binning import binned_entropy
from grokking_phases.estimators.gaussian_copula import gaussian_copula_information
from grokking_phases.estimators.kernel_density import kde_information
from grokking_phases.estimators.ksg import ksg_information
from grokking_phases.estimators.linear_probe import usable_information
from grokking_phases.estimators.renyi import renyi_information
from grokking_phases.metrics.mutual_information import compute
from grokking_phases.plugins import names

ESTIMATORS = names("estimators")


@dataclass
class Snapshot:
    step: int
    activations: dict


class Snapshots:
    """A run in memory: layers {name: [T at each step]} at steps 0, 10, 20, …"""

    def __init__(self, targets, **layers):
        self.targets = np.asarray(targets)
        self.inputs = np.column_stack([np.arange(len(targets)) % 6, self.targets])
        self.steps = [10 * i for i in range(len(next(iter(layers.values()))))]
        activations = [{name: np.float32(T[i]) for name, T in layers.items()} for i in range(len(self.steps))]
        self._snapshots = {step: Snapshot(step, T) for step, T in zip(self.steps, activations, strict=True)}

    def __iter__(self):
        return iter(self._snapshots.values())

    def __getitem__(self, step):
        return self._snapshots[step]


def one_layer(targets, *steps, **options):
    """Return the values of a run with one layer: one {metric: value} per step."""
    snapshots = Snapshots(targets, layer=list(steps))
    values = {step: {} for step in snapshots.steps}
    for row in compute(snapshots, **options):
        values[row["step"]][row["metric"]] = row["value"]
    return list(values.values())


def gaussian(n_samples=300, width=6, seed=0):
    return np.random.default_rng(seed).normal(size=(n_samples, width))


def clusters(n_classes=5, per_class=40, spread=0.02, seed=0):
    """Return labels (n_samples,) and T (n_samples, 8).

    The classes lie around random centres that are far apart.
    """
    rng = np.random.default_rng(seed)
    targets = np.repeat(np.arange(n_classes), per_class)
    return targets, rng.normal(size=(n_classes, 8))[targets] + spread * rng.normal(size=(len(targets), 8))


# Kernel density in a run


def test_relative_noise_scales_with_the_layer_and_absolute_noise_does_not():
    targets = np.arange(300) % 3
    T = np.float32(gaussian())
    relative, tripled = one_layer(targets, T, 3 * T, noise_scale="relative")
    assert tripled["resolution"] == pytest.approx(3 * relative["resolution"])
    same = [name for name in relative if name != "resolution"]
    assert [tripled[name] for name in same] == pytest.approx([relative[name] for name in same], rel=1e-6)
    absolute, tripled = one_layer(targets, T, 3 * T, noise_scale="absolute", noise=1.0)
    assert absolute["resolution"] == tripled["resolution"] == 1.0
    assert tripled["information_x"] > absolute["information_x"] + 1


def test_one_hot_labels_carry_the_entropy_of_the_labels():
    targets = np.repeat([0, 1, 2], [10, 30, 60])
    (values,) = one_layer(targets, 100 * np.eye(3)[targets], noise=1.0, noise_scale="absolute")
    for name in ("information_x", "information_y", "information_y_lower", "information_y_upper"):
        assert values[name] == pytest.approx(values["ceiling_y"], abs=1e-10)


@pytest.mark.parametrize("options", [{}, {"estimator": "binning", "bins": 6}])
def test_random_labels_stay_within_the_null_and_true_labels_do_not(options):
    targets, T = clusters(spread=0.5)
    rng = np.random.default_rng(3)
    null = [one_layer(rng.permutation(targets), T, **options)[0]["information_y"] for _ in range(60)]
    random = one_layer(rng.permutation(targets), T, **options)[0]["information_y"]
    assert abs(random - np.mean(null)) < 4 * np.std(null)
    assert one_layer(targets, T, **options)[0]["information_y"] > np.mean(null) + 10 * np.std(null)


@pytest.mark.parametrize("noise", [0.05, 0.25, 0.35, 0.5, 3.0])
def test_bounds_are_ordered_and_below_the_ceiling(noise):
    targets, T = clusters(spread=0.5)
    (values,) = one_layer(targets, T, noise=noise)
    assert 0 <= values["information_x_lower"] <= values["information_x"] <= values["ceiling_x"] + 1e-12
    assert values["information_y_lower"] <= values["information_y"] <= values["information_y_upper"]
    assert values["ceiling_x"] == np.log(200) and values["ceiling_y"] == pytest.approx(np.log(5))


# Binning in a run


@pytest.mark.parametrize("bin_edges", ["equal_width", "quantile"])
def test_collapsed_classes_carry_the_entropy_of_the_labels_when_binned(bin_edges):
    targets, T = clusters(spread=0.0)
    (values,) = one_layer(targets, T, estimator="binning", bin_edges=bin_edges)
    assert values["information_x"] == pytest.approx(np.log(5))
    assert values["information_y"] == pytest.approx(np.log(5))
    assert values["ceiling_y"] == pytest.approx(np.log(5))


@pytest.mark.parametrize(
    ("bins", "k", "ceiling"), [(4, 1, np.log(4)), (4, 3, 3 * np.log(4)), (30, 4, np.log(300))]
)
def test_the_ceiling_of_binning_is_ln_of_samples_or_cells(bins, k, ceiling):
    (values,) = one_layer(np.arange(300) % 7, gaussian(), estimator="binning", bins=bins, n_components=k)
    assert values["ceiling_x"] == pytest.approx(ceiling)
    assert values["information_y"] < values["information_x"] <= ceiling


def test_binning_equals_the_binned_entropy_of_the_principal_components():
    # Axes along the columns, by construction: the components are columns 1 and 0.
    T = np.linalg.qr(gaussian(300, 3) - gaussian(300, 3).mean(0))[0] * [2.0, 5.0, 0.1]
    T -= T.mean(axis=0)
    targets = np.arange(300) % 4
    (values,) = one_layer(targets, T, estimator="binning", bins=8)
    components = np.float32(T[:, [1, 0]])
    edges = [np.linspace(c.min(), c.max(), 9) for c in components.T]
    in_class = np.mean([binned_entropy(components[targets == y], edges) for y in range(4)])
    assert values["information_x"] == pytest.approx(binned_entropy(components, edges), abs=0.02)
    assert values["information_y"] == pytest.approx(values["information_x"] - in_class, abs=0.02)
    assert values["resolution"] == pytest.approx(np.diff(edges[0])[0], rel=1e-3)


def test_equal_width_bins_span_the_whole_run():
    T = gaussian()
    small, large = one_layer(np.arange(300) % 3, T / 100, T, estimator="binning")
    assert small["resolution"] == large["resolution"] > 0
    assert small["information_x"] < 0.5 * large["information_x"]
    (alone,) = one_layer(np.arange(300) % 3, T, estimator="binning")
    assert large["information_x"] == pytest.approx(alone["information_x"])


def test_quantile_bins_follow_the_scale_of_each_step():
    T = gaussian()
    small, large = one_layer(
        np.arange(300) % 3, T / 128, T, estimator="binning", bin_edges="quantile", bins=6
    )
    assert small["information_x"] == pytest.approx(large["information_x"], abs=0.01)
    assert np.isnan(large["resolution"])
    (one,) = one_layer(
        np.arange(300) % 3, T, estimator="binning", bin_edges="quantile", bins=6, n_components=1
    )
    assert one["information_x"] == pytest.approx(np.log(6))


def test_components_are_fitted_on_the_last_step():
    # Column 0 holds the class at both steps. At the first step most of the variance is in another column.
    targets = np.arange(300) % 2
    noise = gaussian(300, 2)
    first, last = noise * [0.01, 9.0], noise * [0.01, 0.01]
    first[:, 0] += targets
    last[:, 0] += targets
    at_first, at_last = one_layer(targets, first, last, estimator="binning", n_components=1)
    assert at_last["information_y"] == pytest.approx(np.log(2))
    assert at_first["information_y"] > 0.5 * np.log(2)
    (own_axes,) = one_layer(targets, first, estimator="binning", n_components=1)
    assert own_axes["information_y"] < 0.2


# Layers without information, and unusable options


def test_a_constant_layer_is_nan_and_counted():
    constant = np.full((300, 6), 0.1)
    first, last = one_layer(np.arange(300) % 3, constant, gaussian())
    assert first["n_constant"] == 1 and last["n_constant"] == 0
    assert all(
        np.isnan(first[name]) for name in first if name.startswith("information") or name == "resolution"
    )
    assert not any(np.isnan(value) for value in last.values())


@pytest.mark.parametrize("bin_edges", ["equal_width", "quantile"])
def test_a_binned_constant_layer_is_zero_and_nan_if_it_is_the_last(bin_edges):
    # At a size of 301 x 16, some machines make equal rows unequal in the last digit of a matrix product.
    options = {"estimator": "binning", "bin_edges": bin_edges}
    targets, T, constant = np.arange(301) % 3, gaussian(301, 16), np.full((301, 16), 0.1)
    first, last = one_layer(targets, constant, T, **options)
    assert (first["information_x"], first["information_y"]) == pytest.approx((0, 0), abs=1e-12)
    assert first["n_constant"] == last["n_constant"] == 0
    for values in one_layer(targets, T, constant, **options):
        assert (
            np.isnan(values["information_x"])
            and np.isnan(values["information_y"])
            and values["n_constant"] == 1
        )


def test_components_of_a_last_step_that_overflowed_give_nan():
    for values in one_layer(
        np.arange(300) % 3, gaussian(), gaussian() * [np.inf, 1, 1, 1, 1, 1], estimator="binning"
    ):
        assert np.isnan(values["information_x"]) and values["n_constant"] == 0


def test_a_constant_column_has_exactly_no_variance():
    # The plain mean of 0.1 in float64 is off by a rounding, which relative noise would take for the layer's
    # spread.
    run = Snapshots(np.arange(300) % 3, layer=[gaussian()])
    run[0].activations["layer"] = np.full((300, 6), 0.1)
    assert (run[0].activations["layer"] - run[0].activations["layer"].mean(axis=0)).any()
    assert {row["metric"]: row["value"] for row in compute(run)}["n_constant"] == 1


def test_absolute_noise_sees_nothing_in_a_constant_layer():
    (values,) = one_layer(np.arange(300) % 3, np.full((300, 6), 0.1), noise_scale="absolute")
    assert (values["information_x"], values["information_y"], values["n_constant"]) == pytest.approx(
        (0, 0, 0)
    )


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("options", [{}, {"estimator": "binning"}, {"noise_scale": "absolute"}])
@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_only_the_step_that_overflowed_is_nan(options, value):
    broken = gaussian()
    broken[4, 2] = value
    (expected,) = one_layer(np.arange(300) % 3, gaussian(), **options)
    first, last = one_layer(np.arange(300) % 3, broken, gaussian(), **options)
    assert np.isnan(first["information_x"]) and first["n_constant"] == 0
    assert first["n_undefined"] == sum(
        np.isnan(first[name]) for name in first if name.startswith("information")
    )
    assert last == expected


@pytest.mark.parametrize("estimator", ["gaussian_copula", "ksg", "linear_probe"])
def test_one_sample_in_each_class_is_undefined_and_counted(estimator):
    (values,) = one_layer(np.arange(40), gaussian(40), estimator=estimator)
    assert np.isnan(values["information_y"])
    assert (values["n_undefined"] > 0, values["n_constant"]) == (True, 0)


@pytest.mark.parametrize(
    ("options", "name"),
    [
        ({"estimator": "knn"}, "estimator"),
        ({"estimator": "_nulls"}, "estimator"),
        ({"noise": 0}, "noise"),
        ({"noise": -0.1}, "noise"),
        ({"noise": "0.3"}, "noise"),
        ({"noise": np.inf}, "noise"),
        ({"noise_scale": "log"}, "noise_scale"),
        ({"estimator": "binning", "bins": 1}, "bins"),
        ({"estimator": "binning", "bins": 2.5}, "bins"),
        ({"estimator": "binning_per_neuron", "bin_edges": "equal"}, "bin_edges"),
        ({"estimator": "gaussian_copula", "n_components": 0}, "n_components"),
        ({"estimator": "ksg", "n_neighbours": 0}, "n_neighbours"),
        ({"estimator": "ksg", "noise": 0.35}, "noise"),
        ({"estimator": "renyi", "alpha": 1}, "alpha"),
        ({"estimator": "renyi", "n_samples": 1}, "n_samples"),
        ({"seed": -1}, "seed"),
        ({"bins": 30}, "bins"),
    ],
)
def test_an_unusable_option_raises_at_once(options, name):
    with pytest.raises(ValueError, match=rf"^{name}\b.*\.$"):
        compute(Snapshots(np.arange(300) % 3, layer=[gaussian()]), **options)


def test_targets_that_do_not_match_the_samples_raise():
    with pytest.raises(ValueError, match=r"^targets\b.*300.*299"):
        compute(Snapshots(np.arange(299) % 3, layer=[gaussian()]))


# Rows


@pytest.mark.parametrize(
    "options", [{}, {"estimator": "binning"}, {"estimator": "binning", "bin_edges": "quantile"}]
)
def test_the_order_of_the_samples_does_not_matter(options):
    targets, T = clusters(spread=0.5)
    order = np.random.default_rng(4).permutation(len(T))
    (values,) = one_layer(targets, T, **options)
    (permuted,) = one_layer(targets[order], T[order], **options)
    (renamed,) = one_layer(10 - targets, T, **options)
    assert permuted == pytest.approx(values, rel=1e-9, nan_ok=True)
    assert renamed == pytest.approx(values, rel=1e-9, nan_ok=True)


@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_rows_name_step_and_layer(estimator):
    snapshots = Snapshots(
        np.arange(300) % 3, first=[gaussian(), gaussian(seed=1)], second=[gaussian(width=2)] * 2
    )
    rows = list(compute(snapshots, estimator=estimator))
    places = list(dict.fromkeys((row["step"], row["layer"]) for row in rows))
    assert places == [(0, "first"), (0, "second"), (10, "first"), (10, "second")]
    assert all(
        list(row) == ["step", "layer", "metric", "value"] and type(row["value"]) is float for row in rows
    )


# Every estimator


@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_values_lie_below_their_ceilings_and_above_the_nulls(estimator):
    targets, T = clusters(spread=0.5)
    (values,) = one_layer(targets, T, estimator=estimator, controls=True)
    slack = 0.2 if estimator == "gaussian_copula" else 1e-12  # the estimate is no bound
    for side in "xy":
        assert values[f"information_{side}"] <= values[f"ceiling_{side}"] + slack
    for null in ("labels", "units"):
        assert values["information_y"] > values[f"information_y_{null}"] + 0.05


@pytest.mark.parametrize("estimator", ["gaussian_copula", "ksg", "linear_probe"])
def test_information_about_the_input_is_the_sum_over_operands(estimator):
    snapshots = Snapshots(np.arange(300) % 5, layer=[gaussian() + np.eye(6)[np.arange(300) % 6]])
    values = {row["metric"]: row["value"] for row in compute(snapshots, estimator=estimator)}
    assert values["information_x"] == values["information_operand_1"] + values["information_operand_2"]
    assert values["information_operand_2"] == values["information_y"]  # the second operand is the class
    assert values["ceiling_x"] == pytest.approx(np.log(6) + np.log(5))


def test_values_equal_those_of_the_functions_on_arrays():
    targets, T = clusters(spread=0.5)
    T = np.float32(T)
    found = {name: one_layer(targets, T, estimator=name)[0] for name in ESTIMATORS}
    centred = T - T.mean(axis=0, dtype=float)
    components = centred @ np.linalg.svd(centred, full_matrices=False)[2][:2].T
    noise = 0.35 * np.sqrt(centred.var(axis=0).sum())
    expected = {
        "kernel_density": kde_information(T, targets, noise)["information_y"],
        "gaussian_copula": gaussian_copula_information(components, targets),
        "ksg": ksg_information(components, targets, 3),
        "linear_probe": usable_information(T, targets, 0)[0],
        "renyi": renyi_information(T, targets, noise, 1.01)[1],
    }
    for name, value in expected.items():
        assert found[name]["information_y"] == pytest.approx(value, abs=1e-6)
    assert found["kernel_density"]["resolution"] == found["renyi"]["resolution"] == pytest.approx(noise)
    edges = [np.linspace(column.min(), column.max(), 31) for column in T.T]
    each = [binned_entropy(T[:, [i]], edges[i]) for i in range(8)]
    assert found["binning_per_neuron"]["information_x"] == pytest.approx(np.mean(each), abs=1e-6)


def test_renyi_can_use_some_of_the_samples():
    targets, T = clusters()
    (values,) = one_layer(targets, T, estimator="renyi", n_samples=100)
    assert values["ceiling_x"] == np.log(100)
    assert values["information_y"] == pytest.approx(np.log(5), abs=0.1)


@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_tripled_activations_keep_the_values(estimator):
    targets, T = clusters(spread=0.5)
    (values,) = one_layer(targets, T, estimator=estimator, controls=True)
    for name in ("information_x", "information_y"):
        assert values[f"{name}_tripled"] == pytest.approx(values[name], rel=1e-3)


def test_tripled_activations_change_the_values_under_absolute_noise():
    targets, T = clusters(spread=0.5)
    (values,) = one_layer(targets, T, noise=1.0, noise_scale="absolute", controls=True)
    assert values["information_x_tripled"] > values["information_x"] + 0.5


# Binning is not here: it puts all samples of a constant layer into one bin, with entropy 0.
@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("estimator", ["kernel_density", "gaussian_copula", "ksg", "renyi", "linear_probe"])
def test_constant_layers_and_layers_that_are_not_finite_are_nan(estimator):
    broken = gaussian()
    broken[0, 0] = np.nan
    constant, infinite, last = one_layer(
        np.arange(300) % 3, np.full((300, 6), 0.1), broken, gaussian(), estimator=estimator
    )
    assert np.isnan(constant["information_x"]) and constant["n_constant"] == 1
    assert np.isnan(infinite["information_x"]) and infinite["n_constant"] == 0
    assert np.isfinite(last["information_x"]) and last["n_constant"] == 0


# What compute takes and counts


def test_estimates_that_were_cut_and_classes_that_collapsed_are_counted():
    targets, T = clusters(spread=0.001)
    (values,) = one_layer(targets, T, estimator="gaussian_copula")
    assert values["information_y"] == values["ceiling_y"] and values["share_cut"] == pytest.approx(2 / 3)
    T[targets == 0] = T[0]  # one dead class, of which each label here has one
    (values,) = one_layer(targets, T, estimator="gaussian_copula")
    assert np.isnan(values["information_y"]) and values["n_collapsed"] >= 1
    assert values["n_undefined"] >= 2  # the class, and the operand that equals it
    (values,) = one_layer(targets, T, estimator="ksg")
    assert values["information_y"] == pytest.approx(values["ceiling_y"], abs=1e-12)
    assert (values["n_undefined"], values["n_collapsed"]) == (0, 0)
    (values,) = one_layer(targets, gaussian(200), estimator="ksg")
    assert values["share_cut"] == 0


@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_classes_of_any_form_are_taken(estimator):
    targets, T = clusters(spread=0.5)
    (expected,) = one_layer(targets, T, estimator=estimator)
    for form in (targets[:, None], targets + 1000.0):
        run = Snapshots(targets, layer=[T])
        run.targets = form
        found = {row["metric"]: row["value"] for row in compute(run, estimator=estimator)}
        assert found == pytest.approx(expected, nan_ok=True)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"targets": np.where(np.arange(200) == 3, np.nan, 1.0)}, "^targets hold missing values"),
        (
            {"T": np.zeros((200, 4, 8))},
            r"^layer layer at step 0 must be \(n_samples, n_units\).*\(200, 4, 8\)",
        ),
        ({"T": np.ma.masked_less(clusters()[1], 0)}, "^layer layer at step 0 has masked values"),
        ({"inputs": np.arange(100)[:, None]}, "^inputs must hold one class for each of the 200 samples"),
    ],
)
def test_a_run_of_the_wrong_shape_is_one_sentence(change, message):
    targets, T = clusters()
    run = Snapshots(targets, layer=[T])
    run.targets, run.inputs = change.get("targets", run.targets), change.get("inputs", run.inputs)
    run[0].activations["layer"] = change.get("T", T)
    with pytest.raises(ValueError, match=message):
        list(compute(run, estimator="linear_probe"))


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("scale", [1e-300, 1e-30, 1e30, 1e300])
@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_a_layer_of_any_scale_has_the_same_values(estimator, scale):
    targets, T = clusters(spread=0.5)
    run = Snapshots(targets, layer=[T])
    found = []
    for factor in (1.0, scale):
        run[0].activations["layer"] = T * factor
        rows = compute(run, estimator=estimator)
        found.append({row["metric"]: row["value"] for row in rows if row["metric"] != "resolution"})
    assert found[1] == pytest.approx(found[0], abs=1e-5, nan_ok=True)
