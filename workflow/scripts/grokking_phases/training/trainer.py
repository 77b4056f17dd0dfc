"""Training, one optimiser step at a time, without files or metrics.

Everything random follows from the seed. Initial weights and dropout come from torch's own generator, which is
seeded once before the network is built. So are those of numpy and Python, which a model of the user's own may
draw its weights from. Batches come from a second generator. `state` returns everything that the next step
depends on, so a trainer that loads it continues with the same bits.
"""

import random
from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from grokking_phases.examples import Examples
from grokking_phases.plugins import module
from grokking_phases.recipe import Recipe
from grokking_phases.training.architecture import Architecture
from grokking_phases.training.cuda_graph import RecordedStep
from grokking_phases.training.norm_constraint import constrained_parameters, initialise, l2_norm, rescale
from grokking_phases.training.returned import check_returned

ROWS = 2048  # the most at a time; this bounds memory, and keeps activations in the cache


class Trainer:
    """A network, its data and its optimiser, at the step `step`."""

    def __init__(
        self, architecture: Architecture, examples: Examples, recipe: Recipe, seed: int, device: str
    ) -> None:
        seed_everything(seed)
        self.recipe, self.seed, self.device, self.step = recipe, seed, device, 0
        self.batches = self._batches_from(0)
        self.model, self.forward = architecture.build(), architecture.forward
        self.norm = initialise(self.model, recipe).to(device)
        self.model.to(device)
        self.optimizer = module("optimizers", recipe.optimizer).build(self.model.parameters(), recipe)
        check_returned(self.optimizer, torch.optim.Optimizer, f"optimizers/{recipe.optimizer}.py: build")
        # An optimiser may give groups of parameters rates of their own; the recipe's schedule scales all.
        self.rates = [group["lr"] / recipe.learning_rate for group in self.optimizer.param_groups]
        self.loss = module("losses", recipe.loss).loss
        self.loss_dtype = getattr(torch, recipe.loss_dtype)
        self.launch = self._choose_launch()
        self.data = {}
        for split, rows in {"train": examples.train, "test": ~examples.train}.items():
            inputs, targets = (
                torch.from_numpy(examples.inputs[rows]),
                torch.from_numpy(examples.targets[rows]),
            )
            self.data[split] = inputs.to(device), targets.to(device)

    def take_step(self) -> None:
        """Draw the next batch and update the parameters once."""
        for group, rate in zip(self.optimizer.param_groups, self.rates, strict=True):
            group["lr"] = rate * self.recipe.learning_rate_at(self.step)
        self.model.train()
        self.launch(*self._draw_batch())
        self.step += 1

    def descend(self, inputs: Tensor, targets: Tensor) -> None:
        """Update the parameters in place by the batch's mean gradient; a CUDA graph can record this."""
        self.optimizer.zero_grad()
        n_parts = -(-len(targets) // ROWS)  # the parts' gradients add up to the batch's
        for part, answers in zip(inputs.tensor_split(n_parts), targets.tensor_split(n_parts), strict=True):
            with torch.autocast(self.device, torch.bfloat16, enabled=self.recipe.matmul == "bfloat16"):
                logits = self.forward(self.model, part)
            (self.summed_loss(logits, answers) / len(targets)).backward()
        self.optimizer.step()
        if self.recipe.constrain_norm != "none":
            constrained = constrained_parameters(self.model, self.recipe)
            rescale(constrained, self.norm / l2_norm(constrained))

    def summed_loss(self, logits: Tensor, targets: Tensor) -> Tensor:
        """Return the sum of the loss over the samples, computed in the recipe's `loss_dtype`."""
        return self.loss(logits.to(self.loss_dtype), targets)

    def _choose_launch(self) -> Callable[[Tensor, Tensor], None]:
        """Return `descend`; on CUDA, a version that is recorded once the learning rate no longer changes."""
        on_cuda = self.device == "cuda"
        for group in self.optimizer.param_groups:
            group["capturable"] = on_cuda
        warmup_left = max(self.recipe.warmup_steps - self.step, 0)
        return RecordedStep(self.descend, warmup_left) if on_cuda else self.descend

    def _batches_from(self, step: int) -> torch.Generator:
        """Return the generator of batches for a training that begins, or changes its device, at `step`."""
        origin = [self.seed, 1, step] if step else [self.seed, 1]
        return torch.Generator(self.device).manual_seed(
            int(np.random.SeedSequence(origin).generate_state(1)[0])
        )

    def _draw_batch(self) -> tuple[Tensor, Tensor]:
        """Return the inputs and targets of the next batch."""
        inputs, targets = self.data["train"]
        if self.recipe.batch_size is None:
            return inputs, targets
        size = (self.recipe.batch_size,)
        rows = torch.randint(len(targets), size, generator=self.batches, device=self.device)
        return inputs[rows], targets[rows]

    @torch.no_grad()
    def evaluate(self) -> dict[str, float]:
        """Return mean loss and accuracy on the full train and test sets, and all parameters' L2 norm."""
        self.model.eval()
        means = {}
        for split, (inputs, targets) in self.data.items():
            sums = torch.zeros(2, dtype=torch.float64, device=targets.device)
            for rows, answers in zip(inputs.split(ROWS), targets.split(ROWS), strict=True):
                logits = self.forward(self.model, rows)
                sums[0] += self.summed_loss(logits, answers)
                sums[1] += (logits.argmax(1) == answers).sum()
            means[f"{split}_loss"], means[f"{split}_accuracy"] = sums / len(targets)
        means["weight_norm"] = l2_norm(list(self.model.parameters())).double()
        # One transfer of all values, so that a GPU is waited for once.
        return dict(zip(means, torch.stack(list(means.values())).tolist(), strict=True))

    def state(self) -> dict:
        """Return everything that the next step depends on."""
        return {
            "step": self.step,
            "model": self.model.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "norm": self.norm,
            "device": self.device,
            "batches": self.batches.get_state(),
            "dropout": torch.get_rng_state(),
            "dropout_cuda": torch.cuda.get_rng_state() if self.device == "cuda" else None,
        }

    def load(self, state: dict) -> None:
        """Continue from this state; a state of another device gets a new stream of batches."""
        self.step, self.norm = state["step"], state["norm"].to(self.device)
        self.model.load_state_dict(state["model"])
        self.optimizer.load_state_dict(state["optimizer"])
        torch.set_rng_state(state["dropout"])
        if state["device"] != self.device:
            self.batches = self._batches_from(self.step)
        else:
            self.batches.set_state(state["batches"])
            if self.device == "cuda":
                torch.cuda.set_rng_state(state["dropout_cuda"])
        self.launch = self._choose_launch()  # a recording would update the optimiser's old state


def seed_everything(seed: int) -> None:
    """Seed the generators of torch, numpy and Python that a model can draw its initial weights from."""
    torch.manual_seed(seed)
    np.random.seed(seed % 2**32)  # noqa: NPY002, since it is the one that a model draws from unasked
    random.seed(seed)
