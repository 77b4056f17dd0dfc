"""Division inverts multiplication for a prime p; Fermat's formula modulo 96 is the paper's task."""

import numpy as np
import pytest

from grokking_phases.datasets import modular_division


@pytest.fixture(scope="module")
def fermat96():
    return modular_division.make(p=96, inverse="fermat")


def test_the_pairs_are_ordered_and_b_is_never_zero():
    examples = modular_division.make(p=5)
    assert examples.inputs.tolist() == [[a, b] for a in range(5) for b in range(1, 5)]
    assert (examples.n_tokens, examples.n_classes) == (5, 5)
    assert examples.inputs.dtype == examples.targets.dtype == np.int64


def test_the_exact_quotient_times_b_is_a():
    examples = modular_division.make(p=97)
    a, b = examples.inputs.T
    assert len(examples) == 97 * 96
    np.testing.assert_array_equal(examples.targets * b % 97, a)


@pytest.mark.parametrize("p", [3, 5, 13, 97])
def test_fermat_is_exact_for_a_prime(p):
    exact, fermat = modular_division.make(p=p), modular_division.make(p=p, inverse="fermat")
    np.testing.assert_array_equal(exact.targets, fermat.targets)


def test_modulo_96_every_answer_follows_the_formula(fermat96):
    assert fermat96.inputs.shape == (9120, 2)
    assert (fermat96.n_tokens, fermat96.n_classes) == (96, 96)
    assert fermat96.targets.tolist() == [a * b**94 % 96 for a in range(96) for b in range(1, 96)]


def test_modulo_96_the_divisor_has_ten_values(fermat96):
    a, b = fermat96.inputs.T
    assert len(np.unique(fermat96.targets[a == 1])) == 10
    assert set(b) == set(range(1, 96))


def test_modulo_96_more_than_a_quarter_of_the_answers_is_zero(fermat96):
    assert (fermat96.targets == 0).mean() == pytest.approx(0.28, abs=0.005)


def test_modulo_96_the_answer_has_4_87_bits(fermat96):
    p = np.bincount(fermat96.targets) / len(fermat96)
    assert -(p * np.log2(p)).sum() == pytest.approx(4.87, abs=0.005)


@pytest.mark.parametrize(("p", "b", "factor"), [(96, 2, 2), (9, 3, 3), (35, 5, 5)])
def test_exact_division_without_an_inverse_is_refused(p, b, factor):
    sentence = f"p = {p}: {b} has no inverse modulo {p} .*the factor {factor}.*inverse: fermat"
    with pytest.raises(ValueError, match=sentence):
        modular_division.make(p=p)


def test_a_modulus_of_two_is_refused():
    with pytest.raises(ValueError, match="p: 2 is less than 3"):
        modular_division.make(p=2, inverse="fermat")
