"""Outputs of a network's named modules, their pre-activations, and the rest of a network after a module.

Hooks read these values, so any torch network will do. Each function runs the network in evaluation mode
without gradients, and leaves it as it was: every module's mode, hooks and gradients.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial

import torch
from torch import Tensor, fx, nn

# The tolerance, in roundings of the largest output: the roundings of many layers add up.
ROUNDINGS = 1000

# Activation functions that turn on at 0: the sign of their input says on which side of it a unit is.
ACTIVATIONS = (nn.ReLU, nn.LeakyReLU, nn.PReLU, nn.ELU, nn.CELU, nn.SELU, nn.GELU, nn.SiLU, nn.Mish)


@contextmanager
def evaluated(network: nn.Module) -> Iterator[None]:
    """Set evaluation mode without gradients for the block, then give each module its own mode back."""
    modes = [(module, module.training) for module in network.modules()]
    try:
        network.eval()
        with torch.no_grad():
            yield
    finally:
        for module, mode in modes:
            module.training = mode


@contextmanager
def replaced(module: nn.Module, output: Tensor) -> Iterator[None]:
    """Make the module return `output` without computing anything, for the block."""
    own = vars(module).get("forward")  # set on this instance by somebody else, if at all
    module.forward = lambda *_inputs, **_options: output
    try:
        yield
    finally:
        del module.forward
        if own is not None:
            module.forward = own


def check_submodules(network: nn.Module, names: list[str], source: str) -> None:
    """Raise ValueError, naming the model's file `source`, for the first name that no module has."""
    known = [name for name, _ in network.named_modules() if name]
    for name in names:
        if name not in known:
            what = f"{source}: LAYERS names the layer {name!r}, but the network that build returns lacks it"
            raise ValueError(f"{what}; name one that it has ({', '.join(known)})")


def outputs(network: nn.Module, inputs: Tensor, names: list[str]) -> dict[str, Tensor]:
    """Return the whole outputs {name: (n, ...)} of the named modules.

    Raises ValueError if the network calls one of them never, or more than once.
    """
    found: dict[str, Tensor] = {}
    with evaluated(network), ExitStack() as hooks:
        for name in names:
            keep = partial(_keep, found, name)
            hook = network.get_submodule(name).register_forward_hook(
                lambda _module, _inputs, y, keep=keep: keep(y)
            )
            hooks.callback(hook.remove)
        network(inputs)
    unused = [name for name in names if name not in found]
    if unused:
        raise ValueError(f"the network never calls its module {unused[0]}, so it has no output; name another")
    return found


def preactivations(
    network: nn.Module,
    points: Tensor,
    rest: Callable[[Tensor], Tensor] | None = None,
    after: str | None = None,
) -> dict[str, Tensor]:
    """Return the input of each activation module, {its name: (n, width)}, in the order of the calls.

    For a sequence, that is the input at the last position. `points` are the network's own inputs. If `rest`
    is `rest_after(network, after, …)`, they are outputs of the module `after`, and only later modules count.

    Raises ValueError if no activation module is called, or one of them more than once.
    """
    found: dict[str, Tensor] = {}
    with evaluated(network), ExitStack() as hooks:
        for name, module in network.named_modules():
            if isinstance(module, ACTIVATIONS):
                keep = partial(_keep, found, name)
                hook = module.register_forward_pre_hook(lambda _module, inputs, keep=keep: keep(inputs[0]))
                hooks.callback(hook.remove)
        if after is not None:
            hook = network.get_submodule(after).register_forward_hook(lambda *_: found.clear())
            hooks.callback(hook.remove)
        (rest or network)(points)
    if not found:
        raise ValueError(
            "the network calls no activation module; use one (nn.ReLU, nn.GELU, …) in place of a function."
        )
    return {name: at_last_position(values) for name, values in found.items()}


def _keep(found: dict[str, Tensor], name: str, value: Tensor) -> None:
    if name in found:
        raise ValueError(
            f"the network calls its module {name} more than once; give each use a module of its own."
        )
    found[name] = value


def at_last_position(values: Tensor) -> Tensor:
    """Return values (n, width) as they are, and values (n, n_positions, width) at the last position."""
    return values[:, -1] if values.ndim == 3 else values


def rest_after(network: nn.Module, name: str, inputs: Tensor) -> Callable[[Tensor], Tensor]:
    """Return the rest of the network after the named module, as a function of that module's output.

    The function's argument replaces the module's output. The module itself does not run, and the modules
    before it run on one sample alone, which costs next to nothing.

    Raises ValueError if the rest does not give the network's own output for `inputs`, because something goes
    around the module.
    """

    def rest(values: Tensor) -> Tensor:
        with evaluated(network), replaced(network.get_submodule(name), values):
            return network(inputs[:1])

    _check_all_goes_through(network, name, inputs, rest)
    return rest


def _check_all_goes_through(
    network: nn.Module, name: str, inputs: Tensor, rest: Callable[[Tensor], Tensor]
) -> None:
    message = f"something goes around module {name} (a skip connection?); name another layer."
    values = outputs(network, inputs, [name])[name]
    with evaluated(network):
        expected = network(inputs)
    try:
        found = rest(values)
    except RuntimeError as error:  # the shapes of one sample and of many do not fit
        raise ValueError(message) from error
    rounding = ROUNDINGS * torch.finfo(expected.dtype).eps * expected.nan_to_num().abs().max().item()
    if found.shape != expected.shape or not torch.allclose(
        found, expected, rtol=0, atol=rounding, equal_nan=True
    ):
        raise ValueError(message)


class _Whole(fx.Tracer):
    """A tracer that looks only into modules that contain other modules."""

    def is_leaf_module(self, module: nn.Module, _name: str) -> bool:
        return not any(True for _ in module.children())


def chain(network: nn.Module) -> dict[str, nn.Module]:
    """Return a network's modules {name: module} in order, if each reads only the output of the one before.

    Raises ValueError if the network is not such a chain.
    """
    try:
        first, *calls, last = _Whole().trace(network).nodes
    except Exception as error:  # the network's own code may raise anything
        raise ValueError(f"the network is not a chain of modules: {error}") from error
    read = [node.args for node in (*calls, last)]
    other = next((node for node in calls if node.op != "call_module"), None)
    if other is not None or read != [(node,) for node in (first, *calls)]:
        what = f"its forward calls {other.target}" if other else "a module reads more than the one before it"
        raise ValueError(f"the network is not a chain of modules: {what}.")
    return {node.target: network.get_submodule(node.target) for node in calls}
