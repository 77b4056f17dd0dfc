"""A recorder as a callback of the Trainer of transformers, which is optional.

Trainer(…, callbacks=[TransformersRecorder(layers=["model.layers.0.mlp"], position="last", probe=(X, y), …)])
"""

from typing import Any

from torch import Tensor, nn

from grokking_phases.data.recorder import Recorder

try:
    from transformers import TrainerCallback
except ImportError as error:
    raise ImportError(
        "TransformersRecorder needs the package transformers, which is not installed: "
        "pip install 'grokking-phases[transformers]'"
    ) from error


def logits_of(network: nn.Module, X: Tensor) -> Tensor:
    """Return the logits of a network of transformers, which reads X alone."""
    return network(X).logits


class TransformersRecorder(TrainerCallback):
    """A callback that records the model at each of its steps (`state.global_step`).

    The options are those of `Recorder`. Without `forward`, the model reads X alone and gives `logits`.
    """

    def __init__(self, **settings: Any) -> None:
        self.settings = {"forward": logits_of} | settings

    def on_train_begin(self, args: Any, state: Any, control: Any, model: nn.Module, **_: Any) -> None:
        self.recorder = Recorder(model, **self.settings)
        self.recorder(state.global_step)

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        self.recorder(state.global_step)

    def on_train_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        self.recorder.close()
