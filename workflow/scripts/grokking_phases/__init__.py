"""Phases of grokking: datasets, models, training, and information-theoretic measures of the layers.

The names in `PUBLIC` are imported when they are first used, because torch takes seconds.
"""

from importlib import import_module

__version__ = "0.1.0"

PUBLIC = {
    "Recorder": "data.recorder",
    "LightningRecorder": "data.lightning_recorder",
    "TransformersRecorder": "data.transformers_recorder",
    "Snapshots": "data.snapshots",
}
__all__ = [*PUBLIC]


def __getattr__(name: str) -> object:
    if name not in PUBLIC:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{PUBLIC[name]}"), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *PUBLIC])
