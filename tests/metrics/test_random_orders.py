"""Random orders of the samples: what depends on them, and which orders they are."""

from types import SimpleNamespace

import numpy as np
import pytest

from grokking_phases.metrics import o_information
from grokking_phases.synergy.limits import LIMITS
from grokking_phases.synergy.random_orders import random_order

WIDTH, N_BINS = 12, 3


@pytest.fixture
def X():
    """Return ReLU features, of which about half are ties at 0."""
    rng = np.random.default_rng(0)
    return np.maximum(rng.normal(size=(200, 6)) @ rng.normal(size=(6, WIDTH)) + rng.normal(size=WIDTH), 0)


def values(X, step=5, **options):
    snapshot = SimpleNamespace(step=step, activations={"hidden": X})
    rows = o_information.compute([snapshot], n_bins=N_BINS, **options)
    return {row["metric"]: row["value"] for row in rows}


@pytest.mark.parametrize("ties", ["paper", "index", "average"])
def test_an_order_measures_the_samples_in_that_order(X, ties):
    found = values(X, ties=ties, n_orders=3, seed=7)
    for number in (1, 2, 3):
        alone = values(X[random_order(len(X), 7, number)], ties=ties)
        for name in ("synergy", "synergy_size", "redundancy", "redundancy_size"):
            assert found[f"{name}_order_{number}"] == pytest.approx(alone[name], abs=1e-9)


def test_only_mean_ranks_do_not_depend_on_the_order(X):
    for ties, depends in {"average": False, "paper": True, "index": True}.items():
        found = values(X, ties=ties, n_orders=4)
        for name in ("synergy", "redundancy"):
            all_orders = [found[name], *(found[f"{name}_order_{k}"] for k in (1, 2, 3, 4))]
            assert (np.ptp(all_orders) > 1e-3) == depends


def test_orders_are_the_same_at_every_step_and_leave_the_rest_as_it_is(X):
    first, later = values(X, ties="index", n_orders=2), values(X, step=900, ties="index", n_orders=2)
    assert first == later
    plain = values(X, ties="index")
    assert {name: first[name] for name in plain} == plain
    assert len(first) == len(plain) + 8


def test_orders_follow_from_the_seed_and_the_number():
    orders = [random_order(50, seed, number) for seed in (0, 1) for number in (1, 2)]
    assert all(sorted(order) == list(range(50)) for order in orders)
    assert len({order.tobytes() for order in orders}) == 4
    np.testing.assert_array_equal(random_order(50, 0, 1), orders[0])


def test_too_few_live_units_have_no_value_in_any_order(X):
    X[:, 2:] = 0
    found = values(X, n_orders=2)
    assert np.isnan([found[f"{name}_order_{k}"] for name in ("synergy", "redundancy") for k in (1, 2)]).all()


def test_the_limits_are_those_of_all_searches():
    assert o_information.LIMITS == LIMITS | {"n_orders": (0, 1000)}
    with pytest.raises(ValueError, match="n_orders: -1 is less than 0"):
        o_information.compute([], n_orders=-1)
