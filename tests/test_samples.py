"""Input of every public measure: what is taken in its place, and what is refused in one sentence."""

import numpy as np
import pandas as pd
import pytest
import torch
from torch import nn

from grokking_phases.estimators.binning import binned_entropy, binned_information
from grokking_phases.estimators.binning_per_neuron import information_per_neuron
from grokking_phases.estimators.gaussian_copula import gaussian_copula_information
from grokking_phases.estimators.kernel_density import kde_bounds, kde_information
from grokking_phases.estimators.ksg import ksg_information
from grokking_phases.estimators.linear_probe import usable_information
from grokking_phases.estimators.renyi import renyi_information
from grokking_phases.on_networks import linear_mapping_number, local_complexity
from grokking_phases.samples import take_labels, take_samples
from grokking_phases.synergy.multiplet_search import search_multiplets
from grokking_phases.synergy.o_information import o_information

EDGES = [np.linspace(-4, 4, 9)] * 3
LABELLED = {
    "ksg": lambda T, labels: ksg_information(T, labels),
    "gaussian_copula": lambda T, labels: gaussian_copula_information(T, labels),
    "linear_probe": lambda T, labels: usable_information(T, labels, seed=0)[0],
    "kernel_density": lambda T, labels: kde_information(T, labels, 1.0)["information_y"],
    "renyi": lambda T, labels: renyi_information(T, labels, 1.0, 1.01)[1],
    "binning": lambda T, labels: binned_information(T, labels, EDGES)[1],
    "binning_per_neuron": lambda T, labels: information_per_neuron(T, labels, EDGES)[1],
}
UNLABELLED = {
    "kde_bounds": lambda T: kde_bounds(T, 1.0)[1],
    "binned_entropy": lambda T: binned_entropy(T, EDGES),
    "o_information": lambda T: o_information(T),
    "search_multiplets": lambda T: search_multiplets(T, [0, 1, 2]).o_information[-1],
    "linear_mapping_number": lambda T: linear_mapping_number(network(T), T, n_points=5),
    "local_complexity": lambda T: local_complexity(network(T), T, radius=0.5, n_directions=3, seed=0)[
        "1"
    ].sum(),
}
MEASURES = UNLABELLED | {
    name: lambda T, measure=measure: measure(T, LABELS[: len(T)]) for name, measure in LABELLED.items()
}
LABELS = np.arange(60) % 3


def samples(n_samples=60):
    """Return samples (n_samples, 3) that every precision here holds exactly, and that know their label."""
    T = np.random.default_rng(0).normal(size=(n_samples, 3)) + np.eye(3)[np.arange(n_samples) % 3]
    return np.round(T * 16) / 16  # bfloat16 has 8 bits


def network(T):
    torch.manual_seed(0)
    net = nn.Sequential(nn.Linear(3, 8), nn.ReLU(), nn.Linear(8, 2))
    return net.to(T.dtype if isinstance(T, torch.Tensor) and T.is_floating_point() else torch.float32)


