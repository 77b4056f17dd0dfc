"""Events: first steps above a level, and medians over seeds of which some do not get there."""

import numpy as np
import pandas as pd
import pytest

from grokking_phases.analysis.events import ABSENT, FOUND, NOT_REACHED, first_above, over_seeds

CURVES = pd.DataFrame(
    {
        "step": [10, 0, 5, 10, 5],
        "metric": ["test_accuracy"] * 3 + ["train_accuracy"] * 2,
        "value": [0.99, 0.1, 0.98, 0.5, 0.99],
    }
)


def test_the_first_step_is_above_the_level_and_not_at_it():
    assert first_above(CURVES, "test_accuracy") == 10
    assert first_above(CURVES, "train_accuracy") == 5
    assert first_above(CURVES, "test_accuracy", 0.05) == 0


def test_a_level_that_is_never_reached_gives_none():
    assert first_above(CURVES, "train_accuracy", 0.995) is None
    assert first_above(CURVES, "test_loss") is None


def events(*steps):
    """Return the events of seeds: a step, infinity (not reached) or NaN (absent)."""
    status = {True: ABSENT, False: FOUND}
    return pd.DataFrame(
        {
            "event": "generalised",
            "step": [step if np.isfinite(step) else np.nan for step in steps],
            "status": [NOT_REACHED if np.isinf(step) else status[np.isnan(step)] for step in steps],
        }
    )


@pytest.mark.parametrize(
    ("steps", "median", "high"),
    [
        ([1, 2, 3, 4, 5], 3, 5),
        ([1, 2, 3, np.inf, np.inf], 3, np.inf),
        ([1, 2, 3, np.nan, np.nan], 2, 3),
        ([1, 2], 1.5, 2),
    ],
)
def test_a_seed_that_does_not_get_there_is_later_than_any_other(steps, median, high):
    row = over_seeds(events(*steps))
    assert (row["status"], row["step"], row["low"], row["high"]) == (FOUND, median, 1, high)
    assert row["n_found"] == np.isfinite(steps).sum()


@pytest.mark.parametrize("steps", [[1, 2, np.inf, np.inf, np.inf], [1, np.inf], [np.inf]])
def test_a_median_that_is_never_reached_is_not_reached(steps):
    row = over_seeds(events(*steps))
    assert row["status"] == NOT_REACHED and "step" not in row


def test_an_event_that_most_seeds_lack_is_absent():
    assert over_seeds(events(1, np.nan, np.nan))["status"] == ABSENT
