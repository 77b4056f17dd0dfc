"""Check of what a model and a loss return, on a few samples before the first step.

The built-in ones do. A model or loss of the user's own that does not would train on something else than the
recipe says, and no number would tell.
"""

import torch
from torch import Tensor

from grokking_phases.arguments import type_of
from grokking_phases.training.returned import check_returned
from grokking_phases.training.trainer import Trainer

FEW = 4  # samples


def check_contracts(trainer: Trainer, model: str, n_classes: int) -> None:
    """Raise ValueError unless the model returns logits, and the loss is a sum over samples.

    model: the model's file, for the message.
    """
    inputs, targets = (values[:FEW] for values in trainer.data["train"])
    trainer.model.eval()
    logits = trainer.forward(trainer.model, inputs)
    if not isinstance(logits, Tensor) or logits.shape != (len(inputs), n_classes):
        what = f"{model}: the network returns {type_of(logits)} for {len(inputs)} samples"
        raise ValueError(f"{what}; let its forward return the logits, ({len(inputs)}, {n_classes}).")
    loss = f"losses/{trainer.recipe.loss}.py: loss"
    whole = trainer.summed_loss(logits, targets)
    check_returned(whole, Tensor, loss)
    if whole.ndim or not whole.requires_grad:
        what = f"{loss} returns {type_of(whole)}" if whole.ndim else f"{loss} is cut off from the network"
        raise ValueError(f"{what}; return one number, a tensor from which gradients flow back.")
    parts = [trainer.summed_loss(*each) for each in zip(logits.split(1), targets.split(1), strict=True)]
    if not torch.allclose(whole, torch.stack(parts).sum(), rtol=1e-3, atol=1e-6, equal_nan=True):
        what = f"{loss} of {len(inputs)} samples is not the sum of theirs"
        raise ValueError(f"{what}; return the sum over the samples, not the mean.")
