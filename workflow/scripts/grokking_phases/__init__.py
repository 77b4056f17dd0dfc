"""Phases of grokking: information-theoretic measures of layers, recorders, and the events of a training.

>>> import numpy as np
>>> from grokking_phases import mutual_information, o_information
>>> signal = np.random.default_rng(0).normal(size=500)
>>> X = np.column_stack([signal] * 3) + np.random.default_rng(1).normal(size=(500, 3))
>>> o_information(X) > 0  # three noisy copies: redundancy
True
>>> round(mutual_information(np.sign(signal)[:, None], signal > 0), 2)  # ln 2
0.69

arrays     o_information, search_multiplets, normal_scores, mutual_information, information_plane
networks   linear_mapping_number, local_complexity, linear_regions
curves     find_phases, find_time_scales
recording  Recorder, LightningRecorder, TransformersRecorder, Snapshots

The help of each name has an example. A name is imported when it is first used, because torch takes seconds.
The command is `grokking-phases --help`.
"""

from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # for type checkers and editors; PUBLIC does the same while a program runs
    from grokking_phases.data.lightning_recorder import LightningRecorder as LightningRecorder
    from grokking_phases.data.recorder import Recorder as Recorder
    from grokking_phases.data.snapshots import Snapshots as Snapshots
    from grokking_phases.data.transformers_recorder import TransformersRecorder as TransformersRecorder
    from grokking_phases.on_arrays import information_plane as information_plane
    from grokking_phases.on_arrays import mutual_information as mutual_information
    from grokking_phases.on_curves import find_phases as find_phases
    from grokking_phases.on_curves import find_time_scales as find_time_scales
    from grokking_phases.on_networks import linear_mapping_number as linear_mapping_number
    from grokking_phases.on_networks import linear_regions as linear_regions
    from grokking_phases.on_networks import local_complexity as local_complexity
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
    "linear_mapping_number": "on_networks",
    "local_complexity": "on_networks",
    "linear_regions": "on_networks",
    "find_phases": "on_curves",
    "find_time_scales": "on_curves",
    "Recorder": "data.recorder",
    "LightningRecorder": "data.lightning_recorder",
    "TransformersRecorder": "data.transformers_recorder",
    "Snapshots": "data.snapshots",
}
# {name: the package that it needs and that the plain install lacks}
NEEDS = {
    "linear_mapping_number": "torch",
    "local_complexity": "torch",
    "linear_regions": "torch",
    "Recorder": "torch",
    "LightningRecorder": "lightning",
    "TransformersRecorder": "transformers",
}
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


if not TYPE_CHECKING:  # it would hide from type checkers that a name does not exist

    def __getattr__(name: str) -> Any:
        if name == "__all__":  # which only a star asks for, and which must not look for packages before
            return [name for name in __dir__() if name in PUBLIC]
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
    """Return what `help` shows: it stops at a name that cannot be imported."""
    usable = [name for name in PUBLIC if name not in NEEDS or find_spec(NEEDS[name])]
    return sorted({*globals(), *usable})
