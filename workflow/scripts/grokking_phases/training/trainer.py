"""Training, one optimiser step at a time: it knows no file and no metric.

Everything random follows from the seed: the initial weights and dropout from torch's own generator, seeded once before
the network is built, the batches from a second one. `state` holds all that the next step depends on, so a trainer that
loads it goes on with the same bits.
"""

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from grokking_phases.examples import Examples
from grokking_phases.recipe import Recipe
from grokking_phases.training.cuda_graph import Graphed

ROWS = 2048  # at most, at a time: bounds memory, and keeps activations in the cache


class Trainer:
    """A network, its data and its optimiser, at `step`."""

    def __init__(
        self, build: Callable[[], nn.Module], examples: Examples, recipe: Recipe, seed: int, device: str
    ) -> None:
        torch.manual_seed(seed)
        self.recipe, self.seed, self.device, self.step = recipe, seed, device, 0
        self.batches = self._batches_from(0)
        self.model = build()
        self.norm = initialise(self.model, recipe).to(device)
        self.model.to(device)
        self.optimizer = torch.optim.AdamW(
            self.model.parameters(),
            recipe.learning_rate,
            tuple(recipe.betas),
            weight_decay=recipe.weight_decay,
            fused=True,
        )
        self._prepare()
        self.data = {}
        for split, rows in {"train": examples.train, "test": ~examples.train}.items():
            inputs, targets = torch.from_numpy(examples.inputs[rows]), torch.from_numpy(examples.targets[rows])
            self.data[split] = inputs.to(device), targets.to(device)

    def advance(self) -> None:
        """One optimiser update."""
        for group in self.optimizer.param_groups:
            group["lr"] = self.recipe.learning_rate_at(self.step)
        self.model.train()
        self.update(*self._batch())
        self.step += 1

    def _update(self, inputs: Tensor, targets: Tensor) -> None:
        self.optimizer.zero_grad()
        n_parts = -(-len(targets) // ROWS)  # their gradients add up to the batch's
        for part, answers in zip(inputs.tensor_split(n_parts), targets.tensor_split(n_parts), strict=True):
            with torch.autocast(self.device, torch.bfloat16, enabled=self.recipe.matmul == "bfloat16"):
                loss = F.cross_entropy(self.model(part), answers, reduction="sum") / len(targets)
            loss.backward()
        self.optimizer.step()
        if self.recipe.constrain_norm != "none":
            constrained = constrained_parameters(self.model, self.recipe)
            rescale(constrained, self.norm / l2_norm(constrained))

    def _prepare(self) -> None:
        """For the steps from here on: on CUDA they are recorded, once the learning rate no longer changes."""
        on_cuda = self.device == "cuda"
        for group in self.optimizer.param_groups:
            group["capturable"] = on_cuda
        self.update = Graphed(self._update, max(self.recipe.warmup_steps - self.step, 0)) if on_cuda else self._update

    def _batches_from(self, step: int) -> torch.Generator:
        """The stream of batches of a training that begins, or changes its device, at `step`."""
        origin = [self.seed, 1, step] if step else [self.seed, 1]
        return torch.Generator(self.device).manual_seed(int(np.random.SeedSequence(origin).generate_state(1)[0]))

    def _batch(self) -> tuple[Tensor, Tensor]:
        inputs, targets = self.data["train"]
        if self.recipe.batch_size is None:
            return inputs, targets
        size = (self.recipe.batch_size,)
        rows = torch.randint(len(targets), size, generator=self.batches, device=self.device)
        return inputs[rows], targets[rows]

    @torch.no_grad()
    def evaluate(self) -> dict[str, float]:
        """Mean cross-entropy (nats) and accuracy on the full train and test sets, and the parameters' L2 norm."""
        self.model.eval()
        means = {}
        for split, (inputs, targets) in self.data.items():
            sums = torch.zeros(2, dtype=torch.float64, device=targets.device)
            for rows, answers in zip(inputs.split(ROWS), targets.split(ROWS), strict=True):
                logits = self.model(rows)
                sums[0] += F.cross_entropy(logits, answers, reduction="sum")
                sums[1] += (logits.argmax(1) == answers).sum()
            means[f"{split}_loss"], means[f"{split}_accuracy"] = sums / len(targets)
        means["weight_norm"] = l2_norm(list(self.model.parameters())).double()
        return dict(zip(means, torch.stack(list(means.values())).tolist(), strict=True))  # a GPU is waited for once

    def state(self) -> dict:
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
        self._prepare()  # what was recorded changes an optimiser's state that is no longer there


@torch.no_grad()
def initialise(model: nn.Module, recipe: Recipe) -> Tensor:
    """Scale by alpha, take the norm to be kept, then zero the last layer (emergence paper, section 4)."""
    constrained = constrained_parameters(model, recipe)
    rescale(constrained, torch.tensor(recipe.alpha))
    norm = l2_norm(constrained)
    if recipe.zero_last_layer:
        model.readout.weight.zero_()
    return norm


def constrained_parameters(model: nn.Module, recipe: Recipe) -> list[nn.Parameter]:
    """What alpha scales and the constraint holds: weight matrices, or all parameters."""
    return [parameter for parameter in model.parameters() if recipe.constrain_norm == "all" or parameter.ndim > 1]


@torch.no_grad()
def l2_norm(parameters: list[nn.Parameter]) -> Tensor:
    return torch.linalg.vector_norm(torch.stack(torch._foreach_norm(parameters)))


@torch.no_grad()
def rescale(parameters: list[nn.Parameter], factor: Tensor) -> None:
    torch._foreach_mul_(parameters, factor)
