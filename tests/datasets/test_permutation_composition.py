"""The table of S_n is that of a group, and its entries are compositions."""

from itertools import permutations

import numpy as np
import pytest

from grokking_phases.datasets import permutation_composition


def table(n):
    examples = permutation_composition.make(n=n)
    return examples.targets.reshape(examples.n_tokens, examples.n_tokens)


def test_s5_has_14400_products():
    examples = permutation_composition.make(n=5)
    assert examples.inputs.shape == (14400, 2)
    assert (examples.n_tokens, examples.n_classes) == (120, 120)
    assert examples.inputs.dtype == examples.targets.dtype == np.int64
    assert examples.inputs.tolist() == [[a, b] for a in range(120) for b in range(120)]


@pytest.mark.parametrize("n", [2, 3, 4])
def test_a_product_applies_b_first_then_a(n):
    elements = list(permutations(range(n)))  # lexicographic
    for (a, b), c in zip(*(lambda e: (e.inputs, e.targets))(permutation_composition.make(n=n)), strict=True):
        assert elements[c] == tuple(elements[a][elements[b][i]] for i in range(n))


def test_the_first_element_is_neutral():
    np.testing.assert_array_equal(table(5)[0], np.arange(120))
    np.testing.assert_array_equal(table(5)[:, 0], np.arange(120))


def test_every_element_occurs_once_in_each_row_and_column():
    products = table(5)
    assert all(len(np.unique(row)) == 120 for row in [*products, *products.T])


def test_products_are_associative_and_not_commutative():
    products = table(4)
    np.testing.assert_array_equal(products[products], products[:, products])  # all 24^3 of (ab)c = a(bc)
    assert (products != products.T).any()


@pytest.mark.parametrize("n", [1, 7])
def test_sizes_out_of_reach_are_refused(n):
    with pytest.raises(ValueError, match=f"n: {n} is (less|more) than"):
        permutation_composition.make(n=n)
