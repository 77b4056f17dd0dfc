"""Checks of whether a run can have a table: whether it has what the table is made from.

Each check raises StudyError, which names the key, for a run that cannot.
"""

from study.errors import StudyError
from study.signatures import defines, file_of
from study.sources import is_source


def check_measurable(run: dict, name: str, metrics: set[str], where: str) -> None:
    """Check that a run records snapshots, if there are metrics to measure on them."""
    if metrics and is_source(run) and "snapshots" not in run:
        what = f"run {name} was recorded without activations"
        raise StudyError(where, f"{what}; record it without measure=, or draw its curves alone")
    if metrics and "snapshots" not in run:
        what = f"run {name} records no snapshots to measure; add `snapshots:` to runs.{name}"
        raise StudyError(where, what)


def check_curves(run: dict, name: str, table: str, where: str) -> None:
    """Check that a run that was recorded elsewhere has the curves from which a table of events is made."""
    needed = dict.fromkeys(("phases", "orders"), ("train_accuracy", "test_accuracy"))
    needed["time_scales"] = needed["comovement"] = (*needed["phases"], "test_loss")
    for curve in needed.get(table, ()) if is_source(run) else ():
        if curve not in run["recorded"].get("curves", []):
            what = f"run {name} has no table {table}, since its recording has no curve {curve}"
            raise StudyError(where, f"{what}; record it with test=, or give it as recorder(step, {curve}=…)")


def check_trainable(run: dict, name: str, table: str, where: str) -> None:
    """Check that a run has a recipe, which a table is made from: it was not recorded elsewhere."""
    if is_source(run):
        what = f"run {name} has no table {table}, since it was recorded elsewhere and cannot be trained here"
        raise StudyError(where, f"{what}; choose another run or table")


def check_separable(run: dict, name: str, table: str, where: str) -> None:
    """Check that the run's model can be reduced to a sub-network: its file defines `subnetwork`."""
    model = run["model"]["module"]
    if not defines("models", model, "subnetwork"):
        what = f"run {name} has no table {table}"
        why = f"{file_of('models', model)}, its model, defines no function `subnetwork`"
        raise StudyError(where, f"{what}, since {why}; choose another run or table")
