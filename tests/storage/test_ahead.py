"""Another thread makes the next item, and no more than that."""

import threading

import pytest

from grokking_phases.storage.ahead import ahead


def test_items_come_in_order_and_one_is_made_ahead():
    made, allowed = [], [threading.Event() for _ in range(6)]

    def items():
        for i in range(5):
            made.append((i, threading.get_ident()))
            allowed[i].set()
            yield i

    for i in ahead(items()):
        assert i == 4 or allowed[i + 1].wait(timeout=10)
        assert len(made) == min(i + 2, 5)
    assert [i for i, _ in made] == list(range(5))
    assert threading.get_ident() not in {thread for _, thread in made}


def test_nothing_gives_nothing():
    assert list(ahead([])) == []


def test_an_error_comes_after_the_items_before_it():
    def items():
        yield 1
        raise ValueError("the second")

    iterator = ahead(items())
    assert next(iterator) == 1
    with pytest.raises(ValueError, match="the second"):
        next(iterator)


def test_a_reader_may_stop_early():
    before = threading.active_count()
    iterator = ahead(iter(range(10)))
    assert next(iterator) == 0
    iterator.close()
    assert threading.active_count() == before
