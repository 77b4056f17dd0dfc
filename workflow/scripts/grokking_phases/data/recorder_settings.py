"""The options of `recorder.Recorder`, and their checks."""

import operator
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import MISSING, dataclass, field, fields
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from grokking_phases.arguments import check_choice, check_counts, type_of
from grokking_phases.data.layer_rules import Select
from grokking_phases.data.recording import as_stored
from grokking_phases.nearest_name import check_known
from grokking_phases.steps import steps_of

Score = Callable[[Tensor, Tensor], Any]  # of logits and targets of all samples
PerLayer = dict[str, Any]
Precision = Literal["float32", "float16"]


def cross_entropy(logits: Tensor, targets: Tensor) -> Tensor:
    """Return the mean cross-entropy, in float64, of logits (n, n_classes) and classes (n,)."""
    return functional.cross_entropy(logits.double(), targets.long())


def share_correct(logits: Tensor, targets: Tensor) -> Tensor:
    """Return the share of samples whose largest logit is that of their class."""
    return (logits.argmax(1) == targets).double().mean()


@dataclass(kw_only=True)
class Settings:
    """The options of a recorder, which describes them; raise ValueError for an unusable one."""

    layers: list[str]
    probe: tuple[Any, Any]
    steps: list[int] | dict[str, int]
    to: str | Path
    test: tuple[Any, Any] | None = None
    position: int | str | PerLayer | None = None
    reduce: str | PerLayer | None = None
    select: Select | PerLayer | None = None
    forward: Callable[[nn.Module, Any], Tensor] | None = None
    loss: Score | None = cross_entropy
    accuracy: Score | None = share_correct
    measure: list[str] | dict[str, dict[str, Any]] = field(default_factory=list)
    dtype: Precision = "float32"
    weights: bool = True
    batch_size: int = 1024
    overwrite: bool = False

    def __post_init__(self) -> None:
        check_choice("dtype", self.dtype, Precision)
        check_counts({"batch_size": (1, None)}, batch_size=self.batch_size)
        for name in ("weights", "overwrite"):
            if not isinstance(getattr(self, name), bool):
                raise ValueError(f"{name} is {getattr(self, name)!r}, and must be True or False; give one.")
        for name in ("forward", "loss", "accuracy"):
            if getattr(self, name) is not None and not callable(getattr(self, name)):
                raise ValueError(f"{name} is {getattr(self, name)!r}, and must be a function; give one.")
        if isinstance(self.layers, Iterator):  # it could be read only once
            self.layers = list(self.layers)
        if not isinstance(self.layers, Iterable) or not all(isinstance(name, str) for name in self.layers):
            raise ValueError(f"layers={self.layers!r} must be a list of names of modules; give one at least.")
        if not isinstance(self.to, str | Path):
            raise ValueError(f"to is {type_of(self.to)}, and must be the folder of the recording; give one.")
        for place in (Path(self.to), *Path(self.to).parents):
            if place.is_file():
                raise ValueError(
                    f"to={str(self.to)!r} cannot be a folder, since {place} is a file; give another."
                )

    @classmethod
    def of(cls, given: dict[str, Any]) -> "Settings":
        """Return the settings that a recorder was given; raise ValueError for an unknown or a missing one."""
        for name in given:
            check_known(name, [each.name for each in fields(cls)], "Recorder", "there is no option")
        for each in fields(cls):
            if each.name not in given and each.default is each.default_factory is MISSING:
                raise ValueError(f"Recorder needs {each.name}=, and was not given it; add it.")
        return cls(**given)


def unwrapped(network: nn.Module) -> nn.Module:
    """Return the network inside torch.compile or a parallel wrapper, which shares its parameters."""
    if not isinstance(network, nn.Module):
        raise ValueError(
            f"network is {type_of(network)}, and must be a torch.nn.Module; give the module itself."
        )
    network = getattr(network, "_orig_mod", network)
    wrappers = (nn.DataParallel, nn.parallel.DistributedDataParallel)
    return network.module if isinstance(network, wrappers) else network


def due_steps(rule: list[int] | dict[str, int]) -> list[int]:
    """Return the steps of a rule, ascending; raise ValueError for one that is none of the rule's forms."""
    forms = 'give {"log": 120, "last": 5000}, {"every": 100, "last": 5000} or a list of steps'
    if isinstance(rule, Mapping):
        kinds = set(rule) - {"last"}
        counts = whole_numbers(rule.values(), 1)
        if "last" not in rule or len(kinds) != 1 or not kinds <= {"log", "every"} or not counts:
            raise ValueError(f"steps={rule!r} is no rule; {forms}.")
        numbers = dict(zip(rule, counts, strict=True))
        return steps_of({key: numbers[key] for key in kinds}, numbers["last"])
    steps = whole_numbers(rule, 0) if isinstance(rule, Iterable) else None
    if not steps:
        given = type_of(rule) if hasattr(rule, "shape") else repr(rule)
        raise ValueError(f"steps: {given} is no list of steps; {forms}.")
    return sorted(set(steps))


