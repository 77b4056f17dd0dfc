"""Phases of grokking: information-theoretic measures of layers, recorders, and the events of a training.

    from grokking_phases import Recorder, o_information, find_phases

Each name is imported when it is first used, because torch takes seconds. `help()` of a name has an example.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # for type checkers and editors; PUBLIC does the same while a program runs
    from grokking_phases.data.lightning_recorder import LightningRecorder as LightningRecorder
    from grokking_phases.data.recorder import Recorder as Recorder
    from grokking_phases.data.snapshots import Snapshots as Snapshots
    from grokking_phases.data.transformers_recorder import TransformersRecorder as TransformersRecorder
    from grokking_phases.metrics.linear_mapping_number import linear_mapping_number as linear_mapping_number
    from grokking_phases.metrics.local_complexity import local_complexity as local_complexity
    from grokking_phases.on_arrays import information_plane as information_plane
    from grokking_phases.on_arrays import linear_regions as linear_regions
    from grokking_phases.on_arrays import mutual_information as mutual_information
    from grokking_phases.on_curves import find_phases as find_phases
    from grokking_phases.on_curves import find_time_scales as find_time_scales
    from grokking_phases.synergy.multiplet_search import search_multiplets as search_multiplets
    from grokking_phases.synergy.normal_scores import normal_scores as normal_scores
    from grokking_phases.synergy.o_information import o_information as o_information

__version__ = "0.1.0"

PUBLIC = {
    "o_information": "synergy.o_information",
    "search_multiplets": "synergy.multiplet_search",
    "normal_scores": "synergy.normal_scores",
    "mutual_information": "on_arrays",
    "information_plane": "on_arrays",
    "linear_mapping_number": "metrics.linear_mapping_number",
    "local_complexity": "metrics.local_complexity",
    "linear_regions": "on_arrays",
    "find_phases": "on_curves",
    "find_time_scales": "on_curves",
    "Recorder": "data.recorder",
    "LightningRecorder": "data.lightning_recorder",
    "TransformersRecorder": "data.transformers_recorder",
    "Snapshots": "data.snapshots",
}
__all__ = [*PUBLIC]
# {package: the extra that installs it}
EXTRAS = {
    "torch": "torch",
    "safetensors": "torch",
    "lightning": "lightning",
    "transformers": "transformers",
    "matplotlib": "figures",
    "seaborn": "figures",
    "zarr": "zarr",
}


def __getattr__(name: str) -> Any:
    if name not in PUBLIC:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    try:
        found = getattr(import_module(f"{__name__}.{PUBLIC[name]}"), name)
    except ModuleNotFoundError as error:
        if error.name not in EXTRAS:
            raise
        remedy = f"pip install 'grokking-phases[{EXTRAS[error.name]}]'"
        raise ImportError(
            f"{name} needs the package {error.name}, which is not installed: {remedy}"
        ) from error
    globals()[name] = found  # the next use does not come here
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *PUBLIC})
