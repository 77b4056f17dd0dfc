"""One reading of a network: its layers on the probe samples, and its losses and accuracies."""

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.parameter import is_lazy

from grokking_phases.arguments import type_of
from grokking_phases.data.layer_rules import LayerRule, captured
from grokking_phases.data.recorder_settings import Settings, cross_entropy, share_correct

Pair = tuple[Tensor, Tensor]  # inputs and targets


@dataclass
class NetworkReader:
    """A network, the rules of the layers to read, and the samples by split: `train` (the probe), `test`."""

    network: nn.Module
    rules: list[LayerRule]
    samples: dict[str, Pair]
    settings: Settings
    is_checked: bool = False

    def read(self) -> tuple[dict[str, Tensor], dict[str, float]]:
        """Return {layer: activations (n_samples, width)} on the probe samples, and the curves' values.

        The curves are loss and accuracy of each split, and the L2 norm of all parameters.
        """
        for name, value in self.network.named_parameters():
            if is_lazy(value):
                raise ValueError(f"parameter {name} has no shape yet; run the network once before recording.")
        tables, curves = {}, {}
        for split, (X, targets) in self.samples.items():
            found, logits = self._run(X, self.rules if split == "train" else [])
            tables |= found
            curves |= self._scores(split, logits, targets)
        if not self.is_checked:
            self._check_first_axis(tables)
            self.is_checked = True
        norms = [value.detach().double().norm() for value in self.network.parameters()]
        return tables, curves | {"weight_norm": float(torch.stack(norms).norm()) if norms else 0.0}

    def _run(self, X: Tensor, rules: list[LayerRule]) -> tuple[dict[str, Tensor], Tensor | Any]:
        """Return the tables {layer: (n, width)} and the output of the network for all rows of X."""
        parts: dict[str, list[Tensor]] = {rule.layer: [] for rule in rules}
        results = []
        needs_output = self.settings.loss or self.settings.accuracy
        for rows in X.split(self.settings.batch_size):
            with captured(self.network, rules, len(rows)) as found:
                result = self._forward(rows)
            if needs_output and len(rows) < len(X):
                check_rows(result, len(rows), len(X))
            results += [result] if needs_output else []
            for layer, table in found.items():
                parts[layer].append(table)
        tables = {name: torch.cat(each) for name, each in parts.items()}
        return tables, joined(results)

    def _forward(self, rows: Tensor) -> Any:
        first = next(self.network.parameters(), None)
        rows = rows if first is None else rows.to(first.device)
        try:
            return self.settings.forward(self.network, rows) if self.settings.forward else self.network(rows)
        except (RuntimeError, TypeError) as error:
            first_line = str(error).partition("\n")[0]
            what = f"the network cannot read the samples, {type_of(rows)}: {first_line}"
            raise ValueError(
                f"{what}; give them as the training does, or give forward= (forward(network, X) returns the "
                "logits)."
            ) from error

    def _check_first_axis(self, tables: dict[str, Tensor]) -> None:
        """Check that a layer has its samples first, by half of them: positions may be as many as samples."""
        half = self.samples["train"][0][: max(1, len(self.samples["train"][0]) // 2)]
        fewer, _ = self._run(half, self.rules)
        for layer, values in fewer.items():
            if values.shape != (len(half), tables[layer].shape[1]):
                what = f"layer {layer} has {values.shape[1]} units for {len(half)} samples"
                why = f"and {tables[layer].shape[1]} for {len(self.samples['train'][0])}"
                raise ValueError(f"{what}, {why}: its samples are not first; give select= a function.")

    def _scores(self, split: str, logits: Any, targets: Tensor) -> dict[str, float]:
        scores = {"loss": self.settings.loss, "accuracy": self.settings.accuracy}
        defaults = (cross_entropy, share_correct)
        found = {}
        for name, score in scores.items():
            if score in defaults:
                check_classes(logits, targets, split)
            if score is not None:
                at = logits.device if isinstance(logits, Tensor) else targets.device
                found[f"{split}_{name}"] = number(score(logits, targets.to(at)), name)
        return found


def number(value: Any, name: str) -> float:
    """Return what a score returned as a number; raise ValueError, naming the score, if it is none."""
    try:
        return float(value)
    except (TypeError, ValueError, RuntimeError):
        what = f"{name}= returns {type_of(value)}, and must return one number"
        raise ValueError(f"{what}; take a mean over the samples.") from None


def check_rows(output: Any, n_rows: int, n_samples: int) -> None:
    """Raise ValueError unless the output for a batch of the samples is a tensor, samples first."""
    if not isinstance(output, Tensor) or output.shape[:1] != (n_rows,):
        what = f"the network returns {type_of(output)} for {n_rows} of {n_samples} samples"
        remedy = f"give forward=, which returns one tensor, samples first, or batch_size={n_samples}"
        raise ValueError(f"{what}, which cannot be joined; {remedy}.")


def joined(results: list[Any]) -> Any:
    """Return the outputs for all rows as one; None if none were kept."""
    return torch.cat(results) if len(results) > 1 else next(iter(results), None)


def check_classes(logits: Any, targets: Tensor, split: str) -> None:
    """Raise ValueError unless cross-entropy and argmax mean something for these logits and targets."""
    remedy = "give loss= and accuracy= (functions of logits and targets, or None)"
    if not isinstance(logits, Tensor):
        what = f"the network returns {type_of(logits)}, not logits"
        raise ValueError(f"{what}; give forward=, as in lambda network, X: network(X)[0], or {remedy}.")
    shapes = f"logits {tuple(logits.shape)} and {split} targets {tuple(targets.shape)}"
    if logits.ndim == 3:
        remedy = (
            f"give forward=, as in lambda network, X: network(X)[:, -1], or {remedy.removeprefix('give ')}"
        )
    if logits.ndim != 2 or logits.shape[1] < 2 or targets.shape != logits.shape[:1]:
        raise ValueError(f"cross-entropy and argmax need (n, n_classes) and (n,), not {shapes}; {remedy}.")
    if targets.is_floating_point():
        raise ValueError(f"the {split} targets are real numbers, not classes; {remedy}.")
    if len(targets) and (targets.min() < 0 or targets.max() >= logits.shape[1]):
        found = f"the {split} targets are {targets.min()} to {targets.max()}"
        what = f"{found}, and there are {logits.shape[1]} logits"
        raise ValueError(f"{what}; number classes from 0, or {remedy}.")
