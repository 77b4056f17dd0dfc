"""A training recipe: everything about training that is not the data or the network."""

from dataclasses import dataclass, field
from typing import Literal


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """The settings that a network is trained with.

    steps            the number of optimiser updates
    learning_rate    the optimiser's, after the warm-up
    betas            AdamW's: the decay rates of the running means of the gradient and of its square
    batch_size       rows in a step, drawn with replacement; None = the full train set
    weight_decay     AdamW's: each step multiplies every parameter by 1 - learning_rate * weight_decay
    warmup_steps     the number of steps over which the learning rate grows linearly from 0
    alpha            the factor that multiplies the initial weights, but not biases (Omnigrok, 2210.01117)
    constrain_norm   what is rescaled to its initial L2 norm after every step: the weights, or all parameters
                     (Omnigrok's variant, which multiplies biases by alpha too)
    zero_last_layer  whether the weights of the readout start at zero (emergence paper, section 4); the norm
                     is taken before
    matmul           the precision of matrix products in training, not in evaluation; bfloat16 is faster on
                     processors that have it, and gives a different training
    loss_dtype       the float type of the loss and of its gradient by the logits, in training and evaluation;
                     parameters and products stay float32. In float32, which the emergence paper's code has,
                     the gradient no longer sums to zero over classes where probabilities round to 1: softmax
                     collapse (Prieto et al., 2501.04697)
    evaluate         the steps at which loss and accuracy are taken on the full train and test sets, besides
                     every snapshot
    optimizer        the file in `optimizers/` that updates the parameters
    loss             the file in `losses/` whose mean over the batch is minimised
    """

    steps: int
    learning_rate: float
    batch_size: int | None = None
    weight_decay: float = 0.0
    betas: list[float] = field(default_factory=lambda: [0.9, 0.98])
    warmup_steps: int = 0
    alpha: float = 1.0
    constrain_norm: Literal["none", "weights", "all"] = "none"
    zero_last_layer: bool = False
    matmul: Literal["float32", "bfloat16"] = "float32"
    loss_dtype: Literal["float64", "float32"] = "float64"
    evaluate: list[int] | dict[str, int] = field(default_factory=lambda: {"every": 5})
    optimizer: str = "adamw"
    loss: str = "cross_entropy"

    def learning_rate_at(self, step: int) -> float:
        """Return the learning rate of the update that leads from `step` to `step + 1`."""
        if step >= self.warmup_steps:
            return self.learning_rate
        return self.learning_rate * step / self.warmup_steps
