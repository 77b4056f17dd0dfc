"""A call of the library runs on one compute thread, unless `use_threads` around it allows more."""

import sys
from types import ModuleType

import numpy as np
import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from grokking_phases import threads
from grokking_phases.estimators.kernel_density import kde_bounds
from grokking_phases.metrics import o_information
from grokking_phases.synergy import multiplet_search
from grokking_phases.threads import one_thread, use_threads


def n_threads():
    """Return the numbers of threads that the libraries of this process would start now, as a set."""
    return {library["num_threads"] for library in threadpool_info()}


@pytest.fixture(autouse=True)
def many():
    """Allow three threads, as numpy would on a large machine, whatever this one has."""
    with threadpool_limits(3):
        yield


@pytest.fixture
def search_seen(monkeypatch):
    """Return a list to which each search of multiplets appends its `n_threads()`."""
    seen, search = [], multiplet_search.Estimator.search

    def watched(*arguments):
        seen.append(n_threads())
        return search(*arguments)

    monkeypatch.setattr(multiplet_search.Estimator, "search", watched)
    return seen


X = np.random.default_rng(0).normal(size=(50, 6))
LABELS = np.array([0, 0, 1, 1, 2, 2])


def test_a_search_takes_one_thread_and_gives_the_others_back(search_seen):
    multiplet_search.search_multiplets(X, LABELS)
    assert search_seen == [{1}]
    assert n_threads() == {3}


def test_a_search_takes_as_many_threads_as_it_is_told(search_seen):
    with use_threads(2):
        multiplet_search.search_multiplets(X, LABELS)
    assert search_seen == [{2}]
    assert n_threads() == {3}


def test_a_metric_takes_one_thread_at_each_step_and_gives_the_others_back_after_it(search_seen):
    class Snapshot:
        step, activations = 1, {"hidden": X}

    rows = o_information.compute([Snapshot(), Snapshot()], n_bins=2)
    for _ in rows:
        assert n_threads() == {3}
    assert search_seen == [{1}, {1}]


def test_results_equal_those_of_one_thread_bit_by_bit():
    with use_threads(1):
        wanted = multiplet_search.search_multiplets(X, LABELS).o_information.tobytes(), kde_bounds(X, 1.0)
    assert (
        multiplet_search.search_multiplets(X, LABELS).o_information.tobytes(),
        kde_bounds(X, 1.0),
    ) == wanted


def test_an_error_gives_the_threads_back():
    @one_thread
    def failing():
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        failing()
    assert n_threads() == {3}


@pytest.fixture
def lookups(monkeypatch):
    """Return a list to which each look-up of the libraries that start threads appends one entry."""
    done, look_up = [], threads.ThreadpoolController
    monkeypatch.setattr(threads, "ThreadpoolController", lambda: done.append(None) or look_up())
    threads.libraries.cache_clear()
    return done


def test_rows_look_up_the_libraries_once(lookups):
    @one_thread
    def rows():
        for _ in range(10):
            yield n_threads()

    assert list(rows()) == [{1}] * 10
    assert len(lookups) == 1


def test_an_import_makes_the_next_call_look_again(lookups, monkeypatch):
    one_thread(int)()
    monkeypatch.setitem(sys.modules, "another_library", ModuleType("another_library"))
    one_thread(int)()
    assert len(lookups) == 2
