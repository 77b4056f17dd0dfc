"""Rules that make a table (n_samples, width) of a module's output, whatever the module returns.

    output                        needs
    (n, width), (n,)              nothing
    (n, n_positions, width)       position: an index, "last", "mean", or "all" (positions and units joined)
    (n, n_channels, …)            reduce: "mean" or "max" over the places, or "all" (all of them joined)
    a tuple, a dict, an object    select: an index, a key or attribute, or a function of the output

Nothing is guessed. An output that needs an option which is not given raises a ValueError that names it.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from grokking_phases.arguments import type_of
from grokking_phases.nearest_name import check_known

CHANNELS_FIRST = (nn.Conv1d, nn.ConvTranspose1d, nn.BatchNorm1d, nn.MaxPool1d, nn.AvgPool1d)
POSITIONS, REDUCTIONS = ("last", "mean", "all"), ("mean", "max", "all")

Select = int | str | Callable[[Any], Tensor]


@dataclass(frozen=True)
class LayerRule:
    """How the output of the module `layer` becomes a table (n_samples, width)."""

    layer: str
    position: int | str | None = None
    reduce: str | None = None
    select: Select | None = None

    def __post_init__(self) -> None:
        whole = isinstance(self.position, int) and not isinstance(self.position, bool)
        if self.position is not None and not whole and self.position not in POSITIONS:
            raise ValueError(
                f"position={self.position!r} is no index and none of {', '.join(POSITIONS)}; give one."
            )
        if self.reduce is not None and self.reduce not in REDUCTIONS:
            raise ValueError(f"reduce={self.reduce!r} is none of {', '.join(REDUCTIONS)}; give one of them.")

    def table(self, output: Any, module: nn.Module | None, n_samples: int) -> Tensor:
        """Return the output as a table (n_samples, width), float32 or float64; raise ValueError as above."""
        values = self._selected(output)
        if values.is_complex():
            raise ValueError(f"layer {self.layer} gives complex numbers; give select= a function of them.")
        if not values.ndim or len(values) != n_samples:
            raise ValueError(
                f"layer {self.layer} gives {type_of(values)} for {n_samples} samples, and these must be its "
                "first axis; set batch_first=True, or give select= a function that moves them there."
            )
        if values.ndim < 3:
            values = values.reshape(n_samples, -1)
        else:
            values = (
                self._at_position(values, module) if self._has_positions(values) else self._reduced(values)
            )
        return values if values.dtype == torch.float64 else values.float()

    def _selected(self, output: Any) -> Tensor:
        if callable(self.select):
            output = self._called(self.select, output)
        elif self.select is not None and not isinstance(output, Tensor):
            output = self._part(output)
        if not isinstance(output, Tensor):
            names = list(output) if isinstance(output, Mapping) else getattr(output, "_fields", ())
            known = f" (of {', '.join(map(str, names))})" if names else ""
            raise ValueError(
                f"layer {self.layer} gives {type_of(output)}{known}, not a tensor; say which part by "
                "select=, as in select=0."
            )
        return output

    def _called(self, select: Callable[[Any], Tensor], output: Any) -> Any:
        try:
            return select(output)
        except Exception as error:  # the user's own function may raise anything
            what = f"select= of layer {self.layer} was given {type_of(output)} and raised {error!r}"
            raise ValueError(f"{what}; correct this function.") from error

    def _part(self, output: Any) -> Any:
        try:
            return output[self.select]
        except (KeyError, IndexError, TypeError):
            if isinstance(self.select, str) and hasattr(output, self.select):
                return getattr(output, self.select)
        raise ValueError(
            f"layer {self.layer} gives {type_of(output)}, which has no part {self.select!r}; correct select=."
        )

    def _has_positions(self, values: Tensor) -> bool:
        """Return whether the output is a sequence; raise ValueError unless the options say what it is."""
        if values.ndim == 3 and (self.position is None) != (self.reduce is None):
            return self.position is not None
        if values.ndim > 3 and self.reduce is not None:
            return False
        what = f"layer {self.layer} gives {type_of(values)}"
        if values.ndim > 3:
            raise ValueError(f"{what}; say by reduce= (mean, max or all) what to take of its channels.")
        remedy = "for a sequence give position= (an index, last, mean or all), for a convolution reduce="
        both = ", and not both" if self.position is not None else ""
        raise ValueError(
            f"{what}; {remedy} (mean, max or all){both}; {{{self.layer!r}: …}} is for this layer alone."
        )

    def _at_position(self, values: Tensor, module: nn.Module | None) -> Tensor:
        if isinstance(module, CHANNELS_FIRST):
            what = (
                f"layer {self.layer} is a {type(module).__name__}, whose channels come before its positions"
            )
            raise ValueError(f"{what}; give reduce= for it, and position= for the others as a dict.")
        if self.position in ("mean", "all"):
            return values.mean(1) if self.position == "mean" else values.flatten(1)
        i = -1 if self.position == "last" else self.position
        if not -values.shape[1] <= i < values.shape[1]:
            what = f"layer {self.layer} has {values.shape[1]} positions, and position={i} is none of them"
            raise ValueError(f"{what}; give an index from 0 to {values.shape[1] - 1}.")
        return values[:, i]

    def _reduced(self, values: Tensor) -> Tensor:
        places = values.flatten(2)
        return {
            "mean": lambda: places.mean(2),
            "max": lambda: places.amax(2),
            "all": lambda: places.flatten(1),
        }[self.reduce]()

    def said(self) -> dict[str, Any]:
        """Return the options in words that JSON can hold."""
        select = getattr(self.select, "__name__", "a function") if callable(self.select) else self.select
        named = {"position": self.position, "reduce": self.reduce, "select": select}
        return {name: value for name, value in named.items() if value is not None}


def rules_of(network: nn.Module, layers: list[str], **options: Any) -> list[LayerRule]:
    """Return the rule of each layer; an option is for all layers, or a dict {layer: value}.

    Raise ValueError, with the nearest name, for a layer that the network or an option's layers lack.
    """
    if isinstance(layers, str) or not layers or len(set(layers)) < len(layers):
        raise ValueError(
            f"layers={layers!r} must be a list of different names of modules; give one at least."
        )
    known = [name for name, _ in network.named_modules() if name]
    for name in layers:
        if not has_module(network, name):
            check_known(name, known, "layers", "the network has no module")
    for option, value in options.items():
        for name in value if isinstance(value, Mapping) else ():
            check_known(name, layers, option, "no layer is recorded as")
    return [
        LayerRule(layer, **{option: _for_layer(value, layer) for option, value in options.items()})
        for layer in layers
    ]


def has_module(network: nn.Module, name: str) -> bool:
    """Return whether the network has a module of this name, also one that it only finds by it."""
    try:
        return bool(name) and network.get_submodule(name) is not None
    except AttributeError:
        return False


def _for_layer(value: Any, layer: str) -> Any:
    return value.get(layer) if isinstance(value, Mapping) else value


@contextmanager
def captured(network: nn.Module, rules: list[LayerRule], n_samples: int) -> Iterator[dict[str, Any]]:
    """Yield a dict that is given the table of each rule's layer when the network runs in the block.

    A table is copied in the moment of the call, since a later module may change the output in place. Raise
    ValueError if a forward calls a layer more than once, or never, or where `LayerRule.table` does.
    """
    found: dict[str, Tensor | ValueError] = {}
    with ExitStack() as hooks:
        for rule in rules:
            hook = network.get_submodule(rule.layer).register_forward_hook(_keeper(found, rule, n_samples))
            hooks.callback(hook.remove)
        yield found
    for rule in rules:
        if rule.layer not in found:
            what = f"layer {rule.layer} is never called when the network runs on the samples"
            raise ValueError(f"{what}; name a module that its forward calls.")
        if isinstance(found[rule.layer], ValueError):
            raise found[rule.layer]


def _keeper(found: dict[str, Any], rule: LayerRule, n_samples: int) -> Callable[..., None]:
    def keep(module: nn.Module, _inputs: Any, output: Any) -> None:
        if rule.layer in found:
            what = f"layer {rule.layer} is called more than once in a forward, and its outputs would be mixed"
            raise ValueError(f"{what}; give each use a module of its own, or name another layer.")
        try:
            found[rule.layer] = rule.table(output, module, n_samples).to("cpu", copy=True)
        except ValueError as error:  # raised at the end: a second call matters more
            found[rule.layer] = error

    return keep
