"""The names of the package itself: all are there, lazily, with types and with an example that runs."""

import ast
import doctest
import os
import subprocess
import sys
from inspect import signature
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import torch

import grokking_phases
from grokking_phases import (
    find_phases,
    find_time_scales,
    information_plane,
    linear_regions,
    mutual_information,
    normal_scores,
    threads,
)
from grokking_phases.metrics.mutual_information import compute

PACKAGE = Path(grokking_phases.__file__).parent
CALLBACKS = {"LightningRecorder", "TransformersRecorder"}  # their packages are not needed for anything else
NAMES = sorted({*grokking_phases.PUBLIC} - CALLBACKS)


def imported_by(code):
    """Return the modules that a new process has imported after it ran a line of code."""
    shown = f"import sys; {code}; print(*sys.modules)"
    path = os.environ | {"PYTHONPATH": str(PACKAGE.parent)}
    done = subprocess.run([sys.executable, "-c", shown], capture_output=True, text=True, check=True, env=path)
    return set(done.stdout.split())


@pytest.mark.parametrize("name", NAMES)
def test_each_name_has_an_example_that_is_right(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    torch.manual_seed(0)
    public = getattr(grokking_phases, name)
    documented = doctest.DocTestParser().get_doctest(public.__doc__, {}, name, None, 0)
    assert documented.examples
    assert doctest.DocTestRunner().run(documented).failed == 0


def test_the_example_of_the_package_is_right():
    assert doctest.testmod(grokking_phases) == doctest.TestResults(failed=0, attempted=6)
    assert all(name in grokking_phases.__doc__ for name in grokking_phases.PUBLIC)


def test_the_package_imports_nothing_heavy_before_it_is_needed():
    alone = imported_by("import grokking_phases")
    assert not alone & {"numpy", "torch", "pandas", "scipy"}
    measured = imported_by("from grokking_phases import o_information, search_multiplets, normal_scores")
    assert "numpy" in measured and not measured & {"torch", "pandas", "matplotlib", "sklearn"}


def test_the_names_that_type_checkers_see_are_those_at_run_time():
    tree = ast.parse((PACKAGE / "__init__.py").read_text())
    block = next(node for node in tree.body if isinstance(node, ast.If))  # under TYPE_CHECKING
    typed = {
        alias.asname: node.module.removeprefix("grokking_phases.")
        for node in block.body
        for alias in node.names
    }
    assert typed == grokking_phases.PUBLIC
    assert set(typed) <= {*dir(grokking_phases), *CALLBACKS}
    assert (PACKAGE / "py.typed").exists()


def test_a_star_imports_what_can_be_imported():
    assert "torch" in imported_by("from grokking_phases import *; find_phases, Recorder")


def test_regions_need_a_square():
    line = torch.nn.Sequential(torch.nn.Linear(1, 2), torch.nn.ReLU(), torch.nn.Linear(2, 1))
    plane = torch.nn.Sequential(torch.nn.Linear(2, 2), torch.nn.ReLU(), torch.nn.Linear(2, 1))
    with pytest.raises(ValueError, match="reads one number"):
        linear_regions(line, [[0.0], [1.0], [2.0]])
    with pytest.raises(ValueError, match="one point"):
        linear_regions(plane, [[1.0, 2.0]] * 3)
    with pytest.raises(ValueError, match="X gives 3 numbers for a sample, and the first Linear reads 2"):
        linear_regions(plane, np.eye(3))
    space = torch.nn.Sequential(torch.nn.Linear(3, 2), torch.nn.ReLU(), torch.nn.Linear(2, 1))
    with pytest.raises(ValueError, match="three samples"):
        linear_regions(space, np.eye(3)[:2])
    tokens = torch.nn.Sequential(torch.nn.Embedding(5, 2), torch.nn.Flatten(), *plane)
    with pytest.raises(ValueError, match="cannot read X"):
        linear_regions(tokens, torch.tensor([[7], [8], [9]]))


def test_a_name_that_does_not_exist_is_an_error():
    with pytest.raises(AttributeError, match="no attribute 'synergies'"):
        grokking_phases.synergies  # noqa: B018


FORMS = {
    "a list": lambda T: T.tolist(),
    "a frame": pd.DataFrame,
    "a tensor": torch.from_numpy,
    "a tensor with a gradient": lambda T: torch.from_numpy(T).requires_grad_(),
}


@pytest.mark.parametrize("form", FORMS)
def test_all_forms_of_samples_give_one_value(form):
    labels = np.arange(60) % 2
    T = np.random.default_rng(0).normal(size=(60, 2)) + labels[:, None]
    given = FORMS[form](T)
    assert mutual_information(given, labels) == mutual_information(T, labels) > 0
    np.testing.assert_array_equal(normal_scores(given), normal_scores(T))
    pd.testing.assert_frame_equal(information_plane(given, labels), information_plane(T, labels))
    network = torch.nn.Sequential(torch.nn.Linear(2, 5), torch.nn.ReLU(), torch.nn.Linear(5, 2)).double()
    assert linear_regions(network, given) == linear_regions(network, T)


ESTIMATORS = [
    "binning",
    "binning_per_neuron",
    "gaussian_copula",
    "kernel_density",
    "ksg",
    "linear_probe",
    "renyi",
]


@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_mutual_information_is_that_of_the_estimator_in_nats(estimator):
    """Two far classes tell the label, ln 2; a constant and a single class tell nothing.

    A Gaussian copula sees two half-normal variables, whose variance is 1 - 2 / pi.
    """
    labels = np.arange(400) % 2
    T = np.random.default_rng(0).normal(size=(400, 1)) + 40 * labels[:, None]
    options = {"noise": 0.05} if estimator in ("kernel_density", "renyi") else {}
    expected = -np.log(1 - 2 / np.pi) / 2 if estimator == "gaussian_copula" else np.log(2)
    assert mutual_information(T, labels, estimator, **options) == pytest.approx(expected, abs=0.12)
    assert mutual_information(np.ones((400, 2)), labels, estimator) == 0
    alone = mutual_information(T, np.zeros(400), estimator)
    assert np.isnan(alone) if estimator == "linear_probe" else alone == pytest.approx(0, abs=1e-9)


def test_ksg_sees_all_columns_and_not_only_two_components():
    rng, labels = np.random.default_rng(0), np.arange(600) % 2
    T = rng.normal(size=(600, 4)) * [9, 9, 9, 1] + [0, 0, 0, 6] * labels[:, None]
    assert mutual_information(T, labels) > 0.4 > 0.1 > mutual_information(T, labels, n_components=2)


@pytest.mark.parametrize("scale", [1e-200, 1, 1e200])
def test_mutual_information_does_not_depend_on_the_unit(scale):
    labels = np.arange(100) % 2
    T = np.random.default_rng(0).normal(size=(100, 2)) + labels[:, None]
    assert mutual_information(scale * T, labels) == pytest.approx(mutual_information(T, labels), abs=1e-6)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"estimator": "kgs"}, "estimator must be one of"),
        ({"n_neighbors": 3}, "n_neighbors is not an option of the estimator ksg"),
    ],
)
def test_unknown_estimators_and_options_are_refused(options, message):
    for T in (np.ones((9, 1)), np.eye(9)):
        with pytest.raises(ValueError, match=message):
            mutual_information(T, np.arange(9) % 2, **options)


