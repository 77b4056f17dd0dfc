"""The input of every public measure: samples of a layer, and the label of each sample.

    T, labels = take_samples(T, labels)      T (n_samples, n_units) float64, labels (n_samples,) from 0

Samples may be an array, a list of rows, a torch tensor (of any precision, with or without a gradient, on any
device) or a frame. Labels may be whole numbers, truth values or words. An index is ignored, as scikit-learn
ignores it: labels belong to samples by their order alone.
"""

from numbers import Real
from typing import Any

import numpy as np

from grokking_phases.arguments import type_of

SHAPES = {
    0: "give an array of two axes",
    1: "for a single unit, give {name}[:, None]",
    3: "choose one position, or join positions and units with {name}.reshape(len({name}), -1)",
}


def take_samples(
    T: Any,
    labels: Any = None,
    *,
    names: tuple[str, str] = ("T", "labels"),
    finite: bool = True,
    at_least: int = 2,
) -> tuple[np.ndarray, np.ndarray | None]:
    """Return samples T (n_samples, n_units) in float64, and their labels (n_samples,), numbered from 0.

    names: what messages call the two. finite: whether a value that is not finite raises. at_least: the least
    number of samples.

    The labels are None where none are given; labels of shape (n_samples, 1) are taken. Raise ValueError for
    samples that are not a table of real numbers, too few, or masked, and for labels that are too few or too
    many, missing, or not classes.
    """
    T = _table(T, names[0])
    if len(T) < at_least or not T.shape[1]:
        what = f"{names[0]} must hold {at_least} samples or more of a unit or more"
        raise ValueError(f"{what}, not {type_of(T)}; a row is a sample, a column a unit.")
    if finite and not np.isfinite(T).all():
        raise ValueError(f"{names[0]} holds values that are not finite; leave out these samples.")
    return T, None if labels is None else take_labels(labels, len(T), names[1])


def take_points(X: Any, dtype: Any = None) -> Any:
    """Return samples X (n_samples, d) as a torch tensor without a gradient; a tensor keeps its precision.

    dtype: the precision of what is no tensor, torch's default one if None. Raise ValueError as `take_samples`
    does.
    """
    import torch  # imported here because only networks need it

    checked, _ = take_samples(X, names=("X", ""), at_least=1)
    if isinstance(X, torch.Tensor):
        return X.detach()
    return torch.tensor(checked, dtype=dtype or torch.get_default_dtype())


def take_labels(labels: Any, n_samples: int, name: str = "labels") -> np.ndarray:
    """Return labels as whole numbers from 0 (n_samples,), in ascending order of the given ones."""
    column = take_column(labels, n_samples, name)
    try:
        return np.unique(column, return_inverse=True)[1].reshape(-1)
    except TypeError:
        raise ValueError(f"{name} hold values that cannot be sorted; give all in one type.") from None


def take_column(labels: Any, n_labelled: int, name: str, labelled: str = "samples") -> np.ndarray:
    """Return labels as they are, in an array (n_labelled,); raise ValueError as `take_samples` does.

    labelled: what messages call the things that have a label.
    """
    column = _array(labels, name)
    if column.ndim == 2 and column.shape[1] == 1:
        column = column[:, 0]
    if column.ndim != 1:
        what = f"{name} must be one number or word for each of the {labelled}, not {type_of(column)}"
        raise ValueError(f"{what}; for one-hot rows, give {name}.argmax(axis=1).")
    if len(column) != n_labelled:
        what = f"{name} must hold one class for each of the {n_labelled} {labelled}"
        raise ValueError(f"{what}, not {len(column)} classes; give one for each.")
    if _has_gaps(column):
        raise ValueError(f"{name} hold missing values; leave out these {labelled}.")
    if column.dtype.kind == "f" and (column != np.floor(column)).any():
        raise ValueError(f"{name} must be classes, and hold numbers that are not whole; cut them into bins.")
    return column


def _table(values: Any, name: str) -> np.ndarray:
    """Return samples as a float64 array (n_samples, n_units), or raise ValueError."""
    array = _array(values, name)
    if array.ndim != 2:
        remedy = SHAPES.get(array.ndim, "give two axes").format(name=name)
        raise ValueError(f"{name} must be (n_samples, n_units), not {type_of(array)}; {remedy}.")
    if array.dtype.kind not in "biuf" and not all(isinstance(value, Real) for value in array.flat):
        raise ValueError(
            f"{name} must hold real numbers, not {array.dtype}; leave out columns of words, and give the "
            "real and the imaginary part of complex numbers as a column each."
        )
    return array.astype(np.float64, copy=False)


def _array(values: Any, name: str) -> np.ndarray:
    """Return anything that is like an array as an array; raise ValueError for masked values."""
    if np.ma.isMaskedArray(values) and np.ma.getmaskarray(values).any():
        raise ValueError(f"{name} has masked values, which no measure leaves out; leave out their samples.")
    if hasattr(values, "detach"):  # a torch tensor; numpy has no bfloat16
        values = values.detach().cpu()
        values = values.double() if values.is_floating_point() else values
    try:
        return np.asarray(values)
    except (TypeError, ValueError, RuntimeError) as error:
        raise ValueError(f"{name} is {type_of(values)} that is no array ({error}); give an array.") from None


def take_operands(values: Any, n_samples: int) -> np.ndarray:
    """Return operands (n_samples, n_operands), each numbered from 0 (`take_labels`)."""
    operands, _ = take_samples(values, names=("inputs", ""))
    return np.column_stack([take_labels(column, n_samples, "inputs") for column in operands.T])


def _has_gaps(column: np.ndarray) -> bool:
    """Return whether labels (n_samples,) have one that is missing or not finite."""
    if column.dtype.kind == "f":
        return not np.isfinite(column).all()
    if column.dtype.kind != "O":
        return False
    from pandas import isna  # imported here because pandas takes half a second

    return bool(isna(column).any())
