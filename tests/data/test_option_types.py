"""Options are checked against the annotations of a metric's functions, and of its estimator's."""

from typing import Literal

import pytest

from grokking_phases.data.option_types import check_options, fits, words


@pytest.mark.parametrize(
    ("hint", "taken", "refused"),
    [
        (bool, [True, False], [1, 0, "no", None]),
        (int, [0, -3], [2.5, 2.0, True, "2", None]),
        (float, [0.5, 2], [True, "a", None]),
        (str, ["a", ""], [1, None]),
        (int | None, [1, None], ["null", 1.5]),
        (Literal["average", "random"], ["random"], ["none", 7, ["random"]]),
        (list[int], [[], [1, 2]], [[1, 2.5], 1, "12", None]),
        (list[str] | None, [["a"], None], ["a", [1]]),
    ],
)
def test_a_value_has_the_type_of_its_annotation(hint, taken, refused):
    assert [fits(value, hint) for value in taken] == [True] * len(taken)
    assert [fits(value, hint) for value in refused] == [False] * len(refused)
    assert words(hint) != "what it takes"


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"seed": "a"}, "seed"),
        ({"estimator": "binning", "bins": 2.5}, "bins"),
        ({"estimator": "binning", "bin_edges": "equal"}, "bin_edges"),
        ({"estimator": "ksg", "noise": 0.1}, "noise"),
        ({"estimator": 1}, "estimator"),
    ],
)
def test_the_options_of_an_estimator_are_checked_with_those_of_its_metric(options, named):
    with pytest.raises(ValueError, match=named):
        check_options("mutual_information", options)
    check_options("mutual_information", {"estimator": "binning", "bins": 3, "controls": True})


def test_any_metric_refuses_an_option_that_it_does_not_take():
    with pytest.raises(ValueError, match="no_such"):
        check_options("linear_mapping_number", {"no_such": 1})