class Recorded:
    """Snapshots as the workflow reads them."""

    steps = [0, 10]

    def __init__(self, given, targets, inputs):
        self.given, self.targets, self.inputs = given, targets, inputs

    def __getitem__(self, step):
        return SimpleNamespace(step=step, activations=self.given[step])

    def __iter__(self):
        return map(self.__getitem__, self.steps)


def test_the_information_plane_has_the_metrics_values_for_each_step_and_layer():
    rng, labels = np.random.default_rng(0), np.arange(80) % 4
    inputs = np.column_stack([labels, np.arange(80) // 20])
    given = {step: {"b": rng.normal(size=(80, 3)), "a": rng.normal(size=(80, 2))} for step in (10, 0)}
    for estimator in ("ksg", "renyi"):
        plane = information_plane(given, labels, inputs=inputs, estimator=estimator)
        assert plane[["step", "layer"]].to_numpy().tolist() == [[0, "b"], [0, "a"], [10, "b"], [10, "a"]]
        recorded = Recorded(given, labels, inputs)
        for row in compute(recorded, estimator=estimator):
            found = plane[(plane["step"] == row["step"]) & (plane["layer"] == row["layer"])]
            np.testing.assert_equal(found[row["metric"]].item(), row["value"])


def test_without_inputs_a_labelled_estimator_has_no_information_about_them():
    plane = information_plane(
        np.random.default_rng(0).normal(size=(40, 2)), np.arange(40) % 2, estimator="ksg"
    )
    assert plane["information_x"].isna().all() and plane["information_y"].notna().all()


@pytest.mark.parametrize(
    ("snapshots", "sentence"),
    [
        ({0: np.ones((6, 2, 3))}, r"^snapshots\[0\] must be \(n_samples, n_units\)"),
        (
            {4: {"hidden": np.ones(6)}},
            r"^snapshots\[4\]\['hidden'\] must be .*snapshots\[4\]\['hidden'\]\[:, None",
        ),
        ({"a": np.ones((6, 2))}, "^snapshots has the step 'a'"),
        ({0.5: np.ones((6, 2))}, "^snapshots has the step 0.5"),
        ({-1: np.ones((6, 2))}, "^snapshots has the step -1"),
    ],
)
def test_snapshots_that_are_none_are_named(snapshots, sentence):
    with pytest.raises(ValueError, match=sentence):
        information_plane(snapshots, np.arange(6) % 2)


@pytest.mark.parametrize("measure", [mutual_information, information_plane, linear_regions])
@pytest.mark.parametrize("seed", [-1, 0.5, None])
def test_a_seed_is_a_whole_number(measure, seed):
    with pytest.raises(ValueError, match="^seed: "):
        measure(torch.nn.Linear(2, 2), np.ones((6, 2)), seed=seed)


STEPS = np.unique(np.geomspace(1, 10000, 120).astype(int))


def curves(form=dict):
    """Return curves with a peak of synergy at step 300 in a form."""
    bump = np.exp(-((np.log(STEPS) - np.log(300)) ** 2))
    measured = {"step": STEPS, "synergy": -1 - bump, "redundancy": 2 - bump}
    evaluated = {"step": STEPS, "train_accuracy": (STEPS > 50) * 1.0, "test_accuracy": (STEPS > 2000) * 1.0}
    evaluated["test_loss"] = 1.0 / STEPS
    return form(evaluated), form(measured)


def tidy(columns):
    return pd.DataFrame(columns).melt("step", var_name="metric").assign(run="run", seed=0)


@pytest.mark.parametrize(
    "form",
    [
        pd.DataFrame,
        lambda given: pd.DataFrame(given).set_index("step"),
        lambda given: {key: torch.from_numpy(values) for key, values in given.items()},
        lambda given: {key: values.tolist() for key, values in given.items()},
        tidy,
    ],
    ids=["a frame", "an index of steps", "tensors", "lists", "a tidy table"],
)
def test_phases_and_time_scales_are_found_in_every_form_of_curves(form):
    evaluated, measured = curves(form)
    pd.testing.assert_frame_equal(find_phases(evaluated, measured), find_phases(*curves()))
    pd.testing.assert_frame_equal(find_time_scales(evaluated), find_time_scales(curves()[0]))


@pytest.mark.parametrize(
    ("without", "message"),
    [
        ("step", r"^curves has no column 'step' \(its columns: train_accuracy"),
        ("test_accuracy", "^curves has no test_"),
    ],
)
def test_curves_that_lack_a_column_are_named(without, message):
    evaluated, measured = curves()
    del evaluated[without]
    with pytest.raises(ValueError, match=message):
        find_phases(evaluated, measured)
    with pytest.raises(ValueError, match="^o_information must be a frame or a dict of curves, not a list"):
        find_phases(curves()[0], [1, 2])


def test_the_stub_of_threads_has_functions_and_arguments_that_exist():
    """It tells type checkers that a function limited to one thread keeps its signature."""
    stub = ast.parse((PACKAGE / "threads.pyi").read_text())
    functions = [node for node in stub.body if isinstance(node, ast.FunctionDef)]
    assert {node.name for node in functions} == {"one_thread", "use_threads"}
    for node in functions:
        taken = signature(getattr(threads, node.name)).parameters
        assert [each.arg for each in node.args.args] == list(taken)
