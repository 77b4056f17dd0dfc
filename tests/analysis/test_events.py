"""First evaluated step at which a curve is above a level."""

import pandas as pd

from grokking_phases.analysis.events import first_above

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
