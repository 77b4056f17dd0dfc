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

ROWS = 1024  # at most, at a time: bounds memory, and keeps activations in the cache


class Trainer:
    """A network, its data and its optimiser, at `step`."""

    def __init__(
        self, build: Callable[[], nn.Module], examples: Examples, recipe: Recipe, seed: int, device: str
    ) -> None:
        torch.manual_seed(seed)
        self.batches = torch.Generator().manual_seed(int(np.random.SeedSequence([seed, 1]).generate_state(1)[0]))
        self.recipe, self.step = recipe, 0
        self.model = build()
        self.norm = initialise(self.model, recipe)
        self.model.to(device)
        self.optimizer = torch.optim.AdamW(
            self.model.parameters(),
            recipe.learning_rate,
            tuple(recipe.betas),
            weight_decay=recipe.weight_decay,
            fused=True,
        )
        self.data = {}
        for split, rows in {"train": examples.train, "test": ~examples.train}.items():
            inputs, targets = torch.from_numpy(examples.inputs[rows]), torch.from_numpy(examples.targets[rows])
            self.data[split] = inputs.to(device), targets.to(device)

    def advance(self) -> None:
        """One optimiser update."""
        inputs, targets = self._batch()
        for group in self.optimizer.param_groups:
            group["lr"] = self.recipe.learning_rate_at(self.step)
        self.model.train()
        self.optimizer.zero_grad()
        n_parts = -(-len(targets) // ROWS)  # their gradients add up to the batch's
        for part, answers in zip(inputs.tensor_split(n_parts), targets.tensor_split(n_parts), strict=True):
            (F.cross_entropy(self.model(part), answers, reduction="sum") / len(targets)).backward()
        self.optimizer.step()
        if self.recipe.constrain_norm != "none":
            constrained = constrained_parameters(self.model, self.recipe)
            rescale(constrained, self.norm / l2_norm(constrained))
        self.step += 1

    def _batch(self) -> tuple[Tensor, Tensor]:
        inputs, targets = self.data["train"]
        if self.recipe.batch_size is None:
            return inputs, targets
        rows = torch.randint(len(targets), (self.recipe.batch_size,), generator=self.batches).to(targets.device)
        return inputs[rows], targets[rows]

    @torch.no_grad()
    def evaluate(self) -> dict[str, float]:
        """Mean cross-entropy (nats) and accuracy on the full train and test sets, and the parameters' L2 norm."""
        self.model.eval()
        values = {}
        for split, (inputs, targets) in self.data.items():
            sums = torch.zeros(2, dtype=torch.float64, device=targets.device)
            for rows, answers in zip(inputs.split(ROWS), targets.split(ROWS), strict=True):
                logits = self.model(rows)
                sums[0] += F.cross_entropy(logits, answers, reduction="sum")
                sums[1] += (logits.argmax(1) == answers).sum()
            values[f"{split}_loss"], values[f"{split}_accuracy"] = (sums / len(targets)).tolist()
        return values | {"weight_norm": l2_norm(list(self.model.parameters())).item()}

    def state(self) -> dict:
        return {
            "step": self.step,
            "model": self.model.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "norm": self.norm,
            "batches": self.batches.get_state(),
            "dropout": torch.get_rng_state(),
            "dropout_cuda": torch.cuda.get_rng_state_all() if torch.cuda.is_available() else [],
        }

    def load(self, state: dict) -> None:
        self.step, self.norm = state["step"], state["norm"]
        self.model.load_state_dict(state["model"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.batches.set_state(state["batches"])
        torch.set_rng_state(state["dropout"])
        if state["dropout_cuda"]:
            torch.cuda.set_rng_state_all(state["dropout_cuda"])


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
