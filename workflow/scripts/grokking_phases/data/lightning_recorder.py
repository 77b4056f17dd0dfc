"""A recorder as a callback of Lightning's Trainer; lightning is optional.

Trainer(callbacks=[LightningRecorder(layers=["network.1"], probe=(X, y), steps={…}, to="own/mine/0")])
"""

from typing import Any

from grokking_phases.data.recorder import Recorder

try:
    from lightning.pytorch import Callback, LightningModule, Trainer
except ImportError as error:
    raise ImportError(
        "LightningRecorder needs the package lightning, which is not installed: "
        "pip install 'grokking-phases[lightning]'"
    ) from error


class LightningRecorder(Callback):
    """A callback that records the module at each of its steps (`trainer.global_step`).

    The options are those of `Recorder`, and layers have the names that the LightningModule gives them. A
    training that is interrupted leaves its snapshots, and the next one goes on from there.
    """

    def __init__(self, **settings: Any) -> None:
        self.settings = settings

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        self.recorder = Recorder(pl_module, **self.settings)
        self.recorder(trainer.global_step)

    def on_train_batch_end(self, trainer: Trainer, *_: Any) -> None:
        self.recorder(trainer.global_step)

    def on_train_end(self, *_: Any) -> None:
        self.recorder.close()
