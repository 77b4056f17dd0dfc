"""Softmax collapse: how far a network has gone to where softmax can no longer tell its logits apart.

Let z be the logits of a sample, p = softmax(z), and t its class:

    p_t = 1 / (1 + x),    x = sum over j != t of exp(z_j - z_t)

Where 1 + x rounds to 1, so does p_t, and a cross-entropy computed with this rounding has a gradient that no
longer sums to 0 over classes (Prieto et al. 2025, arXiv 2501.04697: the sum absorbs its small terms).
Adaptive optimisers amplify what is left of it. It drives the logits in a direction that softmax ignores: all
classes by the same amount. With the last layer's weights and bias W = [weight, bias] of n_classes rows w_c,
and m = mean over c of w_c, that part of the layer is m in every row, and its Frobenius norm is

    sqrt(n_classes) |m|

A loss without that rounding has no gradient along this part, so without weight decay plain gradient descent
leaves it as it is. All measures are of the train samples, in evaluation mode, in float64 from float32 logits.
"""

from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor, nn

from grokking_phases.data.module_hooks import at_last_position, evaluated
from grokking_phases.threads import one_thread

# The metric reads the network of each step, not only the recorded activations.
NEEDS_NETWORK = True

ROWS = 1024  # samples that the network reads at a time: bounds memory
DTYPES = {"float32": torch.float32, "float64": torch.float64}


@one_thread
def compute(snapshots, *, last_layer: str = "readout") -> Iterator[dict]:
    """Yield rows {step, layer, metric, value} for each snapshot; `layer` is the name of the last layer.

    `snapshots` yields snapshots with `step` and `network`, and has `inputs` and `targets`, the train samples
    and their classes. `last_layer` is the network's Linear whose outputs are the logits.

    rounded_to_one           share of the samples whose target probability rounds to 1 in float32
    rounded_to_one_float64   the same in float64
    class_mean_norm          sqrt(n_classes) |m|, above
    last_layer_norm          the Frobenius norm of the last layer, W
    logit_scale              root mean square over samples and classes of the logits less their mean over
                             classes
    n_undefined              number of samples with a logit that is not finite. Where there are any, the
                             shares and the scale are NaN

    Raise ValueError if the network has no Linear of this name, or it does not give the logits.
    """
    return _rows(snapshots, last_layer)


def _rows(snapshots, name: str) -> Iterator[dict]:
    inputs, targets = torch.from_numpy(snapshots.inputs), torch.from_numpy(snapshots.targets)
    for snapshot in snapshots:
        layer = last_linear(snapshot.network, name)
        logits = logits_of(snapshot.network, inputs)
        if logits.shape != (len(targets), layer.out_features):
            raise ValueError(
                f"last_layer: {name} gives {layer.out_features} numbers, and the network {logits.shape[1:]} "
                "for each sample; name the layer whose outputs are the logits."
            )
        for metric, value in (of_layer(layer) | of_logits(logits, targets)).items():
            yield {"step": snapshot.step, "layer": name, "metric": metric, "value": float(value)}


def last_linear(network: nn.Module, name: str) -> nn.Linear:
    """Return the network's Linear of this name; raise ValueError if there is none."""
    linears = {each: module for each, module in network.named_modules() if isinstance(module, nn.Linear)}
    if name not in linears:
        known = ", ".join(linears) or "none"
        raise ValueError(
            f"last_layer: the network has no Linear {name!r}; name its last one, of those it has ({known})."
        )
    return linears[name]


def logits_of(network: nn.Module, inputs: Tensor) -> Tensor:
    """Return the logits (n_samples, n_classes) in float64; for a sequence, those at its last position."""
    with evaluated(network):
        parts = [at_last_position(network(rows)) for rows in inputs.split(ROWS)]
    return torch.cat(parts).double().cpu()


def of_layer(layer: nn.Linear) -> dict[str, float]:
    """Return the norms of the last layer, and of its part that is the same for all classes."""
    rows = layer.weight.detach().double().cpu()  # (n_classes, width)
    if layer.bias is not None:
        rows = torch.cat([rows, layer.bias.detach().double().cpu()[:, None]], dim=1)
    mean = rows.mean(dim=0)
    return {
        "class_mean_norm": len(rows) ** 0.5 * mean.norm().item(),
        "last_layer_norm": rows.norm().item(),
    }


def of_logits(logits: Tensor, targets: Tensor) -> dict[str, float]:
    """Return the shares of target probabilities that round to 1, and the scale of the logits."""
    n_undefined = int((~logits.isfinite()).any(dim=1).sum())
    names = [f"rounded_to_one{'' if dtype == 'float32' else f'_{dtype}'}" for dtype in DTYPES]
    if n_undefined:
        return dict.fromkeys([*names, "logit_scale"], np.nan) | {"n_undefined": n_undefined}
    x = odds_against(logits, targets)
    shares = {
        name: rounds_to_one(x, dtype).double().mean().item()
        for name, dtype in zip(names, DTYPES.values(), strict=True)
    }
    centred = logits - logits.mean(dim=1, keepdim=True)
    return shares | {"logit_scale": centred.square().mean().sqrt().item(), "n_undefined": 0}


def odds_against(logits: Tensor, targets: Tensor) -> Tensor:
    """Return x = (1 - p_t) / p_t of each sample (n_samples,); 0 where there are no other classes."""
    own = targets[:, None]
    others = logits.scatter(1, own, -torch.inf)
    return (others.logsumexp(dim=1) - logits.gather(1, own)[:, 0]).exp()


def rounds_to_one(x: Tensor, dtype: torch.dtype) -> Tensor:
    """Return where 1 + x, x >= 0, rounds to 1.

    From 1 on the numbers of a type lie eps apart. Halfway between two, the even one, 1, is taken.
    """
    return x <= torch.finfo(dtype).eps / 2
