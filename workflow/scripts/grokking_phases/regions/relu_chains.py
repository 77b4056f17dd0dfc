"""Networks that are chains of an embedding, then Linear and ReLU in turn, read for their regions.

    embedding …, Linear, ReLU, Linear, ReLU, …, Linear

The embedding is everything before the first Linear. Its output is the space that the regions divide. Between
the ReLUs the network is affine. Dropout and Identity do nothing in evaluation, and are left out.
"""

import numpy as np
import torch
from torch import nn

from grokking_phases.regions.partition import Slice

Modules = dict[str, nn.Module]  # in order: each module reads the output of the one before
Layer = tuple[np.ndarray, np.ndarray]  # weight (width, inputs), bias (width,)


def hidden_layers(chain: Modules) -> dict[str, Layer]:
    """Return {name of the ReLU: (weight, bias) of the Linear before it, in float64} for each hidden layer.

    Raise ValueError if the network is not Linear and ReLU in turn. A GELU, say, has no boundary, so its
    regions cannot be exact.
    """
    after = list(affine_part(chain).items())
    for i, (name, module) in enumerate(after):
        expected = nn.ReLU if i % 2 else nn.Linear
        if not isinstance(module, expected):
            raise ValueError(
                f"module {name} is a {type(module).__name__}, not a {expected.__name__}: exact regions need "
                "a network of Linear and ReLU in turn; measure local_complexity instead."
            )
    if len(after) < 2:
        raise ValueError(
            "the network has no Linear followed by a ReLU, which exact regions need; give it a hidden layer."
        )
    return {
        name: (as_array(linear.weight), bias_of(linear))
        for (_, linear), (name, _) in zip(after[::2], after[1::2], strict=False)
    }


def affine_part(chain: Modules) -> Modules:
    """Return the modules from the first Linear on, without those that do nothing in evaluation."""
    names = [name for name, module in chain.items() if not isinstance(module, nn.Dropout | nn.Identity)]
    first = next((i for i, name in enumerate(names) if isinstance(chain[name], nn.Linear)), len(names))
    return {name: chain[name] for name in names[first:]}


@torch.no_grad()
def square_of(chain: Modules, inputs: np.ndarray, seed: int) -> Slice:
    """Return the square on which regions are counted, for samples `inputs`.

    It lies in the space that the first Linear reads (`Slice.of_samples`).
    """
    points = torch.from_numpy(inputs)
    for name, module in chain.items():
        if name in affine_part(chain):
            break
        points = module(points)
    return Slice.of_samples(points.double().cpu().numpy(), seed)


def is_finite(chain: Modules) -> bool:
    """Return whether all weights of a chain are finite."""
    return all(p.isfinite().all() for module in chain.values() for p in module.parameters())


def readout_of(chain: Modules) -> np.ndarray:
    """Return the weight of the last Linear."""
    linears = [module for module in affine_part(chain).values() if isinstance(module, nn.Linear)]
    return as_array(linears[-1].weight)


def as_array(values: torch.Tensor) -> np.ndarray:
    """Return a tensor as a float64 array."""
    return values.detach().double().cpu().numpy()


def bias_of(linear: nn.Linear) -> np.ndarray:
    """Return the bias of a Linear, zeros if it has none."""
    return np.zeros(linear.out_features) if linear.bias is None else as_array(linear.bias)
