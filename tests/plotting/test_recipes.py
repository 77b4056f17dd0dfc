"""What captions say of runs that ended before their last step."""

from made_up import curves, o_information, run_with

from grokking_phases.plotting.recipes import cut_short, ended_early

RUNS = {"a": run_with(), "b": run_with()}


def without_the_end_of_seed_1(rows):
    return rows[(rows["seed"] == 0) | (rows["step"] <= 10)]


def test_a_run_whose_loss_is_not_finite_is_said_to_end_there():
    assert ended_early(curves("a"), RUNS) == []
    ended = without_the_end_of_seed_1(curves("a"))
    assert ended_early(ended, RUNS) == ["a, seed 1: loss not finite at step 10, where it ends."]


def test_snapshots_that_it_did_not_live_to_see_are_said_to_be_missing():
    assert cut_short(o_information("b"), RUNS) == []
    ended = without_the_end_of_seed_1(o_information("b"))
    assert cut_short(ended, RUNS) == ["b, seed 1: no snapshot after step 10, for its loss was not finite."]
