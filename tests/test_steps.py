"""Steps from a rule: known schedules, both ends, and exact numbers of steps."""

import numpy as np
import pytest

from grokking_phases.steps import nearest, steps_of

KNOWN = [
    ([3, 1, 3], 10, [0, 1, 3, 10]),
    ([0, 5, 10], 10, [0, 5, 10]),
    ({"every": 4}, 10, [0, 4, 8, 10]),
    ({"every": 5}, 10, [0, 5, 10]),
    ({"log": 4}, 1000, [0, 1, 10, 100, 1000]),
    ({"log": 4}, 8, [0, 1, 2, 4, 8]),
    ({"log": 100}, 5, [0, 1, 2, 3, 4, 5]),  # there are no other whole numbers
]


@pytest.mark.parametrize(("rule", "last", "steps"), KNOWN)
def test_known_schedules(rule, last, steps):
    assert steps_of(rule, last) == steps


@pytest.mark.parametrize(("n_steps", "last"), [(120, 4000), (120, 12000), (300, 604000), (40, 50), (7, 23)])
def test_log_gives_exactly_n_steps_after_0_spaced_evenly_up_to_rounding(n_steps, last):
    steps = steps_of({"log": n_steps}, last)
    assert len(steps) == 1 + n_steps
    assert (np.diff(steps) > 0).all()
    assert all(type(step) is int for step in steps)  # they go into JSON
    gaps = np.diff(np.log(steps[len(steps) // 2 :]))
    rounding = 1 / steps[len(steps) // 2]
    assert np.ptp(gaps) <= 2 * rounding


@pytest.mark.parametrize("rule", [[4], {"every": 3}, {"log": 5}])
@pytest.mark.parametrize("last", [7, 100])
def test_the_first_and_the_last_step_are_always_in(rule, last):
    steps = steps_of(rule, last)
    assert (steps[0], steps[-1]) == (0, last)
    assert steps == sorted(set(steps))


@pytest.mark.parametrize("rule", [[0, 10], [10], {"every": 10}, {"every": 11}])
def test_a_rule_without_a_step_between_the_ends_is_refused(rule):
    with pytest.raises(ValueError, match="puts no step between 0 and the last step, 10"):
        steps_of(rule, 10)


def test_what_is_no_rule_is_refused():
    with pytest.raises(ValueError, match="no rule of steps"):
        steps_of({"lg": 2}, 10)


def test_steps_before_the_first_and_no_steps_are_refused():
    with pytest.raises(ValueError, match="step -5 is before step 0"):
        steps_of([-5, 3], 10)
    with pytest.raises(ValueError, match="no step between"):
        steps_of([], 10)


def test_a_step_after_the_last_is_refused():
    with pytest.raises(ValueError, match="step 11 is after the last step, 10"):
        steps_of([1, 11, 3], 10)


def test_nearest_steps_are_found_in_log_step():
    assert nearest([0, 1, 10, 100, 1000], [0, 30, 40, 1000]) == [0, 10, 100, 1000]
    assert nearest([0, 1, 10, 100], [5, 6, 7]) == [10]
    assert nearest([1, 10], [0, 1]) == [1]
