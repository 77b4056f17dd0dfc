"""The network of a run that was recorded elsewhere, at a step: a function of the user's own builds it."""

import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

from safetensors import safe_open
from torch import nn

from grokking_phases.arguments import type_of
from grokking_phases.storage.headers import header_of


class OwnNetworks:
    """The networks of a recording: a call with a step returns the network of that step, for evaluation.

    All calls return the same module, and load its parameters anew. `build` names a function without
    arguments, `my_package.my_module:build`, of the working folder or of an installed package. Raise
    ValueError if it does not build the network whose weights were recorded.
    """

    def __init__(self, weights: str | Path, build: str, config_digest: str) -> None:
        header_of(weights, config_digest=config_digest)
        self.build, self.network = build, built(build)
        self.weights = safe_open(weights, framework="pt")

    def __call__(self, step: int) -> nn.Module:
        prefix = f"{step}/"
        names = [name for name in self.weights.keys() if name.startswith(prefix)]  # noqa: SIM118
        state = {name.removeprefix(prefix): self.weights.get_tensor(name) for name in names}
        try:
            self.network.load_state_dict(state)
        except RuntimeError as error:
            reason = str(error).partition("\n")[2].strip().partition("\n")[0] or str(error)
            what = f"network: {self.build} builds another network than was recorded ({reason})"
            raise ValueError(f"{what}; name what builds the recorded one") from None
        return self.network


def built(name: str) -> nn.Module:
    """Return the network that a function builds; raise ValueError, in one sentence, if it cannot."""
    network = function_of(name)()
    if not isinstance(network, nn.Module):
        what = f"network: {name} returns {type_of(network)}, and must return a torch.nn.Module"
        raise ValueError(f"{what}; correct it, or name another function")
    return network.eval()


def function_of(name: str) -> Callable[[], nn.Module]:
    """Return the function `my_package.my_module:build`, also from the working folder."""
    module, _, function = name.partition(":")
    if str(Path.cwd()) not in sys.path:
        sys.path.append(str(Path.cwd()))
    try:
        return getattr(import_module(module), function)
    except (ImportError, AttributeError) as error:
        what = f"network: {name} cannot be found from {Path.cwd()} ({error})"
        raise ValueError(f"{what}; name a module there or an installed one, and a function in it") from error