def called_with(step: Any, values: dict[str, Any]) -> tuple[int, dict[str, float]]:
    """Return the step and the values of a recorder's call as numbers; raise ValueError for what is none."""
    whole = whole_numbers([step], 0)
    if whole is None:
        raise ValueError(f"the step is {step!r}, and must be a whole number from 0; give the loop's step.")
    for name, value in values.items():
        try:
            values[name] = float(value)
        except (TypeError, ValueError):
            what = f"{name} is {type_of(value)}, and must be a number"
            raise ValueError(f"{what}; give one value, such as loss.item().") from None
    return whole[0], values


def whole_numbers(values: Iterable[Any], least: int) -> list[int] | None:
    """Return numbers, also those of an array or a tensor, as int; None unless all are whole and >= least."""
    try:
        listed = list(values)
        numbers = [operator.index(value) for value in listed]
    except TypeError:
        return None
    truths = any(isinstance(value, bool) for value in listed)
    return None if truths or min(numbers, default=least) < least else numbers


def samples_of(pair: tuple[Any, Any], name: str) -> tuple[Tensor, Tensor]:
    """Return inputs and targets as tensors; raise ValueError unless they are a pair of equally many."""
    if isinstance(pair, Tensor | np.ndarray) or not hasattr(pair, "__len__") or len(pair) != 2:
        raise ValueError(f"{name} is {type_of(pair)}, and must be a pair, {name}=(X, y); give both.")
    X, y = (as_tensor(values, f"the {what} of {name}") for values, what in zip(pair, ("X", "y"), strict=True))
    if not len(X) or len(X) != len(y):
        what = f"{name} has {len(X)} inputs and {len(y)} targets"
        raise ValueError(f"{what}; give one target for each input, and one at least.")
    return X, y


def check_alike(probe: tuple[Tensor, Tensor], test: tuple[Tensor, Tensor]) -> None:
    """Raise ValueError unless test samples have the shape and kind of the probe samples."""
    for what, one, other in zip(("inputs", "targets"), probe, test, strict=True):
        if one.shape[1:] != other.shape[1:] or one.is_floating_point() != other.is_floating_point():
            found = f"probe has {what} {type_of(one)}, and test {type_of(other)}"
            raise ValueError(f"{found}; give samples of one shape and kind.")


def are_words(values: Any) -> bool:
    """Return whether values are an array of texts, or a list or column of them."""
    column = np.asarray(values) if isinstance(values, np.ndarray) or hasattr(values, "to_numpy") else values
    return isinstance(column, np.ndarray | list) and all(isinstance(each, str) for each in column)


def as_tensor(values: Any, name: str) -> Tensor:
    """Return a copy of an array, a list or a tensor as a tensor without a gradient."""
    parts = values if isinstance(values, tuple) else ()
    try:
        if any(np.ndim(part) for part in parts if isinstance(part, Tensor | np.ndarray)):
            raise TypeError(values)  # NumPy would stack several inputs as if they were samples
        if not isinstance(values, Tensor):
            values = torch.as_tensor(np.require(values, requirements="W"))  # torch warns of read-only arrays
        values = values.detach().clone()  # the user may write to the samples later
    except (TypeError, ValueError):
        if are_words(values):
            what = f"{name} is words, and must be numbers"
            raise ValueError(f"{what}; give np.unique(y, return_inverse=True)[1].") from None
        what = f"{name} is {type_of(values)}, and must be one tensor or array, samples first"
        raise ValueError(f"{what}; join several in one, and take them apart in forward=.") from None
    if not values.ndim:
        raise ValueError(
            f"{name} is a single number, and must be a tensor or array, samples first; give one."
        )
    if values.is_complex():
        raise ValueError(f"{name} holds complex numbers, which are not recorded; give real ones.")
    return values


def in_precision(values: np.ndarray, dtype: str, name: str) -> np.ndarray:
    """Return finite values as `dtype`; raise ValueError, with a remedy, if it cannot hold them."""
    if values.dtype == dtype:
        return values
    try:
        return as_stored(values, dtype, name)
    except ValueError as error:
        remedy = 'give dtype="float32"' if dtype == "float16" else "give select= a function that scales them"
        raise ValueError(f"{str(error).partition(';')[0]}; {remedy}.") from None
