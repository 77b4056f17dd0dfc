"""The network that a run's entry describes: how to build it, and how to call it."""

from collections.abc import Callable
from dataclasses import dataclass

from torch import Tensor, nn

from grokking_phases.examples import Examples
from grokking_phases.plugins import module, options_in
from grokking_phases.training.returned import check_returned


@dataclass(frozen=True)
class Architecture:
    """A network before it has weights.

    build     returns the network with fresh weights
    forward   `forward(network, inputs)` returns the logits, equal to `network(inputs)` to rounding
    """

    build: Callable[[], nn.Module]
    forward: Callable[[nn.Module, Tensor], Tensor] = nn.Module.__call__


def architecture_of(entry: dict, examples: Examples) -> Architecture:
    """Return the architecture that a run's entry describes in its block `model`, and `subnetwork` if present.

    A model's file may define a faster `fast_forward(network, inputs)` beside `build`. Training and evaluation
    then call it.
    """
    source, options = module("models", entry["model"]["module"]), options_in("models", entry["model"])

    def build() -> nn.Module:
        network = source.build(n_tokens=examples.n_tokens, n_classes=examples.n_classes, **options)
        check_returned(network, nn.Module, f"models/{entry['model']['module']}.py: build")
        return source.subnetwork(network, **entry["subnetwork"]) if "subnetwork" in entry else network

    return Architecture(build, getattr(source, "fast_forward", nn.Module.__call__))
