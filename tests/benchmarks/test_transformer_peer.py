"""The transformer against the plain model that it is timed against.

Both are the same function, and with dropout their outputs have the same distribution.
"""

import pytest
import torch
import transformer_step
from transformer_step import PlainLoop, counterparts, largest_difference

from grokking_phases.data.split import split
from grokking_phases.datasets import modular_division
from grokking_phases.models import transformer
from grokking_phases.training.architecture import architecture_of
from grokking_phases.training.trainer import Trainer

EXAMPLES = split(modular_division.make(p=23, inverse="exact"), 0.5, 0)
N_DRAWS, DROPOUT = 4000, 0.3


def build():
    return transformer.build(n_tokens=EXAMPLES.n_tokens, n_classes=EXAMPLES.n_classes, dropout=DROPOUT)


def test_loss_and_gradients_equal_those_of_the_plain_model():
    architecture = architecture_of({"model": {"module": "transformer", "dropout": DROPOUT}}, EXAMPLES)
    ours = Trainer(architecture, EXAMPLES, transformer_step.RECIPE, 0, "cpu")
    assert largest_difference(ours, PlainLoop(EXAMPLES, DROPOUT)) < 1e-5


@pytest.mark.parametrize("loud", ["attention.output", "down"])
def test_with_dropout_the_logits_have_the_distribution_of_the_plain_model(loud):
    """Compare means and variances, to within 5 standard errors.

    The standard error of the variance of n normal values is sqrt(2 / n) of the variance.
    """
    torch.manual_seed(0)
    ours, theirs = build(), PlainLoop(EXAMPLES, DROPOUT)
    with torch.no_grad():
        for block in ours.blocks:
            # Otherwise, little of the variance would come from this layer.
            block.get_submodule(loud).weight.mul_(30)
        for mine, other in counterparts(ours, theirs.model):
            other.copy_(torch.cat(mine))
        a, b = EXAMPLES.inputs[0]
        x = ours(torch.tensor([[a, b]] * N_DRAWS))  # each sample gets masks of its own
        y = theirs.model(torch.tensor([[a, EXAMPLES.n_tokens, b, EXAMPLES.n_tokens + 1]] * N_DRAWS))
    variances = x.var(0), y.var(0)
    errors = ((variances[0] + variances[1]) / N_DRAWS).sqrt()
    assert ((x.mean(0) - y.mean(0)).abs() < 5 * errors).all()
    assert ((variances[0] / variances[1]).log().abs() < 5 * (4 / N_DRAWS) ** 0.5).all()


def test_each_sample_has_masks_of_its_own():
    """Shared masks would leave the distribution as it is, but correlate the samples of a batch."""
    torch.manual_seed(0)
    logits = build()(torch.tensor([[1, 2], [1, 2]] * 500)).detach()[:, 0].view(500, 2)
    assert abs(torch.corrcoef(logits.T)[0, 1]) < 5 / 500**0.5
