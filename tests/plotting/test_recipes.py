"""Sentences of captions that name the runs that ended before their last step."""

import pytest
from made_up import curves, is_named, o_information, run_with

from grokking_phases.plotting.recipes import cut_short, ended_early, stopped

RUNS = {"a": run_with(), "b": run_with()}


def without_the_end_of_seed_1(rows):
    return rows[(rows["seed"] == 0) | (rows["step"] <= 10)]


@pytest.mark.parametrize("sentences", [ended_early, cut_short])
@pytest.mark.parametrize("table", [curves, o_information])
def test_a_seed_that_ended_early_is_named_with_its_last_step(sentences, table):
    assert stopped(table("a"), RUNS) == sentences(table("a"), RUNS) == []
    ended = without_the_end_of_seed_1(table("a"))
    assert stopped(ended, RUNS) == [("a, seed 1", "10")]
    [sentence] = sentences(ended, RUNS)
    assert is_named("a, seed 1", sentence) and is_named(10, sentence)