FORMS = {
    "float32": lambda T: T.astype(np.float32),
    "a list": lambda T: T.tolist(),
    "a frame with an index": lambda T: pd.DataFrame(T, index=np.arange(len(T))[::-1], columns=list("abc")),
    "a frame of nullable numbers": lambda T: pd.DataFrame(T).astype("Float64"),
    "a tensor": torch.as_tensor,
    "a tensor with a gradient": lambda T: torch.tensor(T, requires_grad=True),
    "an array without masked values": np.ma.asarray,
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", MEASURES)
def test_every_measure_takes_arrays_tensors_and_frames(name, form):
    T = samples()
    assert MEASURES[name](FORMS[form](T)) == pytest.approx(MEASURES[name](T), rel=1e-5)


@pytest.mark.parametrize("name", MEASURES)
def test_every_measure_takes_bfloat16_with_a_gradient(name):
    T = torch.tensor(samples(), dtype=torch.bfloat16, requires_grad=True)
    value = MEASURES[name](T)
    # Two measures compute in the network's own precision.
    rel = 0.2 if name in ("linear_mapping_number", "local_complexity") else 1e-9
    assert value == pytest.approx(MEASURES[name](samples()), rel=rel)


BAD = {
    "one axis": (
        samples()[:, 0],
        r"must be \(n_samples, n_units\), not a float64 array \(60,\); .*\[:, None\]",
    ),
    "three axes": (np.zeros((60, 4, 3)), r"not a float64 array \(60, 4, 3\); choose one position, or join"),
    "no samples": (np.empty((0, 3)), "samples or more"),
    "no units": (np.empty((60, 0)), "samples or more of a unit or more"),
    "masked": (np.ma.masked_greater(samples(), 1.0), "has masked values"),
    "NaN": (np.where(samples() > 1, np.nan, samples()), "not finite"),
    "infinite": (np.where(samples() > 1, np.inf, samples()), "not finite"),
    "words": (pd.DataFrame({"a": ["x", "y"] * 30, "b": 1.0, "c": 2.0}), "must hold real numbers"),
    "complex": (samples() * 1j, "must hold real numbers, not complex128"),
    "ragged": ([[1.0], [1.0, 2.0]], "is a list that is no array"),
}


@pytest.mark.parametrize("what", BAD)
@pytest.mark.parametrize("name", MEASURES)
def test_every_measure_refuses_what_is_no_table_of_numbers_in_one_sentence(name, what):
    T, message = BAD[what]
    with pytest.raises(ValueError, match=rf"^[TX] .*{message}.*\.$"):
        MEASURES[name](T)


@pytest.mark.parametrize("name", [name for name in MEASURES if not name.startswith("l")] + list(LABELLED))
def test_information_needs_two_samples(name):
    with pytest.raises(ValueError, match=r"^[TX] must hold 2 samples or more .*\.$"):
        MEASURES[name](samples(1))


LABEL_FORMS = {
    "a column": lambda y: y[:, None],
    "a Series with another index": lambda y: pd.Series(y, index=np.random.default_rng(0).permutation(len(y))),
    "a frame": lambda y: pd.DataFrame({"y": y}, index=np.arange(len(y))[::-1]),
    "a tensor": torch.as_tensor,
    "a bfloat16 tensor": lambda y: torch.tensor(y, dtype=torch.bfloat16)[:, None],
    "words": lambda y: np.array(["red", "green", "blue"])[y],
    "large numbers": lambda y: y * 10**12 - 5,
}


@pytest.mark.parametrize("form", LABEL_FORMS)
@pytest.mark.parametrize("name", LABELLED)
def test_labels_are_taken_in_their_order_whatever_their_form_or_index(name, form):
    T = samples()
    expected = LABELLED[name](T, LABELS)
    assert expected > 0.02
    assert LABELLED[name](T, LABEL_FORMS[form](LABELS)) == pytest.approx(expected, rel=1e-9)


BAD_LABELS = {
    "too short": (LABELS[:50], "one class for each of the 60 samples, not 50"),
    "too long": (np.append(LABELS, 0), "one class for each of the 60 samples, not 61"),
    "none": ([], "not 0 classes"),
    "NaN": (np.where(LABELS == 2, np.nan, LABELS), "missing values"),
    "None": (pd.Series([None, 1, 2] * 20, dtype=object), "missing values"),
    "NA": (pd.array([pd.NA, 1, 2] * 20, dtype="Int64"), "missing values"),
    "one-hot": (np.eye(3)[LABELS], r"labels.argmax\(axis=1\)|targets.argmax\(axis=1\)"),
    "continuous": (LABELS + 0.25, "not whole"),
    "masked": (np.ma.masked_equal(LABELS, 2), "masked values"),
    "a row": (LABELS[None], "one number or word for each of the samples"),
    "mixed": (np.array([1, "a", 2] * 20, dtype=object), "cannot be sorted"),
    "a number": (3, "one number or word for each"),
}


@pytest.mark.parametrize("what", BAD_LABELS)
@pytest.mark.parametrize("name", LABELLED)
def test_other_labels_are_refused_in_one_sentence(name, what):
    labels, message = BAD_LABELS[what]
    with pytest.raises(ValueError, match=rf"^(labels|targets) .*({message}).*\.$"):
        LABELLED[name](samples(), labels)


def test_labels_are_numbered_in_ascending_order():
    assert take_labels([7.0, -2.0, 7.0, 0.0], 4).tolist() == [2, 0, 2, 1]
    assert take_labels([True, False], 2).tolist() == [1, 0]


def test_samples_become_float64_and_values_that_are_not_finite_pass_if_allowed():
    T, labels = take_samples(np.array([[1, 2], [3, np.inf]], dtype=np.float16), finite=False)
    assert T.dtype == np.float64 and T[1, 1] == np.inf and labels is None
