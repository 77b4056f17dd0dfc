"""Check of accuracies, which phases and time scales read as shares."""

from collections.abc import Mapping

ACCURACIES = ["train_accuracy", "test_accuracy"]


def check_accuracies(values: Mapping[str, float], step: int, where: str) -> None:
    """Raise ValueError for an accuracy among a step's values {curve: value} that is not from 0 to 1.

    NaN is no value, and passes.
    """
    for name in ACCURACIES:
        value = values.get(name, 0.0)
        if value < 0 or value > 1:
            what = f"{where} has {value:g} as {name} at step {step}, and accuracies are from 0 to 1"
            raise ValueError(f"{what}; divide those in percent by 100.")
